import Differentiation
import Interactions
import KernelCore

/// ComiRec with self-attentive interest extraction in the variant that BaM's models are published in:
///
///     A = softmax over l of  W2 tanh(W1 (e_l + p_l))               [L, K] per user, W1 [4d, d], W2 [K, 4d]
///     v_k = sum_l A_lk e_l                                          [K, d] per user
///
/// Unlike ``ComiRec`` it has no biases, and positions are counted from the oldest item of the history, which has 0.
/// Initial values are N(0, sqrt(2 / fan)), with the fan d, 4d for `W2`, and `historyMax d` for positions. Names and
/// shapes are those of the published models.
public struct BaMComiRec: MultiInterestRecommender {
    /// The number of interests.
    public static let options: [any DeclaredModelOption] = [ModelOptions.interestsOption]

    /// The items' vectors, `[itemCount + 1, d]`; row 0 is padding.
    public let items: Embedding
    let positions: Embedding
    let attention: SelfAttentivePooling

    /// Registers `embeddings.weight`, `[itemCount + 1, d]`, `position_embedding`, `[1, historyMax, d]`,
    /// `linear1.0.weight`, `[4d, d]`, and `linear2.weight`, `[K, 4d]`.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let options = context.options
        let size = options.embeddingSize
        items = .withFan(size, "embeddings", rows: context.itemCount + 1, size: size, in: scope)
        positions = Embedding(
            table: scope.matrix(
                "position_embedding", shape: [1, options.historyMax, size], .fan(options.historyMax * size)))
        attention = SelfAttentivePooling(
            first: Linear(
                "linear1.0", inputs: size, outputs: 4 * size, bias: false, initialization: .fan(size), in: scope),
            second: Linear(
                "linear2", inputs: 4 * size, outputs: options.interests, bias: false, initialization: .fan(4 * size),
                in: scope))
    }

    /// The objective selects the interest, at any position, and finds all of them with their attention.
    public static func objectiveSupport(_ options: ModelOptions, in stage: TrainingStage?) -> ObjectiveSupport {
        [.selection, .interests, .attention, .everyPosition]
    }

    /// K interests a user, `[B * K, d]`: sums of the history's item vectors, weighted by the attention.
    public func interests(of batch: PackedBatch, on tape: Tape) -> Interests {
        let histories = batch.histories
        let e = items(batch.historyItems, count: histories.total, on: tape)
        let p = positions(tape.positionsFromOldest(histories), count: histories.total, on: tape)
        return attention(values: e, keys: tape.add(e, p), of: batch, on: tape)
    }
}

extension Embedding {
    /// A table of items with the initial values of BaM's models, `<name>.weight`.
    static func withFan(_ fan: Int, _ name: String, rows: Int, size: Int, in scope: ParameterScope) -> Embedding {
        Embedding(table: scope.within(name).table("weight", rows: rows, columns: size, .fan(fan)))
    }
}

extension Initialization {
    /// N(0, sqrt(2 / fan)) (He et al. 2015).
    static func fan(_ fan: Int) -> Initialization { .normal(deviation: (2 / Float(fan)).squareRoot()) }
}
