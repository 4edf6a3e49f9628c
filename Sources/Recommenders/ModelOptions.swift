/// The hyperparameters of all models. A model reads those that it has a use for.
public struct ModelOptions: Sendable, Equatable {
    /// Size of user, item and interest vectors, `d`.
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
    /// Transformer layers of SASRec and TiSASRec, propagations of LightGCN, linear layers of TiMiRec's interest
    /// predictor; nil: what the model's ``RecommenderEntry/standardLayers`` says.
    public var layers: Int?
    /// Attention heads of SASRec and TiSASRec.
    public var heads = 1
    /// Dropout rate of the Transformer layers of SASRec and TiSASRec.
    public var dropout: Float = 0
    /// Size of GRU4Rec's state.
    public var hiddenSize = 64
    /// The largest time interval that TiSASRec distinguishes, in units of the user's smallest.
    public var timeMax = 512
    /// The largest unit of TiSASRec's time intervals, in the unit of the data's times; 0 or nil: no limit.
    public var timeUnitMax: Int?
    /// Power p of MIND's label-aware attention `softmax((v.e+)^p)`; infinity takes the best interest.
    public var power = Float.infinity
    /// Iterations of dynamic routing.
    public var iterations = 3
    /// Whether a linear layer with ReLU follows the routing.
    public var reluLayer = false
    /// What the weights of dynamic routing are normalised over.
    public var routing = RoutingNormalization.interests
    /// Whether MIND gives a user with L items only `max(1, min(K, floor(log2 L)))` interests.
    public var adaptiveInterests = false

    public init() {}
}

/// What the weights of dynamic routing are normalised over.
public enum RoutingNormalization: String, Sendable, Codable, CaseIterable {
    /// Every item of the history is shared out among the interests (Sabour et al. 2017; MIND; ComiRec-DR).
    case interests
    /// Every interest is a weighted mean of the history, as in the code of BaM.
    case positions
}
