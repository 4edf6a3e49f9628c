/// The hyperparameters of all models. A model reads those that it has a use for.
public struct ModelOptions: Sendable, Equatable {
    /// Size of item and interest vectors, `d`.
    public var embeddingSize = 64
    /// Longest history that a sample keeps; older items are cut off.
    public var historyMax = 20
    /// Interests of a user, `K`.
    public var interests = 2
    /// Inner size of the self-attentive pooling.
    public var attentionSize = 8
    /// Whether positions are embedded.
    public var addPositions = true
    /// Whether TiMiRec's extractor has a Transformer layer.
    public var addTransformer = true
    /// Temperature of TiMiRec's distillation.
    public var temperature: Float = 1
    /// Linear layers of TiMiRec's interest predictor.
    public var layers = 1

    public init() {}
}
