import Glibc

/// Means over users of what the positions of their true items are worth. Position 1 is the best.
///
///     HR@k   = [position <= k]
///     NDCG@k = [position <= k] / log2(position + 1)
///     MRR    = 1 / position
///
/// Every user has one true item, so the ideal gain is 1, and Recall@k is HR@k.
public struct RankingMetrics: Sendable, Equatable, Codable {
    /// The cut-offs, in the order asked for.
    public let topK: [Int]
    /// For each cut-off.
    public let hitRatio: [Double]
    public let ndcg: [Double]
    /// Over all positions, without cut-off.
    public let reciprocalRank: Double
    /// Number of users.
    public let users: Int
    /// What ``named`` lists beside hit ratio and gain.
    public let measures: Set<RankingMeasure>
    /// For each cut-off, the share of the items that at least one user has among the best; nil if not asked for.
    public internal(set) var coverage: [Double]?
    /// Nil if not asked for, and for models with one vector a user.
    public internal(set) var interests: InterestBalance?

    /// - Parameter positions: one for each user; the sums are taken in this order.
    public init(positions: some Sequence<Int32>, topK: [Int], measures: Set<RankingMeasure> = []) {
        self.topK = topK
        self.measures = measures
        var users = 0
        var hits = [Double](repeating: 0, count: topK.count)
        var gains = hits
        var reciprocals = 0.0
        for position in positions {
            users += 1
            let gain = 1 / log2(Double(position) + 1)
            reciprocals += 1 / Double(position)
            for (index, k) in topK.enumerated() where Int(position) <= k {
                hits[index] += 1
                gains[index] += gain
            }
        }
        let count = Double(max(users, 1))
        hitRatio = hits.map { $0 / count }
        ndcg = gains.map { $0 / count }
        reciprocalRank = reciprocals / count
        self.users = users
    }

    /// Whether the lists have a number for each cut-off; metrics that were read from a file may not.
    package var isConsistent: Bool {
        topK.allSatisfy { $0 > 0 } && users >= 0 && !topK.isEmpty
            && [hitRatio.count, ndcg.count, coverage?.count ?? topK.count].allSatisfy { $0 == topK.count }
    }

    /// The number that decides about the best epoch: NDCG at the first cut-off.
    public var selection: Double { ndcg.first ?? 0 }

    /// The metrics by name, `HR@5` and so on: for each cut-off the hit ratio, then the gain; then what else was asked
    /// for and is one number, or one a cut-off.
    public var named: [(name: String, value: Double)] {
        var result = topK.indices.flatMap { [("HR@\(topK[$0])", hitRatio[$0]), ("NDCG@\(topK[$0])", ndcg[$0])] }
        if measures.contains(.recall) { result += zip(topK, hitRatio).map { ("Recall@\($0)", $1) } }
        if measures.contains(.mrr) { result.append(("MRR", reciprocalRank)) }
        if let coverage { result += zip(topK, coverage).map { ("Coverage@\($0)", $1) } }
        return result
    }
}
