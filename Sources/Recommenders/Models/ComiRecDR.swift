import Differentiation
import Interactions

/// ComiRec with dynamic routing (Cen et al., KDD 2020): as ``ComiRec``, with interests from ``DynamicRouting``.
///
///     v = routing(e_1 ... e_L)                           [K, d] per user
///
/// One matrix `S` serves all positions and interests, as in MIND; positions are not embedded. With
/// ``RoutingNormalization/interests`` it is ``MIND`` with an infinite p by another name; the authors' own code
/// normalises over ``RoutingNormalization/positions``.
public struct ComiRecDR: MultiInterestRecommender {
    public let items: Embedding
    let routing: DynamicRouting

    public init(_ context: ModelContext, in scope: ParameterScope) {
        let options = context.options
        items = Embedding("i_embeddings", rows: context.itemCount + 1, size: options.embeddingSize, in: scope)
        routing = DynamicRouting(options, in: scope)
    }

    public func interests(of batch: PackedBatch, on tape: Tape) -> Interests {
        let histories = batch.histories
        return routing(items(histories.items, count: histories.totalLength, on: tape), for: batch, on: tape)
    }
}
