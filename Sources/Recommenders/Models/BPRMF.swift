import Differentiation
import Interactions
import KernelCore

/// Matrix factorization with the BPR loss (Rendle et al., UAI 2009).
///
///     u = P_u                [d], known by the user's id
///     s = <u, E_i>
///
/// Histories are not used. Row 0 of `P` belongs to nobody; as in the reference implementation it is a row like the
/// others, which only the L2 term moves.
public struct BPRMF: SingleVectorRecommender {
    /// E, the items' vectors, `[itemCount + 1, d]`; row 0 is padding.
    public let items: Embedding
    /// P, the users' vectors, `[userCount + 1, d]`; row 0 belongs to nobody. Never nil.
    public let users: Embedding?
    private let table: Embedding

    /// Registers `u_embeddings.weight`, `[userCount + 1, d]`, and `i_embeddings.weight`, `[itemCount + 1, d]`.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let size = context.options.embeddingSize
        table = Embedding(
            table: scope.within("u_embeddings").table(
                "weight", rows: context.userCount + 1, columns: size, paddingRow: false, .embedding))
        users = table
        items = Embedding("i_embeddings", rows: context.itemCount + 1, size: size, in: scope)
    }

    /// The rows of P of the batch's users, `[B, d]`.
    public func userVectors(of batch: PackedBatch, on tape: Tape) -> Variable {
        table(batch.users, count: batch.count, on: tape)
    }
}
