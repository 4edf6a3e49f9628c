import Glibc

/// What negatives are drawn from, with repeats: uniformly from 1...itemCount, or log-uniformly by rank.
public struct NegativeDistribution: BitwiseCopyable, Equatable {
    /// The items are 1...itemCount.
    public let itemCount: Int
    /// `[itemCount]`, the item of each rank, for a log-uniform draw: rank r = 0, 1... has the probability
    /// `log((r + 2) / (r + 1)) / log(itemCount + 1)`. nil: a uniform draw.
    public let byRank: UnsafePointer<Int32>?

    /// - Parameter byRank: valid as long as the distribution is used.
    public init(itemCount: Int, byRank: UnsafePointer<Int32>? = nil) {
        self.itemCount = itemCount
        self.byRank = byRank
    }
}

extension Kernel {
    /// `count` items, drawn from `distribution` one after another.
    public static func sampleNegatives(
        _ count: Int, from distribution: NegativeDistribution, with stream: inout RandomStream,
        into items: UnsafeMutablePointer<Int32>
    ) {
        guard let byRank = distribution.byRank else {
            for index in 0..<count { items[index] = 1 + Int32(stream.next(below: UInt32(distribution.itemCount))) }
            return
        }
        // The sum of the probabilities up to rank r is log(r + 2) / log(itemCount + 1).
        let range = log(Double(distribution.itemCount + 1))
        for index in 0..<count {
            let uniform = Double(stream.next() >> 11) * 0x1p-53
            items[index] = byRank[min(max(Int(exp(uniform * range)) - 1, 0), distribution.itemCount - 1)]
        }
    }
}
