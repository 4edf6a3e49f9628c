/// What a model is trained for, beside the model itself.
public struct ObjectiveOptions: Sendable, Equatable {
    public var loss = TrainingLoss.bpr
    /// Which interest is trained, for a model with several.
    public var selection = InterestSelection.hard
    /// T of the selections `soft`, `soft-linear` and `expected`; the larger, the nearer they are to `hard`.
    public var selectionTemperature: Float = 1
    /// Whether all samples of a step have the same negatives in the sampled softmax.
    public var sharesNegatives = true
    /// What the negatives of the sampled softmax are drawn from.
    public var proposal = NegativeProposal.uniform
    /// Whether negatives that are the positive itself do not count in the sampled softmax.
    public var masksHits = false
    /// beta of the importance weights of the negatives (REMI), 0 for none.
    public var importance: Float = 0
    /// Whether the loss is taken once more over all interests at a time (BaM).
    public var hasMultiInterestLoss = false
    /// lambda of the regularisation of the routing (REMI), 0 for none.
    public var routingRegularization: Float = 0
    /// Weight of the similarity between the interests of a user, 0 for none.
    public var dissimilarity: Float = 0
    /// The mean cosine between interests that costs nothing.
    public var dissimilarityMargin: Float = 0

    public init() {}
}

/// How a user's score of the positive item is compared with those of others.
public enum TrainingLoss: String, Sendable, Codable, CaseIterable {
    /// The ranking loss against negatives of the sample's own that the user has not in train.
    case bpr
    /// The cross entropy of the positive among drawn negatives.
    case sampledSoftmax = "sampled-softmax"
    /// The cross entropy of the positive among all items.
    case fullSoftmax = "full-softmax"
}

/// What negatives are drawn from, with repeats.
public enum NegativeProposal: String, Sendable, Codable, CaseIterable {
    /// Every item alike.
    case uniform
    /// Frequent items more often: `q(rank) = log((rank + 1) / rank) / log(n + 1)`, rank 1 for the most frequent in train.
    case logUniform = "log-uniform"
}

/// What a model has for an objective to work on; see ``Recommender/objectiveSupport``.
public struct ObjectiveSupport: OptionSet, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The model leaves to the objective which of its interests is trained.
    public static let selection = ObjectiveSupport(rawValue: 1)
    /// The model hands its interests to the objective.
    public static let interests = ObjectiveSupport(rawValue: 2)
    /// Its interests come with ``Interests/attention``.
    public static let attention = ObjectiveSupport(rawValue: 4)
}
