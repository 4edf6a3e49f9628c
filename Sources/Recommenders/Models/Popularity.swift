import Differentiation
import Interactions

/// Ranking by popularity, what every model has to beat:
///
///     s(u, i) = number of train interactions of i
///
/// Nothing is learned: the counts are the parameters, known before training.
public struct Popularity: Recommender {
    public let items: Embedding

    public init(_ context: ModelContext, in scope: ParameterScope) {
        items = Embedding(
            table: scope.within("popularity").table(
                "weight", rows: context.itemCount + 1, columns: 1, .values(context.itemCounts)))
    }

    public func trainingLoss(of batch: PackedBatch, under objective: Objective, on tape: Tape) -> Variable {
        let loss = tape.variable(rows: 1, columns: 1)
        loss.value[0] = 0
        return loss
    }

    public func queries(of batch: PackedBatch, on tape: Tape) -> Interests {
        let ones = tape.variable(rows: batch.count, columns: 1)
        ones.value.update(repeating: 1, count: batch.count)
        return Interests(vectors: ones, perUser: 1)
    }
}
