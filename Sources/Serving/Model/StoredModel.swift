import Interactions
import ModelFiles
import Recommenders
import Training

/// The parameters of a run, found and checked but not read: what must be known before the data set is read.
public struct StoredModel: Sendable {
    /// The model's file.
    public let path: String
    /// The options that it was trained with.
    public let configuration: TrainingConfiguration
    /// The model in the catalogue, with what can be known of it before it is built.
    public let entry: RecommenderEntry
    /// The items that the model knows, and the users if it knows users by their ids.
    public let known: KnownIds
    let file: SafetensorsFile

    /// Looks into the folder of a run.
    public init(run path: String) throws {
        guard !SafetensorsFile.isNamed(by: path) else {
            throw ServingError(
                .usage, "\(path) is a file of parameters, which does not say how it was trained",
                recoverySuggestion: "name the folder of a run, which holds config.yaml, with --checkpoint")
        }
        let folder = RunFolder(path)
        let configuration = try folder.readConfigurationFromHere(namedBy: "--checkpoint")
        try self.init(file: folder.model, configuration)
    }

    /// Looks into a file of parameters.
    ///
    /// - Parameter configuration: model, stage, options and seed of its training.
    public init(file path: String, _ configuration: TrainingConfiguration) throws {
        self.path = path
        self.configuration = configuration
        try configuration.validate()
        guard configuration.objective.score != .mixture else {
            throw ServingError(
                .usage, "\(path) scores by --score mixture, and a mixture of logits is no inner product of two vectors",
                recoverySuggestion:
                    "rank with `trainer evaluate`, or train with --score product or cosine to recommend and export")
        }
        entry = try configuration.entry
        file = try SafetensorsFile(path: path)
        known = try KnownIds(of: entry, in: file)
    }

    /// The items that the model knows.
    public var itemIds: Vocabulary { known.items ?? .numbered(0) }

    /// Whether the model describes a user by the history, and has nothing for a user without.
    public var needsHistory: Bool { entry.training.samples == .sequential }
}
