import Differentiation
import Options

/// A model that can be asked for by name.
public struct RecommenderEntry: Sendable {
    /// What `--model` is given.
    public let name: String
    /// Other names that users know the model by.
    public let aliases: [String]
    /// One line for a list.
    public let summary: String
    /// What others have to know of its files.
    public let tensors: ModelTensors
    /// What the model learns from, and with what.
    public let training: ModelTraining
    /// What the model needs beside the items of histories.
    public let needs: ModelNeeds
    /// The stages of its training, and what the last one takes over.
    public let staging: StagedTraining
    /// What an objective finds to work on in the model, by its options and stage; see
    /// ``Recommender/objectiveSupport(_:in:)``.
    public let objectiveSupport: @Sendable (ModelOptions, TrainingStage?) -> ObjectiveSupport
    /// The options that the model reads, beside the size of vectors and the length of histories.
    public let options: [any DeclaredModelOption]
    /// The values of these where nobody chooses. A training begins with them; ``ModelOptions`` that a program makes by
    /// itself do not.
    public let standardOptions: ModelOptions
    /// What is wrong with options that are each in their range, but do not fit together, such as heads and the size of
    /// vectors; nil for good ones.
    public let checkOptions: @Sendable (ModelOptions) -> OptionProblem?
    /// Where the entry is written, for messages.
    package let site: ModelSite
    private let make: @Sendable (ModelContext, ParameterScope) -> any Recommender

    /// - Parameters:
    ///   - objectiveSupport: that of the model's type, `MyModel.objectiveSupport`; may be left out where it is empty, as
    ///     that of a ``SingleVectorRecommender``.
    ///   - standardOptions: what options are where nobody chooses, with other values than their own defaults where the
    ///     model has others: so two models can have one option with two defaults.
    ///   - checkOptions: what is wrong with options that are each in their range; nil for good ones.
    ///   - make: builds the model and registers its parameters.
    public init(
        name: String, aliases: [String] = [], summary: String, tensors: ModelTensors = ModelTensors(),
        training: ModelTraining = ModelTraining(), needs: ModelNeeds = [], staging: StagedTraining = .oneRun,
        objectiveSupport: @escaping @Sendable (ModelOptions, TrainingStage?) -> ObjectiveSupport = { _, _ in [] },
        options: [any DeclaredModelOption] = [], standardOptions: ModelOptions = ModelOptions(),
        checkOptions: @escaping @Sendable (ModelOptions) -> OptionProblem? = { _ in nil },
        file: StaticString = #fileID, line: UInt = #line,
        make: @escaping @Sendable (ModelContext, ParameterScope) -> any Recommender
    ) {
        self.name = name
        self.aliases = aliases
        self.summary = summary
        self.tensors = tensors
        self.training = training
        self.needs = needs
        self.staging = staging
        self.objectiveSupport = objectiveSupport
        self.options = options
        self.standardOptions = standardOptions
        self.checkOptions = checkOptions
        site = ModelSite(file: file, line: line)
        self.make = make
    }

    /// The stages of its training, in order; empty for a model that is trained in one run.
    public var stages: [TrainingStage] { staging.stages }

    /// Builds the model and registers its parameters in `scope`.
    public func model(_ context: ModelContext, in scope: ParameterScope) -> any Recommender {
        make(context, scope)
    }
}
