/// What is reported beside HR@k and NDCG@k, where it is asked for.
public enum RankingMeasure: String, Sendable, Codable, CaseIterable {
    /// Recall@k: HR@k under its other name.
    case recall
    /// The mean of `1 / position`.
    case mrr
    /// Coverage@k: the share of the catalogue that is among the best k items of at least one user.
    case coverage
    /// ``InterestBalance``.
    case interests

    /// Whether positions are enough to compute it: then it costs nothing and is known of every result.
    public var isOfPositions: Bool { self == .recall || self == .mrr }

    /// Whether all items must be ranked.
    public var needsAllItems: Bool { self == .coverage }
}
