import Differentiation
import Interactions
import KernelCore
import Options
import Recommenders

/// A user's interests as what K learned prototypes find in the history:
///
///     h_l = relu(W (e_l + p_l) + b)           [L, d] per user
///     A   = softmax over l of  C h_l          [L, K], row k of C is prototype k
///     v_k = sum_l A_lk (e_l + drop(h_l))      [K, d]
///
/// `p` is the embedding of the distance from the end of the history.
struct PrototypeRecommender: MultiInterestRecommender {
    let items: Embedding
    let positions: Embedding
    let projection: Linear
    let prototypes: Linear
    let dropRate: Float

    /// Dropout rate of `h` in training.
    static let dropRate = ModelOption(
        "drop-rate", default: Float(0.1), in: .within(0..<1, "choose a rate from 0 to below 1"),
        help: "Dropout rate of what the prototypes look at.")

    static let options: [any DeclaredModelOption] = [ModelOptions.interestsOption, dropRate]

    init(_ context: ModelContext, in scope: ParameterScope) {
        let options = context.options
        let size = options.embeddingSize
        items = Embedding("items", rows: context.itemCount + 1, size: size, in: scope)
        positions = Embedding("positions", rows: options.historyMax + 1, size: size, sparse: false, in: scope)
        projection = Linear("projection", inputs: size, outputs: size, in: scope)
        prototypes = Linear("prototypes", inputs: size, outputs: options.interests, bias: false, in: scope)
        dropRate = options[Self.dropRate]
    }

    func interests(of batch: PackedBatch, on tape: Tape) -> Interests {
        let histories = batch.histories
        let e = items(batch.historyItems, count: histories.total, on: tape)
        let p = positions(tape.positionsFromNewest(histories), count: histories.total, on: tape)
        let h = tape.relu(projection(tape.add(e, p), on: tape))
        let attention = tape.sequenceSoftmax(prototypes(h, on: tape), over: histories)
        let values = tape.add(e, tape.dropout(h, rate: dropRate, over: histories))
        return Interests(vectors: tape.pool(values, weights: attention, over: histories), perUser: attention.columns)
    }
}
