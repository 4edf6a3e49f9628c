/// Gives names numbers 1, 2, 3... in the order in which they come.
///
///     var items = NameNumbering()
///     let number = items.number(of: field)
///     let vocabulary = Vocabulary.named(items.finished())
public struct NameNumbering: Sendable {
    private var bytes: [UInt8]
    private var offsets: [Int64]
    private var slots: NameSlots

    /// - Parameter known: names that have their numbers already, for a data set that more is appended to.
    public init(continuing known: NamedIds? = nil) {
        bytes = known?.bytes ?? []
        offsets = known?.offsets ?? [0]
        slots = NameSlots(capacity: 0)
        resize(capacity: count)
    }

    /// How many names there are.
    public var count: Int { offsets.count - 1 }

    /// The number of a name, which is a new one if the name has not come before.
    ///
    /// - Parameter name: UTF-8, not empty, without control characters: whoever reads a file says with its line what is
    ///   wrong (``NamedIds/fault(in:)``).
    /// - Returns: nil where there are as many names as numbers of 32 bits.
    @inline(__always)
    public mutating func number(of name: UnsafeRawBufferPointer) -> Int32? {
        let place = bytes.withUnsafeBufferPointer { bytes in
            offsets.withUnsafeBufferPointer { slots.place(of: name, in: NameList(bytes, $0)) }
        }
        return place.number > 0 ? Int32(truncatingIfNeeded: place.number) : add(name, place)
    }

    @inline(never)
    private mutating func add(_ name: UnsafeRawBufferPointer, _ place: NameSlots.Place) -> Int32? {
        guard count < Int(Int32.max) - 2 else { return nil }
        bytes.append(contentsOf: name)
        offsets.append(Int64(bytes.count))
        slots.put(count, place)
        if slots.isFull(count: count) { resize(capacity: 2 * count) }
        return Int32(count)
    }

    private mutating func resize(capacity: Int) {
        var slots = NameSlots(capacity: capacity + 1)
        bytes.withUnsafeBufferPointer { bytes in
            offsets.withUnsafeBufferPointer { offsets in
                let list = NameList(bytes, offsets)
                for number in 1..<max(1, offsets.count) {
                    slots.put(number, slots.place(of: list.name(number), in: list))
                }
            }
        }
        self.slots = slots
    }

    /// All names, with their numbers.
    public consuming func finished() -> NamedIds { NamedIds(trusted: bytes, offsets: offsets) }
}

extension NamedIds {
    /// What keeps a field from being an id, as the end of a sentence ("is empty"); nil where it can be one.
    public static func fault(in name: UnsafeRawBufferPointer) -> String? {
        if name.isEmpty { return "is empty" }
        var isASCII = true
        for byte in name {
            if byte < 0x20 || byte == 0x7F { return "holds the control character \(byte)" }
            if byte >= 0x80 { isASCII = false }
        }
        return isASCII || String(validating: name, as: UTF8.self) != nil ? nil : "is not UTF-8"
    }

    /// Some of the ids, with the numbers 1, 2, 3... in the order of `numbers`.
    ///
    /// - Parameter numbers: of 1...count, none twice.
    public func selecting(_ numbers: [Int32]) -> NamedIds {
        var bytes: [UInt8] = []
        var offsets: [Int64] = [0]
        offsets.reserveCapacity(numbers.count + 1)
        for number in numbers {
            withBytes(of: number) { bytes.append(contentsOf: $0) }
            offsets.append(Int64(bytes.count))
        }
        return NamedIds(trusted: bytes, offsets: offsets)
    }
}
