import KernelCore

/// The ids of the users or of the items of a data set, and the numbers 1...count that stand for them inside.
///
/// Ids stand in files and messages; everything that is computed is indexed by numbers, so that ids without an
/// interaction cost nothing and are never drawn or ranked. 0 is padding and never an id.
///
/// Ids are whole numbers or text. Numbers ascend with ids that are whole numbers: where these are 1, 2, 3... each is its
/// own number. Text has numbers in the order in which it came first.
public struct Vocabulary: Sendable, Hashable {
    /// What the ids are.
    enum Ids: Sendable, Hashable {
        /// 1...count, each its own number.
        case numbered(Int)
        /// `[count]`: the id of number n at n - 1, ascending.
        case listed([Int64])
        case named(NamedIds)
    }

    let ids: Ids

    /// The ids 1...count, each its own number.
    public static func numbered(_ count: Int) -> Vocabulary { Vocabulary(.numbered(count)) }

    /// Ids that are text.
    public static func named(_ names: NamedIds) -> Vocabulary { Vocabulary(.named(names)) }

    /// - Parameter ids: ascending, without repeats, from 1.
    public init(ascending ids: [Int64]) {
        precondition(ids.first ?? 1 >= 1 && ids.count < Int(Int32.max), "ids count from 1, and numbers have 32 bits")
        precondition(zip(ids, ids.dropFirst()).allSatisfy(<), "ids ascend")
        // Ascending from 1 without a hole, if the last one says so.
        self.init(ids.last ?? 0 == Int64(ids.count) ? .numbered(ids.count) : .listed(ids))
    }

    init(_ ids: Ids) { self.ids = ids }

    /// The number of ids.
    public var count: Int {
        switch ids {
        case .numbered(let count): count
        case .listed(let listed): listed.count
        case .named(let names): names.count
        }
    }

    /// Whether every id is its own number: the ids are 1...count.
    public var isNumbered: Bool {
        if case .numbered = ids { true } else { false }
    }

    /// The ids, where they are text; nil where they are whole numbers.
    public var names: NamedIds? {
        if case .named(let names) = ids { names } else { nil }
    }

    /// The largest id; 0 where there is none, nil where ids are text.
    public var largestId: Int64? {
        switch ids {
        case .numbered(let count): Int64(count)
        case .listed(let listed): listed.last ?? 0
        case .named: nil
        }
    }

    /// The id of a number of 1...count.
    /// - Precondition: ids are whole numbers: ``names`` is nil.
    public func id(of number: Int32) -> Int64 {
        switch ids {
        case .numbered: Int64(number)
        case .listed(let listed): listed[Int(number) - 1]
        case .named: preconditionFailure("ids are text")
        }
    }

    /// The id of a number of 1...count, as it stands in files and messages.
    public func text(of number: Int32) -> String {
        if case .named(let names) = ids { names.text(of: number) } else { String(id(of: number)) }
    }

    /// The number of an id; nil for an id that is not among these. Where ids are text it is the id in decimal digits.
    /// - Complexity: logarithmic in the number of ids; constant where they are text.
    public func number(of id: Int64) -> Int32? {
        switch ids {
        case .numbered(let count): return id >= 1 && id <= count ? Int32(id) : nil
        case .listed(let listed):
            var lower = 0
            var upper = listed.count
            while lower < upper {
                let middle = (lower + upper) / 2
                if listed[middle] < id { lower = middle + 1 } else { upper = middle }
            }
            return lower < listed.count && listed[lower] == id ? Int32(lower + 1) : nil
        case .named(let names): return names.number(of: String(id))
        }
    }

    /// The number of an id in UTF-8; nil for an id that is not among these. Where ids are whole numbers it is read as one.
    public func number(ofText text: UnsafeRawBufferPointer) -> Int32? {
        if case .named(let names) = ids { return names.number(of: text) }
        guard let id = try? text.wholeNumber() else { return nil }
        return number(of: id)
    }

    /// The number of an id as it stands in files and messages; nil for an id that is not among these.
    public func number(ofText text: String) -> Int32? {
        var text = text
        return text.withUTF8 { number(ofText: UnsafeRawBufferPointer($0)) }
    }

    /// The number of the id that has a number in another vocabulary; nil where there is no such id.
    public func number(sameAs number: Int32, of other: Vocabulary) -> Int32? {
        if let names = other.names { return names.withBytes(of: number) { self.number(ofText: $0) } }
        return self.number(of: other.id(of: number))
    }

    /// `[other.count + 1]`: the number that each id of another vocabulary has here, at its number there; 0 where it is not
    /// here, and for the padding.
    public func numbers(ofAll other: Vocabulary) -> [Int32] {
        guard other != self else { return (0...Int32(count)).map { $0 } }
        return [0] + (1..<Int32(other.count + 1)).map { number(sameAs: $0, of: other) ?? 0 }
    }

    /// The ids that are whole numbers from 1 on, in the order of their numbers: of text, that which is such a number in
    /// decimal digits.
    var wholeNumbers: [Int64] {
        switch ids {
        case .numbered(let count): return (0..<count).map { Int64($0 + 1) }
        case .listed(let listed): return listed
        case .named(let names):
            return (1..<Int32(names.count + 1)).compactMap { number in
                names.withBytes(of: number) { text in
                    guard text[0] >= 0x31, text[0] <= 0x39, text.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
                        return nil
                    }
                    return try? text.wholeNumber()
                }
            }
        }
    }

    /// CRC-32C over the ids that are not their own numbers: another one for text than for numbers.
    public var checksum: UInt32 {
        switch ids {
        case .numbered: Checksum.of([Int64]())
        case .listed(let listed): Checksum.of(listed)
        case .named(let names): Checksum.of([Checksum.of(names.offsets), Checksum.of(names.bytes)])
        }
    }
}
