import Differentiation
import Interactions

/// ComiRec with dynamic routing (Cen et al., KDD 2020): as ``ComiRec``, with interests from ``DynamicRouting``.
///
///     x_kl = W_lk e_l                                    a matrix for every position l and interest k
///     v    = routing(x, first logits 0)                  [K, d] per user
///     s(i) = max_k <v_k, e_i>                            in scoring
///
/// In the paper every prediction vector has a matrix of its own, `e_(j|i) = W_ij e_i` for behaviour i and interest j;
/// in the authors' code (THUDM/ComiRec, `src/model.py`, `bilinear_type=2`) they are one variable
/// `[historyMax, K d, d]`, drawn from N(0, 1) and indexed from the oldest item that is kept. Both normalize the weights
/// over the interests. ``MIND`` has one matrix for all, and random first logits instead. Positions are not embedded.
public struct ComiRecDR: MultiInterestRecommender {
    /// Those of the routing.
    public static let options = DynamicRouting.options

    /// The items' vectors, `[itemCount + 1, d]`; row 0 is padding.
    public let items: Embedding
    let routing: DynamicRouting

    /// Registers `i_embeddings.weight`, `[itemCount + 1, d]`, and the parameters of ``DynamicRouting`` with a matrix
    /// for every position and interest.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let options = context.options
        items = Embedding("i_embeddings", rows: context.itemCount + 1, size: options.embeddingSize, in: scope)
        routing = DynamicRouting(options, predictions: .perPositionAndInterest, in: scope)
    }

    /// K interests a user, `[B * K, d]`, that the routing of the history's item vectors leads to.
    public func interests(of batch: PackedBatch, on tape: Tape) -> Interests {
        let histories = batch.histories
        return routing(items(batch.historyItems, count: histories.total, on: tape), for: batch, on: tape)
    }
}
