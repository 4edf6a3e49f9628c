/// What a model is trained for, beside the model itself.
public struct ObjectiveOptions: Sendable, Equatable {
    public var loss = TrainingLoss.bpr
    /// Which interest is trained, for a model with several.
    public var selection = InterestSelection.hard
    /// T of the selections `soft`, `soft-linear` and `expected`; the larger, the nearer they are to `hard`.
    public var selectionTemperature: Float = 1

    public init() {}
}

/// How a user's score of the positive item is compared with those of others.
public enum TrainingLoss: String, Sendable, Codable, CaseIterable {
    /// The ranking loss against negatives of the sample's own that the user has not in train.
    case bpr
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
