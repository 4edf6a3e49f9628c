import Glibc

/// Means over users of what the positions of their true items are worth. Position 1 is the best.
///
///     HR@k   = [position <= k]
///     NDCG@k = [position <= k] / log2(position + 1)
///
/// Every user has one true item, so the ideal gain is 1.
public struct RankingMetrics: Sendable, Equatable {
    /// The cut-offs, in the order asked for.
    public let topK: [Int]
    /// For each cut-off.
    public let hitRatio: [Double]
    public let ndcg: [Double]
    /// Number of users.
    public let users: Int

    /// - Parameter positions: one for each user; the sums are taken in this order.
    public init(positions: some Sequence<Int32>, topK: [Int]) {
        self.topK = topK
        var users = 0
        var hits = [Double](repeating: 0, count: topK.count)
        var gains = hits
        for position in positions {
            users += 1
            let gain = 1 / log2(Double(position) + 1)
            for (index, k) in topK.enumerated() where Int(position) <= k {
                hits[index] += 1
                gains[index] += gain
            }
        }
        let count = Double(max(users, 1))
        hitRatio = hits.map { $0 / count }
        ndcg = gains.map { $0 / count }
        self.users = users
    }

    /// The number that decides about the best epoch: NDCG at the first cut-off.
    public var selection: Double { ndcg.first ?? 0 }

    /// The metrics by name, `HR@5` and so on: for each cut-off the hit ratio, then the gain.
    public var named: [(name: String, value: Double)] {
        topK.indices.flatMap { [("HR@\(topK[$0])", hitRatio[$0]), ("NDCG@\(topK[$0])", ndcg[$0])] }
    }
}
