import Recommenders

/// The defaults of options of a training that depend on the model or on the loss.
struct ModelDefaults {
    /// Negatives of a step under the sampled softmax, which needs many; bpr has one a sample.
    static let sharedNegatives = 512
    /// Negatives of a step under gBCE, as published.
    static let binaryNegatives = 256

    let learningRate: Double
    let loss: TrainingLoss
    let score: ScoreRule
    let options: ModelOptions

    /// - Parameter entry: nil for a model that is not in the catalogue: it has the defaults of most models.
    init(_ entry: RecommenderEntry?) {
        learningRate = entry?.training.learningRate ?? 1e-3
        loss = entry?.training.loss ?? .bpr
        score = entry?.training.score ?? .product
        options = entry?.defaultOptions ?? ModelOptions()
    }

    /// Sets the defaults that depend on the model.
    func apply(to configuration: inout TrainingConfiguration) {
        configuration.optimizer.learningRate = learningRate
        configuration.objective.loss = loss
        configuration.objective.score = score
        configuration.options = options
    }

    /// Negatives of a sample, or of a step under the sampled softmax and gBCE.
    static func negatives(under loss: TrainingLoss) -> Int {
        switch loss {
        case .bpr, .fullSoftmax: 1
        case .sampledSoftmax: sharedNegatives
        case .gBCE: binaryNegatives
        }
    }
}
