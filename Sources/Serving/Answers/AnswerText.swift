/// Text that is being written, as bytes: room is asked for once for many of them, so that a byte costs no more than its
/// store.
struct AnswerText: ~Copyable {
    private var bytes: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0

    init() {
        capacity = 1 << 16
        bytes = .allocate(capacity: capacity)
    }

    deinit { bytes.deallocate() }

    /// Forgets the text, not its room.
    mutating func removeAll() { count = 0 }

    /// The text so far.
    var array: [UInt8] { Array(UnsafeBufferPointer(start: bytes, count: count)) }

    /// Calls `body` with the text so far.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: bytes, count: count))
    }

    /// Makes room for further bytes.
    mutating func reserve(_ further: Int) {
        guard count + further > capacity else { return }
        capacity = max(2 * capacity, count + further)
        let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        grown.update(from: bytes, count: count)
        bytes.deallocate()
        bytes = grown
    }

    /// Adds a byte, for which there is room.
    @inline(__always)
    mutating func add(_ byte: UInt8) {
        bytes[count] = byte
        count += 1
    }

    /// Adds bytes, for which there is room.
    @inline(__always)
    mutating func add(_ other: UnsafeBufferPointer<UInt8>) {
        if let start = other.baseAddress { (bytes + count).update(from: start, count: other.count) }
        count += other.count
    }

    /// Adds text of any length.
    mutating func append(_ text: String) {
        var text = text
        reserve(text.utf8.count)
        text.withUTF8 { add($0) }
    }
}
