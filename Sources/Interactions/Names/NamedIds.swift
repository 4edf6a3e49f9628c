/// Ids that are text, each with a number from 1 on: the position at which it came first.
///
/// They are packed, without a string for each: id n is the bytes `offsets[n - 1]..<offsets[n]`, in UTF-8. An id is not
/// empty, occurs once, and holds no control character of ASCII: so it fits into a line and a column of any list.
public struct NamedIds: Sendable, Hashable {
    /// The ids one after the other, in UTF-8.
    public let bytes: [UInt8]
    /// `[count + 1]`, from 0 on, ascending.
    public let offsets: [Int64]
    /// What finds an id, from the first question on.
    private let lookup: NameLookup

    /// Checks everything: for bytes of unknown origin.
    ///
    /// - Complexity: linear in the bytes and the number of ids.
    public init(bytes: [UInt8], offsets: [Int64]) throws(NamedIdFault) {
        try Self.check(bytes, offsets)
        self.init(trusted: bytes, offsets: offsets)
        let index = lookup.index(bytes, offsets)
        if let repeated = index.firstRepeat { throw .repeated(first: repeated.first, second: repeated.second) }
    }

    /// - Parameter texts: the ids in the order of their numbers.
    public init(_ texts: [String]) throws(NamedIdFault) {
        var bytes: [UInt8] = []
        var offsets: [Int64] = [0]
        for text in texts {
            bytes += text.utf8
            offsets.append(Int64(bytes.count))
        }
        try self.init(bytes: bytes, offsets: offsets)
    }

    /// For what ``init(bytes:offsets:)`` would accept.
    init(trusted bytes: [UInt8], offsets: [Int64]) {
        self.bytes = bytes
        self.offsets = offsets
        lookup = NameLookup()
    }

    /// The number of ids.
    public var count: Int { offsets.count - 1 }

    /// The id of a number of 1...count.
    public func text(of number: Int32) -> String {
        String(decoding: bytes[Int(offsets[Int(number) - 1])..<Int(offsets[Int(number)])], as: UTF8.self)
    }

    /// Calls `body` with the bytes of the id of a number of 1...count.
    public func withBytes<Result>(of number: Int32, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows
        -> Result
    {
        let range = Int(offsets[Int(number) - 1])..<Int(offsets[Int(number)])
        return try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// The number of an id in UTF-8; nil for what is none of these.
    ///
    /// - Complexity: constant, apart from the first question, which goes through all ids.
    public func number(of name: UnsafeRawBufferPointer) -> Int32? {
        let index = lookup.index(bytes, offsets)
        return bytes.withUnsafeBufferPointer { bytes in
            offsets.withUnsafeBufferPointer { index.slots.number(of: name, in: NameList(bytes, $0)) }
        }
    }

    /// The number of an id; nil for what is none of these.
    public func number(of text: String) -> Int32? {
        var text = text
        return text.withUTF8 { number(of: UnsafeRawBufferPointer($0)) }
    }

    public static func == (one: NamedIds, other: NamedIds) -> Bool {
        one.offsets == other.offsets && one.bytes == other.bytes
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        hasher.combine(bytes)
    }

    /// All but repeats.
    private static func check(_ bytes: [UInt8], _ offsets: [Int64]) throws(NamedIdFault) {
        guard offsets.first == 0, offsets.last == Int64(bytes.count) else { throw .offsets }
        guard offsets.count - 1 < Int(Int32.max) else { throw .count(offsets.count - 1) }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .encoding }
        for number in 1..<max(1, offsets.count) {
            let (start, end) = (offsets[number - 1], offsets[number])
            guard start <= end, end <= bytes.count else { throw .offsets }
            guard start < end else { throw .empty(number) }
            // All of it is UTF-8; where no id begins within a character each of them is.
            guard bytes[Int(start)] & 0xC0 != 0x80 else { throw .encoding }
        }
        guard let control = bytes.firstIndex(where: { $0 < 0x20 || $0 == 0x7F }) else { return }
        throw .control((offsets.firstIndex { $0 > control } ?? 0), bytes[control])
    }
}

/// Why text cannot be the ids of a data set: one sentence, without the text.
public enum NamedIdFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// Offsets that do not ascend from 0 to the number of bytes.
    case offsets
    /// More ids than numbers of 32 bits; with how many there are.
    case count(Int)
    /// Text that is not UTF-8, or an id that begins or ends within a character.
    case encoding
    /// With the number of the id.
    case empty(Int)
    /// With the number of the id, and the character.
    case control(Int, UInt8)
    /// With the numbers that have the same id.
    case repeated(first: Int, second: Int)

    public var description: String {
        switch self {
        case .offsets: "the offsets of the ids do not divide their text"
        case .count(let count): "\(count) ids are too many: numbers have 32 bits"
        case .encoding: "the text of the ids is not UTF-8"
        case .empty(let number): "id \(number) is empty"
        case .control(let number, let character): "id \(number) holds the control character \(character)"
        case .repeated(let first, let second): "ids \(first) and \(second) are the same"
        }
    }
}
