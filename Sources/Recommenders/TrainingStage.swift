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
