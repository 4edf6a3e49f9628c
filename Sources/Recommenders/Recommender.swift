import Differentiation
import Interactions
import KernelCore

/// A model that the trainer can train: parameters and a forward pass.
///
/// A model describes how a mini-batch becomes a loss and how histories become query vectors. Everything else
/// (gradients, ranks, optimizer, evaluation, files) is not its concern.
public protocol Recommender: Sendable {
    /// The table whose rows are the items' vectors: a user's score of an item is the largest inner product of the
    /// user's query vectors with the item's row.
    var items: Embedding { get }

    /// The loss of a training mini-batch, summed over its samples, `[1, 1]`.
    func trainingLoss(of batch: PackedBatch, on tape: Tape) -> Variable

    /// The query vectors of each history, for scoring.
    func queries(of histories: PackedSequences, on tape: Tape) -> Interests
}

/// A model that turns a history into several interests and trains the one that fits the positive item best.
///
/// Scoring takes the largest inner product over the interests.
public protocol MultiInterestRecommender: Recommender {
    /// The interests of each history.
    func interests(of histories: PackedSequences, on tape: Tape) -> Interests
}

extension MultiInterestRecommender {
    public func queries(of histories: PackedSequences, on tape: Tape) -> Interests {
        interests(of: histories, on: tape)
    }

    /// The ranking loss of the interest selected by ``InterestSelection/hardest(of:for:in:on:)``.
    public func trainingLoss(of batch: PackedBatch, on tape: Tape) -> Variable {
        let interests = interests(of: batch.histories, on: tape)
        let users = InterestSelection.hardest(of: interests, for: batch, in: items, on: tape)
        return tape.rankingLoss(items.scores(of: users, for: batch, on: tape))
    }
}

extension Embedding {
    /// Inner products of one vector a user with the candidates of the batch: `[B, 1 + N]`, the positive first.
    public func scores(of users: Variable, for batch: PackedBatch, on tape: Tape) -> Variable {
        tape.scores(of: users, candidates: batch.candidates, perUser: batch.candidatesPerSample, in: table)
    }
}
