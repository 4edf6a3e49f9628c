import Glibc

/// Means over dev or test rows of what the positions of their true items are worth. Position 1 is the best.
///
///     HR@k   = [position <= k]
///     NDCG@k = [position <= k] / log2(position + 1)
///     MRR    = 1 / position
///
/// Every row has one true item, so the ideal gain is 1, and Recall@k is HR@k.
public struct RankingMetrics: Sendable, Equatable, Codable {
    /// The cut-offs, each once, in the order asked for.
    public let topK: [Int]
    /// HR@k for each cut-off.
    public let hitRatio: [Double]
    /// NDCG@k for each cut-off.
    public let ndcg: [Double]
    /// Over all positions, without cut-off.
    public let reciprocalRank: Double
    /// Number of rows; a user may have several.
    public let rows: Int
    /// What ``named`` lists beside hit ratio and gain.
    public let measures: Set<RankingMeasure>
    /// For each cut-off, the share of the items that at least one user has among the best; nil if not asked for.
    public internal(set) var coverage: [Double]?
    /// nil if not asked for, and for models with one vector a user.
    public package(set) var interests: InterestBalance?

    private enum CodingKeys: String, CodingKey {
        case topK, hitRatio, ndcg, reciprocalRank
        // The name in the checkpoints of before.
        case rows = "users"
        case measures, coverage, interests
    }

    /// - Parameters:
    ///   - positions: one for each row; the sums are taken in this order.
    ///   - topK: of equal cut-offs the first one stays.
    public init(positions: some Sequence<Int32>, topK: [Int], measures: Set<RankingMeasure> = []) {
        let topK = Self.distinct(topK)
        self.topK = topK
        self.measures = measures
        var rows = 0
        var hits = [Double](repeating: 0, count: topK.count)
        var gains = hits
        var reciprocals = 0.0
        for position in positions {
            rows += 1
            let gain = 1 / log2(Double(position) + 1)
            reciprocals += 1 / Double(position)
            for (index, k) in topK.enumerated() where Int(position) <= k {
                hits[index] += 1
                gains[index] += gain
            }
        }
        let count = Double(max(rows, 1))
        hitRatio = hits.map { $0 / count }
        ndcg = gains.map { $0 / count }
        reciprocalRank = reciprocals / count
        self.rows = rows
    }

    /// Whether the lists have a number for each cut-off; metrics that were read from a file may not.
    package var isConsistent: Bool {
        topK.allSatisfy { $0 > 0 } && rows >= 0 && !topK.isEmpty
            && [hitRatio.count, ndcg.count, coverage?.count ?? topK.count].allSatisfy { $0 == topK.count }
    }

    /// The number that decides about the best epoch: NDCG at the first cut-off.
    public var selection: Double { ndcg.first ?? 0 }

    /// The metrics by name, `HR@5` and so on: for each cut-off the hit ratio, then the gain; then what else was asked
    /// for and is one number, or one a cut-off.
    public var named: [(name: String, value: Double)] {
        // The checkpoints of before may hold a cut-off twice.
        let indices = Self.distinct(topK).compactMap(topK.firstIndex(of:))
        var result = indices.flatMap { [("HR@\(topK[$0])", hitRatio[$0]), ("NDCG@\(topK[$0])", ndcg[$0])] }
        if measures.contains(.recall) { result += indices.map { ("Recall@\(topK[$0])", hitRatio[$0]) } }
        if measures.contains(.mrr) { result.append(("MRR", reciprocalRank)) }
        if let coverage { result += indices.map { ("Coverage@\(topK[$0])", coverage[$0]) } }
        return result
    }

    /// The cut-offs without those that were there before.
    private static func distinct(_ topK: [Int]) -> [Int] {
        var seen: Set<Int> = []
        return topK.filter { seen.insert($0).inserted }
    }
}
