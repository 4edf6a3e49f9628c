import Interactions

/// What a model learns from, and its defaults for how it is trained.
public struct ModelTraining: Sendable {
    /// What the model learns from, and is ranked for.
    public let samples: SampleKind
    /// Whether there is something to learn; a model without is tested as it is.
    public let isTrained: Bool
    /// The default learning rate.
    public let learningRate: Double
    /// The default loss.
    public let loss: TrainingLoss
    /// What a score is by default.
    public let score: ScoreRule

    /// - Parameters:
    ///   - samples: what the model learns from.
    ///   - learningRate, loss, score: the defaults.
    public init(
        samples: SampleKind = .sequential, learningRate: Double = 1e-3, loss: TrainingLoss = .bpr,
        score: ScoreRule = .product
    ) {
        self.init(samples, isTrained: true, learningRate, loss, score)
    }

    /// For a model that has nothing to learn, and is ranked for such samples.
    public static func none(samples: SampleKind) -> ModelTraining {
        ModelTraining(samples, isTrained: false, 1e-3, .bpr, .product)
    }

    private init(
        _ samples: SampleKind, isTrained: Bool, _ learningRate: Double, _ loss: TrainingLoss, _ score: ScoreRule
    ) {
        self.samples = samples
        self.isTrained = isTrained
        self.learningRate = learningRate
        self.loss = loss
        self.score = score
    }
}
