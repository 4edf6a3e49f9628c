/// Which items the true item of a row is ranked among.
public enum RankingProtocol: String, Sendable, Codable, CaseIterable {
    /// The negatives stored with the row.
    case sampled
    /// All items but those of the user's history.
    case full
}
