/// Values that belong to the ranks of a communicator, any number to each: `values[0]` are those of rank 0.
///
///     let names = try world.allGather(Array("...".utf8))    // ValuesByRank<UInt8>
///     for rank in names.indices { print(rank, String(decoding: names[rank], as: UTF8.self)) }
public struct ValuesByRank<Element: MPIDatatype>: RandomAccessCollection, Sendable {
    /// All values, those of rank 0 first.
    public let joined: [Element]
    /// Where the values of each rank begin, and the end: one more than there are ranks.
    public let offsets: [Int]

    /// - Parameter lists: the values for each rank.
    public init(_ lists: [[Element]]) {
        self.init(joined: Array(lists.joined()), counts: lists.map(\.count))
    }

    init(joined: [Element], counts: [Int]) {
        var offsets = [0]
        offsets.reserveCapacity(counts.count + 1)
        for count in counts { offsets.append(offsets[offsets.count - 1] + count) }
        self.joined = joined
        self.offsets = offsets
    }

    /// The number of values of each rank.
    public var counts: [Int] { indices.map { offsets[$0 + 1] - offsets[$0] } }

    public var startIndex: Int { 0 }
    public var endIndex: Int { offsets.count - 1 }

    /// The values of a rank.
    public subscript(rank: Int) -> ArraySlice<Element> { joined[offsets[rank]..<offsets[rank + 1]] }
}

extension ValuesByRank: Equatable where Element: Equatable {}
