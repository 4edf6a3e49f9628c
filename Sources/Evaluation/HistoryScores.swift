/// What the items of a user's history count for when all items are ranked.
public enum HistoryScores: String, Sendable, Codable, CaseIterable {
    /// The items of the whole history are no candidates.
    case exclude
    /// The items of the history as the model gets it, cut to its newest items, score 0 with every interest; items from
    /// before are candidates as all others are.
    case zero
}
