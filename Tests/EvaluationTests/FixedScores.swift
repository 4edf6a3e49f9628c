import Differentiation
import Interactions
import KernelCore
import Recommenders

/// A model without learning: one interest a user, a copy of a parameter vector, so that an item's score is its
/// product with that vector. With two interests the second one is the negated vector.
struct FixedScores: Recommender {
    let items: Embedding
    let query: Parameter
    let interests: Int

    init(itemCount: Int, size: Int, interests: Int, in scope: ParameterScope) {
        items = Embedding("items", rows: itemCount + 1, size: size, in: scope)
        query = scope.vector("query", count: size, .constant(1))
        self.interests = interests
    }

    func trainingLoss(of batch: PackedBatch, under objective: Objective, on tape: Tape) -> Variable {
        tape.variable(rows: 1, columns: 1)
    }

    func queries(of batch: PackedBatch, on tape: Tape) -> Interests {
        let vectors = tape.variable(rows: batch.count * interests, columns: query.columns)
        let values = tape(query).value
        for row in 0..<vectors.rows {
            for column in 0..<vectors.columns {
                vectors.value[row * vectors.columns + column] = row % interests == 0 ? values[column] : -values[column]
            }
        }
        return Interests(vectors: vectors, perUser: interests)
    }
}
