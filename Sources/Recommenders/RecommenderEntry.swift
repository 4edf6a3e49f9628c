import Differentiation
import Interactions

/// Part of a training scheme that trains in several runs, one starting from the result of the one before.
public enum TrainingStage: String, Sendable, Codable, CaseIterable {
    case pretrain
    case finetune
}

/// A model that can be asked for by name.
public struct RecommenderEntry: Sendable {
    public let name: String
    /// Other names that users know the model by.
    public let aliases: [String]
    /// One line for a list.
    public let summary: String
    /// The stages of its training, in order; empty for a model that is trained in one run.
    public let stages: [TrainingStage]
    /// The names of the parameters that the last stage takes over from the one before begin with this.
    public let inheritedPrefix: String?
    /// Tensors in files of others that scoring has no use for: those whose names begin with one of these.
    public let unusedTensors: [String]
    /// What the model learns from.
    public let samples: SampleKind
    /// Whether there is something to learn; a model without is tested as it is.
    public let isTrained: Bool
    /// Whether the model needs ``ModelContext/graph``.
    public let needsGraph: Bool
    /// Whether the model looks at the times of interactions.
    public let needsTimes: Bool
    /// The hyperparameters that the model has a use for, beside the size of vectors and the length of histories; nil:
    /// perhaps all.
    public let uses: Set<ModelOption>?
    /// What ``ModelOptions/layers`` is where nobody chooses.
    public let standardLayers: Int
    /// The learning rate where nobody chooses.
    public let standardLearningRate: Double
    /// The loss where nobody chooses.
    public let standardLoss: TrainingLoss
    private let make: @Sendable (ModelContext, ParameterScope) -> any Recommender

    /// - Parameter make: builds the model and registers its parameters.
    public init(
        name: String, aliases: [String] = [], summary: String, stages: [TrainingStage] = [],
        inheritedPrefix: String? = nil,
        unusedTensors: [String] = [],
        samples: SampleKind = .sequential, standardLayers: Int = 1,
        standardLearningRate: Double = 1e-3, standardLoss: TrainingLoss = .bpr, isTrained: Bool = true,
        needsTimes: Bool = false,
        needsGraph: Bool = false, uses: Set<ModelOption>? = nil,
        make: @escaping @Sendable (ModelContext, ParameterScope) -> any Recommender
    ) {
        self.name = name
        self.aliases = aliases
        self.summary = summary
        self.stages = stages
        self.inheritedPrefix = inheritedPrefix
        self.unusedTensors = unusedTensors
        self.samples = samples
        self.standardLayers = standardLayers
        self.standardLearningRate = standardLearningRate
        self.standardLoss = standardLoss
        self.isTrained = isTrained
        self.needsTimes = needsTimes
        self.needsGraph = needsGraph
        self.uses = uses
        self.make = make
    }

    /// Builds the model and registers its parameters in `scope`.
    public func model(_ context: ModelContext, in scope: ParameterScope) -> any Recommender {
        var context = context
        context.layers = context.options.layers ?? standardLayers
        return make(context, scope)
    }
}
