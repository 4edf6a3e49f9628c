import KernelCore

/// The ids of the users or of the items of a data set, and the numbers 1...count that stand for them inside.
///
/// Ids stand in files and messages; everything that is computed is indexed by numbers, so that ids without an
/// interaction cost nothing and are never drawn or ranked. Numbers ascend with the ids: where the ids are 1, 2, 3... each
/// is its own number. 0 is padding and never an id.
public struct Vocabulary: Sendable, Hashable {
    /// The number of ids.
    public let count: Int
    /// `[count]`: the id of number n at n - 1, ascending; empty where every id is its own number.
    let listed: [Int64]

    /// The ids 1...count, each its own number.
    public static func numbered(_ count: Int) -> Vocabulary { Vocabulary(count: count, listed: []) }

    /// - Parameter ids: ascending, without repeats, from 1.
    public init(ascending ids: [Int64]) {
        precondition(ids.first ?? 1 >= 1 && ids.count < Int(Int32.max), "ids count from 1, and numbers have 32 bits")
        precondition(zip(ids, ids.dropFirst()).allSatisfy(<), "ids ascend")
        // Ascending from 1 without a hole, if the last one says so.
        self.init(count: ids.count, listed: ids.last ?? 0 == Int64(ids.count) ? [] : ids)
    }

    init(count: Int, listed: [Int64]) {
        self.count = count
        self.listed = listed
    }

    /// Whether every id is its own number: the ids are 1...count.
    public var isNumbered: Bool { listed.isEmpty }

    /// The largest id; 0 where there is none.
    public var largestId: Int64 { listed.last ?? Int64(count) }

    /// The id of a number of 1...count.
    public func id(of number: Int32) -> Int64 { isNumbered ? Int64(number) : listed[Int(number) - 1] }

    /// The number of an id; nil for an id that is not among these.
    /// - Complexity: logarithmic in the number of ids.
    public func number(of id: Int64) -> Int32? {
        guard !isNumbered else { return id >= 1 && id <= count ? Int32(id) : nil }
        var lower = 0
        var upper = listed.count
        while lower < upper {
            let middle = (lower + upper) / 2
            if listed[middle] < id { lower = middle + 1 } else { upper = middle }
        }
        return lower < listed.count && listed[lower] == id ? Int32(lower + 1) : nil
    }

    /// The ids as a tensor of a model's file: the id of each row, 0 for the row of the padding; nil where they are the
    /// numbers of the rows.
    public var idsOfRows: [Int64]? { isNumbered ? nil : [0] + listed }

    /// What ``idsOfRows`` gave; nil for what it never gives.
    public init?(idsOfRows ids: [Int64]) {
        guard ids.count > 1, ids.count < Int(Int32.max), ids[0] == 0, zip(ids, ids.dropFirst()).allSatisfy(<) else {
            return nil
        }
        self.init(ascending: Array(ids.dropFirst()))
    }

    /// CRC-32C over the ids that are not their own numbers.
    var checksum: UInt32 { Checksum.of(listed) }
}
