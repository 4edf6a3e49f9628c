import Differentiation
import Interactions
import KernelCore

/// Which of the interests of a user are trained with a positive item.
public enum InterestSelection {
    /// The interest with the largest inner product with the positive, the first one on ties:
    /// `u = v_k`, `k = argmax_k <v_k, e+>`. No gradient flows through the choice.
    ///
    /// - Returns: `[B, d]`.
    public static func hardest(
        of interests: Interests, for batch: PackedBatch, in items: Embedding, on tape: Tape
    ) -> Variable {
        let choice = tape.arena.allocate(Int32.self, count: interests.count)
        Kernel.hardestInterests(
            interests.vectors.value, table: tape.parameters(items.table), rows: batch.candidates,
            rowStride: batch.candidatesPerSample, count: interests.count, interests: interests.perUser,
            columns: interests.vectors.columns, into: choice)
        return tape.select(choice, from: interests.vectors, groupSize: interests.perUser)
    }

    /// All interests, weighted by powers of their inner products with the positive:
    /// `u = sum_k softmax_k(<v_k, e+>^p) v_k`. The gradient flows through the weights.
    ///
    /// - Parameter power: p, above 0 and finite. A negative product keeps its sign, unless p is even.
    /// - Returns: `[B, d]`.
    public static func labelAware(
        of interests: Interests, power: Float, for batch: PackedBatch, in items: Embedding, on tape: Tape
    ) -> Variable {
        tape.labelAwareAttention(
            interests.vectors, rows: batch.candidates, rowStride: batch.candidatesPerSample, of: items.table,
            groupSize: interests.perUser, counts: interests.counts, power: power)
    }
}
