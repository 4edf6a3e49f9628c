import Interactions

/// What a model is built from: its hyperparameters and what it must know of the data set.
public struct ModelContext: Sendable {
    /// The model's hyperparameters.
    public let options: ModelOptions
    /// One of the stages of the model's entry, nil for a model without stages.
    public let stage: TrainingStage?
    /// The users are numbered 1...userCount.
    public let userCount: Int
    /// The items are numbered 1...itemCount.
    public let itemCount: Int
    /// `[itemCount + 1]`: the train interactions of each item.
    public let itemCounts: [Int32]
    /// The train interactions, for a model whose entry asks for them; nil for one that is only looked at.
    public let graph: InteractionGraph?

    /// - Parameter itemCounts: nil where they are not known, for a model that reads its parameters from a file.
    public init(
        _ options: ModelOptions, stage: TrainingStage? = nil, userCount: Int, itemCount: Int,
        itemCounts: [Int32]? = nil, graph: InteractionGraph? = nil
    ) {
        self.options = options
        self.stage = stage
        self.userCount = userCount
        self.itemCount = itemCount
        self.itemCounts = itemCounts ?? [Int32](repeating: 0, count: itemCount + 1)
        self.graph = graph
    }
}
