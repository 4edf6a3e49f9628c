/// Memory that is handed out in order and taken back all at once: the tape's intermediate values.
///
/// After the first steps the arena holds one block that is large enough for a whole step, so that the steady state
/// of training allocates nothing. Every allocation starts on a 64-byte boundary. Where memory is short the process ends by
/// ``LargeMemory``.
public final class Arena {
    private var blocks: [UnsafeMutableRawBufferPointer] = []
    private var current = 0
    private var used = 0
    private var total = 0

    private static let alignment = LargeMemory.alignment

    /// - Parameter capacity: bytes of the first block; more is added when needed.
    public init(capacity: Int = 1 << 20) {
        blocks.append(LargeMemory.allocate(byteCount: max(capacity, Self.alignment)))
    }

    deinit {
        blocks.forEach(LargeMemory.deallocate)
    }

    /// Bytes handed out since the last ``reset()``.
    public var bytesInUse: Int { total }

    /// Number of blocks; 1 in the steady state.
    public var blockCount: Int { blocks.count }

    /// Uninitialized room for `count` elements, valid until the next ``reset()``.
    @inline(__always)
    public func allocate<Element: BitwiseCopyable>(
        _ type: Element.Type = Element.self, count: Int
    ) -> UnsafeMutablePointer<Element> {
        allocate(byteCount: count * MemoryLayout<Element>.stride).assumingMemoryBound(to: Element.self)
    }

    /// Room for `count` elements, every byte zero.
    @inline(__always)
    public func allocateZeroed<Element: BitwiseCopyable>(
        _ type: Element.Type = Element.self, count: Int
    ) -> UnsafeMutablePointer<Element> {
        let byteCount = count * MemoryLayout<Element>.stride
        let memory = allocate(byteCount: byteCount)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        return memory.assumingMemoryBound(to: Element.self)
    }

    /// Takes everything back. All pointers handed out become invalid.
    public func reset() {
        if blocks.count > 1 {
            let capacity = blocks.reduce(0) { $0 + $1.count }
            let largest = blocks.reduce(0) { max($0, $1.count) }
            blocks.forEach(LargeMemory.deallocate)
            blocks.removeAll(keepingCapacity: true)
            // Where memory is short there may be room in pieces alone.
            blocks.append(
                LargeMemory.allocateIfPossible(byteCount: capacity) ?? LargeMemory.allocate(byteCount: largest))
        }
        current = 0
        used = 0
        total = 0
    }

    @usableFromInline
    func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
        let rounded = (byteCount + Self.alignment - 1) & ~(Self.alignment - 1)
        if used + rounded > blocks[current].count {
            current += 1
            used = 0
            if current == blocks.count { grow(by: rounded) }
        }
        let pointer = blocks[current].baseAddress! + used
        used += rounded
        total += rounded
        return pointer
    }

    /// Adds a block of at least `byteCount` bytes: twice the last one, or less where that is too much.
    @inline(never)
    private func grow(by byteCount: Int) {
        let generous = max(byteCount, 2 * blocks[blocks.count - 1].count)
        blocks.append(
            LargeMemory.allocateIfPossible(byteCount: generous)
                ?? LargeMemory.allocate(byteCount: byteCount, bytesInUse: blocks.reduce(0) { $0 + $1.count }))
    }
}
