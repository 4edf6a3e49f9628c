import Differentiation
import Interactions
import Options

/// Part of a training scheme that trains in several runs, one starting from the result of the one before.
public enum TrainingStage: String, Sendable, Codable, CaseIterable, OptionValue {
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
    /// Whether the model looks at histories, so that their longest length decides about it.
    public let readsHistories: Bool
    /// The options that the model reads, beside the size of vectors and the length of histories.
    public let options: [any DeclaredModelOption]
    /// Those of ``options`` that shape what the last stage takes over: they must be the same in all stages.
    public let inheritedOptions: [any DeclaredModelOption]
    /// The learning rate where nobody chooses.
    public let standardLearningRate: Double
    /// The loss where nobody chooses.
    public let standardLoss: TrainingLoss
    /// What is wrong with options that are each in their range, but do not fit together, such as heads and the size of
    /// vectors; nil for good ones.
    public let checkOptions: @Sendable (ModelOptions) -> OptionProblem?
    private let make: @Sendable (ModelContext, ParameterScope) -> any Recommender

    /// - Parameters:
    ///   - checkOptions: what is wrong with options that are each in their range; nil for good ones.
    ///   - make: builds the model and registers its parameters.
    public init(
        name: String, aliases: [String] = [], summary: String, stages: [TrainingStage] = [],
        inheritedPrefix: String? = nil, unusedTensors: [String] = [], samples: SampleKind = .sequential,
        standardLearningRate: Double = 1e-3, standardLoss: TrainingLoss = .bpr, isTrained: Bool = true,
        needsTimes: Bool = false, needsGraph: Bool = false, readsHistories: Bool = true,
        options: [any DeclaredModelOption] = [],
        inheritedOptions: [any DeclaredModelOption] = [],
        checkOptions: @escaping @Sendable (ModelOptions) -> OptionProblem? = { _ in nil },
        make: @escaping @Sendable (ModelContext, ParameterScope) -> any Recommender
    ) {
        self.name = name
        self.aliases = aliases
        self.summary = summary
        self.stages = stages
        self.inheritedPrefix = inheritedPrefix
        self.unusedTensors = unusedTensors
        self.samples = samples
        self.standardLearningRate = standardLearningRate
        self.standardLoss = standardLoss
        self.isTrained = isTrained
        self.needsTimes = needsTimes
        self.readsHistories = readsHistories
        self.needsGraph = needsGraph
        self.options = options
        self.inheritedOptions = inheritedOptions
        self.checkOptions = checkOptions
        self.make = make
    }

    /// Builds the model and registers its parameters in `scope`.
    public func model(_ context: ModelContext, in scope: ParameterScope) -> any Recommender {
        make(context, scope)
    }
}
