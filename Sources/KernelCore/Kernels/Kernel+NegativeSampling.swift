import Glibc

/// What negatives are drawn from, with repeats: uniformly from 1...itemCount, log-uniformly by rank, or by the number of
/// interactions.
public struct NegativeDistribution: BitwiseCopyable, Equatable {
    /// The items are 1...itemCount.
    public let itemCount: Int
    /// `[itemCount]`, the item of each rank, for a log-uniform draw: rank r = 0, 1... has the probability
    /// `log((r + 2) / (r + 1)) / log(itemCount + 1)`. nil: a uniform draw.
    public let byRank: UnsafePointer<Int32>?

    /// `[itemCount + 1]`, the interactions of the items up to each, for a draw in which an item has the probability of its
    /// interactions.
    public let cumulativeCounts: UnsafePointer<Int64>?
    /// The probability of a uniform draw instead, with ``cumulativeCounts``.
    public let uniformShare: Float

    /// - Parameter byRank: valid as long as the distribution is used.
    public init(itemCount: Int, byRank: UnsafePointer<Int32>? = nil) {
        self.itemCount = itemCount
        self.byRank = byRank
        cumulativeCounts = nil
        uniformShare = 0
    }

    /// - Parameters:
    ///   - cumulativeCounts: `[itemCount + 1]`, not falling, the first 0, the last one above 0; valid as long as the
    ///     distribution is used.
    ///   - uniformShare: from 0 to 1.
    public init(itemCount: Int, cumulativeCounts: UnsafePointer<Int64>, uniformShare: Float) {
        self.itemCount = itemCount
        byRank = nil
        self.cumulativeCounts = cumulativeCounts
        self.uniformShare = uniformShare
    }
}

extension Kernel {
    /// `count` items, drawn from `distribution` one after another.
    public static func sampleNegatives(
        _ count: Int, from distribution: NegativeDistribution, with stream: inout RandomStream,
        into items: UnsafeMutablePointer<Int32>
    ) {
        if let counts = distribution.cumulativeCounts {
            let total = Double(counts[distribution.itemCount])
            for index in 0..<count {
                let isUniform = distribution.uniformShare > 0 && stream.nextUniform() < distribution.uniformShare
                items[index] =
                    isUniform
                    ? 1 + Int32(stream.next(below: UInt32(distribution.itemCount)))
                    : item(
                        atInteraction: min(Int64(Double(stream.next() >> 11) * 0x1p-53 * total), Int64(total) - 1),
                        counts,
                        distribution.itemCount)
            }
            return
        }
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

    /// The item that an interaction belongs to, of interactions sorted by item: the first whose count reaches beyond it.
    private static func item(atInteraction number: Int64, _ cumulativeCounts: UnsafePointer<Int64>, _ itemCount: Int)
        -> Int32
    {
        var (lower, upper) = (1, itemCount)
        while lower < upper {
            let middle = (lower + upper) / 2
            if cumulativeCounts[middle] <= number { lower = middle + 1 } else { upper = middle }
        }
        return Int32(lower)
    }
}
