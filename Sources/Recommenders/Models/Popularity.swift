import Differentiation
import Interactions

/// Ranking by popularity, what every model has to beat:
///
///     s(u, i) = number of train interactions of i
///
/// Nothing is learned: the counts are the parameters, known before training. Counts that a `Float` cannot hold, beyond
/// 2^24, are replaced by their ranks among the different counts, which order the items in the same way.
public struct Popularity: Recommender {
    /// A table of numbers, `[itemCount + 1, 1]`: the score of each item, the same for all users.
    public let items: Embedding

    /// Registers `popularity.weight`, `[itemCount + 1, 1]`, which begins as the scores and is never trained.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        items = Embedding(
            table: scope.within("popularity").table(
                "weight", rows: context.itemCount + 1, columns: 1, .values(Self.scores(context.itemCounts))))
    }

    static func scores(_ counts: [Int32]) -> [Float] {
        guard counts.max() ?? 0 > 1 << 24 else { return counts.map { Float($0) } }
        // Counts of a data set are few different ones: their sum has 31 bits.
        let ascending = Set(counts).sorted()
        let ranks = Dictionary(uniqueKeysWithValues: ascending.enumerated().map { ($1, Float($0)) })
        return counts.map { ranks[$0] ?? 0 }
    }

    /// 0, `[1, 1]`: there is nothing to learn.
    public func trainingLoss(of batch: PackedBatch, under objective: Objective, on tape: Tape) -> Variable {
        let loss = tape.variable(rows: 1, columns: 1)
        loss.value[0] = 0
        return loss
    }

    /// The number 1 for each user, `[B, 1]`, whose product with an item's row is the item's score.
    public func queries(of batch: PackedBatch, on tape: Tape) -> Interests {
        let ones = tape.variable(rows: batch.count, columns: 1)
        ones.value.update(repeating: 1, count: batch.count)
        return Interests(vectors: ones, perUser: 1)
    }
}
