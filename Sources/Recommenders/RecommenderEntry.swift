import Differentiation
import Options

/// A model that can be asked for by name, with what has to be known of it before it is built.
///
/// What follows from the model (its options, what an objective finds in it) is declared by its type, and taken from there:
///
///     RecommenderEntry(name: "SASRec", summary: "causal Transformer") { SASRec($0, in: $1) }
///
/// The entry adds the name, and what the trainer needs before it has read the data.
public struct RecommenderEntry: Sendable {
    /// What `--model` is given.
    public let name: String
    /// Other names that users know the model by.
    public let aliases: [String]
    /// One line for a list.
    public let summary: String
    /// What others have to know of its files.
    public let tensors: ModelTensors
    /// What the model learns from, and with which defaults.
    public let training: ModelTraining
    /// What the model needs beside the items of histories.
    public let needs: ModelNeeds
    /// The stages of its training, and what the last one takes over.
    public let staging: StagedTraining
    /// The options that the model reads: ``Recommender/options``.
    public let options: [any DeclaredModelOption]
    /// The model's own defaults of them: ``Recommender/defaultOptions``.
    public let defaultOptions: ModelOptions
    /// What is wrong with options beside each other: ``Recommender/checkOptions(_:)``.
    public let checkOptions: @Sendable (ModelOptions) -> OptionProblem?
    /// What an objective finds to work on in the model: ``Recommender/objectiveSupport(_:in:)``.
    public let objectiveSupport: @Sendable (ModelOptions, TrainingStage?) -> ObjectiveSupport
    /// Where the entry is written, for messages.
    package let site: ModelSite
    private let make: @Sendable (ModelContext, ParameterScope) -> any Recommender

    /// - Parameters:
    ///   - options: those that the model reads, if its type does not declare them.
    ///   - make: builds the model and registers its parameters; the type of the model is the type of what it returns.
    public init<Model: Recommender>(
        name: String, aliases: [String] = [], summary: String, tensors: ModelTensors = ModelTensors(),
        training: ModelTraining = ModelTraining(), needs: ModelNeeds = [], staging: StagedTraining = .oneRun,
        options: [any DeclaredModelOption] = Model.options, file: StaticString = #fileID, line: UInt = #line,
        make: @escaping @Sendable (ModelContext, ParameterScope) -> Model
    ) {
        self.name = name
        self.aliases = aliases
        self.summary = summary
        self.tensors = tensors
        self.training = training
        self.needs = needs
        self.staging = staging
        self.options = options
        defaultOptions = Model.defaultOptions
        checkOptions = { Model.checkOptions($0) }
        objectiveSupport = { Model.objectiveSupport($0, in: $1) }
        site = ModelSite(file: file, line: line)
        self.make = { make($0, $1) }
    }

    /// The stages of its training, in order; empty for a model that is trained in one run.
    public var stages: [TrainingStage] { staging.stages }

    /// Builds the model and registers its parameters in `scope`.
    public func model(_ context: ModelContext, in scope: ParameterScope) -> any Recommender {
        make(context, scope)
    }
}
