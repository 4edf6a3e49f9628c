import Differentiation
import Interactions

/// Ranking by popularity, what every model has to beat:
///
///     s(u, i) = number of train interactions of i
///
/// Nothing is learned: the counts are the parameters, known before training. Counts that a `Float` cannot hold, beyond
/// 2^24, are replaced by their ranks among the different counts, which order the items in the same way.
public struct Popularity: Recommender {
    public let items: Embedding

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
