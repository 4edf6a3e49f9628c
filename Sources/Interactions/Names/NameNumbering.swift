/// Gives names numbers 1, 2, 3... in the order in which they come.
///
///     var items = NameNumbering()
///     let number = items.number(of: field)
///     let vocabulary = Vocabulary.named(items.finished())
public struct NameNumbering: Sendable {
    private var bytes: [UInt8]
    private var offsets: [Int64]
    private var slots: NameSlots
    /// The number of each name that is a small number itself, by its value; 0 where there is none. Such names need no
    /// hashing, and four bytes.
    private var direct: [Int32]
    /// How many names the slots hold.
    private var hashedCount = 0

    /// - Parameter known: names that have their numbers already, for a data set that more is appended to.
    public init(continuing known: NamedIds? = nil) {
        bytes = known?.bytes ?? []
        offsets = known?.offsets ?? [0]
        slots = NameSlots(capacity: 0)
        direct = []
        resize(capacity: count)
        growDirect(to: 1 << 12)
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
        let value = name.shortNumber ?? .max
        if value < direct.count {
            let number = direct[value]
            return number > 0 ? number : addDirect(name, value)
        }
        // Numbers that lie closely enough are found directly from now on.
        if value < 8 * (count + 1 << 12) {
            growDirect(to: value + 1)
            return number(of: name)
        }
        let search = bytes.withUnsafeBufferPointer { bytes in
            offsets.withUnsafeBufferPointer { slots.search(for: name, in: NameList(bytes, $0)) }
        }
        return search.number > 0 ? Int32(truncatingIfNeeded: search.number) : add(name, search)
    }

    /// The numbers of many names, one after the other: what ``number(of:)`` says of each, in less time.
    ///
    /// - Parameters:
    ///   - names: as for ``number(of:)``; some hundreds.
    ///   - numbers: as many, of any content.
    /// - Returns: false where there are as many names as numbers of 32 bits.
    public mutating func numbers(
        of names: UnsafeBufferPointer<UnsafeRawBufferPointer>, into numbers: UnsafeMutableBufferPointer<Int32>
    ) -> Bool {
        findDirectly(names, numbers)
        if hashedCount > 0 {
            bytes.withUnsafeBufferPointer { bytes in
                offsets.withUnsafeBufferPointer { slots.findFirst(names, in: NameList(bytes, $0), numbers) }
            }
        }
        for index in names.indices where numbers[index] == 0 {
            guard let number = number(of: names[index]) else { return false }
            numbers[index] = number
        }
        return true
    }

    /// The numbers of names that are small numbers themselves and have come before; 0 for all others.
    private func findDirectly(
        _ names: UnsafeBufferPointer<UnsafeRawBufferPointer>, _ numbers: UnsafeMutableBufferPointer<Int32>
    ) {
        direct.withUnsafeBufferPointer { direct in
            for index in names.indices {
                let value = names[index].shortNumber ?? .max
                numbers[index] = value < direct.count ? direct[value] : 0
            }
        }
    }

    @inline(never)
    private mutating func addDirect(_ name: UnsafeRawBufferPointer, _ value: Int) -> Int32? {
        guard let number = append(name) else { return nil }
        direct[value] = number
        return number
    }

    @inline(never)
    private mutating func add(_ name: UnsafeRawBufferPointer, _ search: NameSlots.SearchResult) -> Int32? {
        let start = bytes.count
        guard let number = append(name) else { return nil }
        slots.put(Int(number), search, start: start, length: name.count)
        hashedCount += 1
        if slots.isFull(count: hashedCount) { resize(capacity: 2 * hashedCount) }
        return number
    }

    private mutating func append(_ name: UnsafeRawBufferPointer) -> Int32? {
        guard count < Int(Int32.max) - 2 else { return nil }
        bytes.append(contentsOf: name)
        offsets.append(Int64(bytes.count))
        return Int32(count)
    }

    /// Finds all names below a value directly.
    @inline(never)
    private mutating func growDirect(to value: Int) {
        var size = max(1 << 12, direct.count)
        while size < value { size *= 2 }
        var direct = [Int32](repeating: 0, count: size)
        forEachName { number, name in
            if let value = name.shortNumber, value < size { direct[value] = Int32(number) }
        }
        self.direct = direct
    }

    /// Hashes all names that are not found directly.
    private mutating func resize(capacity: Int) {
        var slots = NameSlots(capacity: capacity + 1)
        let size = direct.count
        hashedCount = 0
        bytes.withUnsafeBufferPointer { bytes in
            offsets.withUnsafeBufferPointer { offsets in
                let list = NameList(bytes, offsets)
                for number in 1..<max(1, offsets.count) {
                    let name = list.name(number)
                    if let value = name.shortNumber, value < size { continue }
                    let search = slots.search(for: name, in: list)
                    slots.put(number, search, start: list.start(number), length: name.count)
                    hashedCount += 1
                }
            }
        }
        self.slots = slots
    }

    private func forEachName(_ body: (_ number: Int, _ name: UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeBufferPointer { bytes in
            offsets.withUnsafeBufferPointer { offsets in
                let list = NameList(bytes, offsets)
                for number in 1..<max(1, offsets.count) { body(number, list.name(number)) }
            }
        }
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
