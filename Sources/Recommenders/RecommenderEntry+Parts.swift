import Interactions
import Options

/// Part of a training scheme that trains in several runs, one starting from the result of the one before.
public enum TrainingStage: String, Sendable, Codable, CaseIterable, OptionValue {
    /// The run that makes what the last one starts from.
    case pretrain
    /// The run that gives the model.
    case finetune
}

/// Training in several runs, and what the last one takes over from the one before.
public struct StagedTraining: Sendable {
    /// The stages in order; empty for a model that is trained in one run.
    public let stages: [TrainingStage]
    /// The names of the parameters that the last stage takes over begin with this; nil: it takes over none.
    public let inheritedPrefix: String?
    /// The options that shape what is taken over: they must be the same in all stages.
    public let inheritedOptions: [any DeclaredModelOption]

    /// Training in these stages.
    ///
    /// - Parameters:
    ///   - prefix: of the names of the parameters that the last stage takes over.
    ///   - options: those that shape what is taken over.
    public init(_ stages: [TrainingStage], inheriting prefix: String, options: [any DeclaredModelOption]) {
        self.stages = stages
        inheritedPrefix = prefix
        inheritedOptions = options
    }

    private init() {
        stages = []
        inheritedPrefix = nil
        inheritedOptions = []
    }

    /// Training in one run.
    public static let oneRun = StagedTraining()
}

/// What a model learns from, and with what where nobody chooses.
public struct ModelTraining: Sendable {
    /// What the model learns from, and is ranked for.
    public let samples: SampleKind
    /// Whether there is something to learn; a model without is tested as it is.
    public let isTrained: Bool
    /// The learning rate where nobody chooses.
    public let learningRate: Double
    /// The loss where nobody chooses.
    public let loss: TrainingLoss
    /// What a score is where nobody chooses.
    public let score: ScoreRule

    /// - Parameters:
    ///   - samples: what the model learns from.
    ///   - learningRate, loss, score: where nobody chooses.
    public init(
        samples: SampleKind = .sequential, learningRate: Double = 1e-3, loss: TrainingLoss = .bpr,
        score: ScoreRule = .product
    ) {
        self.init(samples, isTrained: true, learningRate, loss, score)
    }

    /// Of a model that has nothing to learn, and is ranked for such samples.
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

/// What a model needs beside the items of histories.
public struct ModelNeeds: OptionSet, Sendable {
    /// A bit for each need.
    public let rawValue: Int

    /// The needs whose bits are set.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The model looks at the times of interactions.
    public static let times = ModelNeeds(rawValue: 1)
    /// The model needs ``ModelContext/graph``.
    public static let graph = ModelNeeds(rawValue: 2)
}

/// The names of tensors in the files of a model that others than the model have to know.
public struct ModelTensors: Sendable {
    /// The table whose rows are the items' vectors (``Recommender/items``), in every stage.
    public let items: String
    /// The table of the users' vectors (``Recommender/users``); nil for a model that has none.
    public let users: String?
    /// Tensors in files of others that scoring has no use for: those whose names begin with one of these.
    public let unused: [String]

    /// - Parameters:
    ///   - items: the parameter that the model's `items` are in. (default: that of `Embedding("i_embeddings", ...)`)
    ///   - users: the same of its `users`.
    ///   - unused: how the names of tensors begin that files of others have besides.
    public init(items: String = "i_embeddings.weight", users: String? = nil, unused: [String] = []) {
        self.items = items
        self.users = users
        self.unused = unused
    }
}
