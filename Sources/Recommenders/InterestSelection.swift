import Differentiation
import Interactions
import KernelCore

/// Which interest of a user is trained with a positive item.
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
}
