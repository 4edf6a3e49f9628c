import Differentiation
import Interactions
import KernelCore
import Options

/// A model that the trainer can train: parameters and a forward pass.
///
/// A model describes how a mini-batch becomes a loss and how histories become query vectors. Everything else
/// (gradients, ranks, optimizer, evaluation, files) is not its concern.
///
/// The static members say what has to be known before there is a model. The ``RecommenderEntry`` takes them from the type
/// of the model, and adds the name and what the type cannot know.
public protocol Recommender: Sendable {
    /// The table whose rows are the items' vectors: a user's score of an item is the largest inner product of the
    /// user's query vectors with the item's row.
    var items: Embedding { get }

    /// The table of the users' vectors, for a model that knows users by their ids; nil for one that knows them by
    /// their histories.
    var users: Embedding? { get }

    /// What the tables are spread over, so that the model reads propagated rows; nil where it reads them as they are.
    var propagation: GraphPropagation? { get }

    /// The options that the model reads, beside the size of vectors and the length of histories. To be declared with its
    /// type: `static let options: [any DeclaredModelOption] = ...`.
    static var options: [any DeclaredModelOption] { get }

    /// The options with the model's own defaults, where those are not the defaults of the options: so two models can have
    /// one option with two defaults. A training begins with them; ``ModelOptions`` that a program makes by itself do not.
    static var defaultOptions: ModelOptions { get }

    /// What is wrong with options that are each in their range, but do not fit together, such as heads and the size of
    /// vectors; nil for good ones.
    static func checkOptions(_ options: ModelOptions) -> OptionProblem?

    /// What an objective finds to work on: an option of the objective that needs more is refused.
    static func objectiveSupport(_ options: ModelOptions, in stage: TrainingStage?) -> ObjectiveSupport

    /// The loss of a training mini-batch, summed over its samples, `[1, 1]`.
    func trainingLoss(of batch: PackedBatch, under objective: Objective, on tape: Tape) -> Variable

    /// The query vectors of each user of the batch, for scoring.
    func queries(of batch: PackedBatch, on tape: Tape) -> Interests
}

extension Recommender {
    /// nil: users are known by their histories.
    public var users: Embedding? { nil }
    /// nil: the tables are read as they are.
    public var propagation: GraphPropagation? { nil }
    /// None of its own.
    public static var options: [any DeclaredModelOption] { [] }
    /// Those of the options.
    public static var defaultOptions: ModelOptions { ModelOptions() }
    /// nil: all options fit together.
    public static func checkOptions(_ options: ModelOptions) -> OptionProblem? { nil }
    /// Nothing: for a model with one vector a user, which has every loss but no interests.
    public static func objectiveSupport(_ options: ModelOptions, in stage: TrainingStage?) -> ObjectiveSupport { [] }
}

/// A model that describes a user by one vector `u` and scores an item by `<u, e>`.
public protocol SingleVectorRecommender: Recommender {
    /// The vectors of the users of the batch, `[B, d]`: one for each of its targets. Those are as many as users, each
    /// behind the newest item of the history, unless ``objectiveSupport(_:in:)`` has ``ObjectiveSupport/everyPosition``.
    func userVectors(of batch: PackedBatch, on tape: Tape) -> Variable
}

extension SingleVectorRecommender {
    /// The vector of each user as the only interest, `[B, d]`.
    public func queries(of batch: PackedBatch, on tape: Tape) -> Interests {
        let users = userVectors(of: batch, on: tape)
        let site = tape.latestSite
        return Interests(vectors: users, perUser: 1, file: site.file, line: site.line)
    }

    /// The objective's loss of the users' vectors, summed over the samples, `[1, 1]`.
    public func trainingLoss(of batch: PackedBatch, under objective: Objective, on tape: Tape) -> Variable {
        let users = userVectors(of: batch, on: tape)
        // Of the last operation before the model returned them.
        let site = tape.latestSite
        return objective.loss(of: users, for: batch, in: items, on: tape, file: site.file, line: site.line)
    }
}

/// A model that turns a history into several interests, of which the objective selects the one that is trained.
///
/// Scoring takes the largest inner product over the interests.
public protocol MultiInterestRecommender: Recommender {
    /// The interests of each user of the batch: K for each of its targets, as for ``SingleVectorRecommender``.
    func interests(of batch: PackedBatch, on tape: Tape) -> Interests
}

extension MultiInterestRecommender {
    /// All interests of each user, `[B * K, d]`.
    public func queries(of batch: PackedBatch, on tape: Tape) -> Interests { interests(of: batch, on: tape) }

    /// The objective selects the interest, and finds all of them, without attention.
    public static func objectiveSupport(_ options: ModelOptions, in stage: TrainingStage?) -> ObjectiveSupport {
        [.selection, .interests]
    }

    /// The objective's loss of the interest that it selects for each sample, with what it adds for all interests,
    /// summed over the samples, `[1, 1]`.
    public func trainingLoss(of batch: PackedBatch, under objective: Objective, on tape: Tape) -> Variable {
        let interests = interests(of: batch, on: tape)
        let site = interests.site
        let users = objective.select(
            from: interests, for: batch, in: items, on: tape, file: site.file, line: site.line)
        return objective.loss(
            of: users, interests: interests, for: batch, in: items, on: tape, file: site.file, line: site.line)
    }
}

extension Embedding {
    /// Inner products of one vector a user with the candidates of the batch: `[B, 1 + N]`, the positive first.
    public func scores(
        of users: Variable, for batch: PackedBatch, on tape: Tape, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard tape.accepts(users: users, "scores", for: batch, in: self, at: ModelSite(file: file, line: line)) else {
            return tape.zeros(rows: batch.targetCount, columns: batch.candidatesPerTarget)
        }
        return tape.scores(
            of: users, candidates: batch.candidates, perUser: batch.candidatesPerTarget, in: table, file: file,
            line: line)
    }
}
