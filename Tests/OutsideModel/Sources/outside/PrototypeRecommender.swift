import Differentiation
import Interactions
import KernelCore
import Recommenders

/// A user's interests as what K learned prototypes find in the history:
///
///     h_l = relu(W (e_l + p_l) + b)           [L, d] per user
///     A   = softmax over l of  C h_l          [L, K], row k of C is prototype k
///     v_k = sum_l A_lk (e_l + drop(h_l))      [K, d]
///
/// `p` is the embedding of the distance from the end of the history; dropout is 0.1 in training.
struct PrototypeRecommender: MultiInterestRecommender {
    let items: Embedding
    let positions: Embedding
    let projection: Linear
    let prototypes: Linear
    static let dropout: Float = 0.1

    init(_ context: ModelContext, in scope: ParameterScope) {
        let options = context.options
        let size = options.embeddingSize
        items = Embedding("items", rows: context.itemCount + 1, size: size, in: scope)
        positions = Embedding("positions", rows: options.historyMax + 1, size: size, sparse: false, in: scope)
        projection = Linear("projection", inputs: size, outputs: size, in: scope)
        prototypes = Linear("prototypes", inputs: size, outputs: options.interests, bias: false, in: scope)
    }

    func interests(of batch: PackedBatch, on tape: Tape) -> Interests {
        let segments = batch.histories.segments
        let e = items(batch.histories.items, count: segments.total, on: tape)
        let p = positions(tape.positionsFromNewest(segments), count: segments.total, on: tape)
        let h = tape.rectify(projection(tape.add(e, p), on: tape))
        let attention = tape.segmentSoftmax(prototypes(h, on: tape), over: segments)
        let values = tape.add(e, tape.dropout(h, rate: Self.dropout, over: segments))
        return Interests(vectors: tape.pool(values, weights: attention, over: segments), perUser: attention.columns)
    }
}
