import Differentiation
import Interactions
import KernelCore
import Recommenders

/// A model without learning whose interests are rows of a table, several for each user.
struct UserInterests: Recommender {
    let items: Embedding
    let vectors: Parameter
    let perUser: Int
    /// Whether users with an odd id have one interest less than there is room for.
    let isAdaptive: Bool

    init(userCount: Int, itemCount: Int, size: Int, perUser: Int, isAdaptive: Bool, in scope: ParameterScope) {
        items = Embedding("items", rows: itemCount + 1, size: size, in: scope)
        vectors = scope.table("interests", rows: (userCount + 1) * perUser, columns: size, .constant(0))
        self.perUser = perUser
        self.isAdaptive = isAdaptive
    }

    func trainingLoss(of batch: PackedBatch, under objective: Objective, on tape: Tape) -> Variable {
        tape.variable(rows: 1, columns: 1)
    }

    func queries(of batch: PackedBatch, on tape: Tape) -> Interests {
        let result = tape.variable(rows: batch.count * perUser, columns: vectors.columns)
        let values = tape.parameters(vectors)
        let counts = tape.arena.allocate(Int32.self, count: batch.count)
        for sample in 0..<batch.count {
            let user = Int(batch.users[sample])
            counts[sample] = Int32(isAdaptive ? perUser - user % 2 : perUser)
            for interest in 0..<perUser {
                let row = user * perUser + (interest < counts[sample] ? interest : 0)
                (result.value + (sample * perUser + interest) * result.columns).update(
                    from: values + row * result.columns, count: result.columns)
            }
        }
        return Interests(vectors: result, perUser: perUser, counts: isAdaptive ? counts : nil)
    }
}
