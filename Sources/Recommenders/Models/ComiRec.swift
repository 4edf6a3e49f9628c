import Differentiation
import Interactions
import KernelCore
import Options

/// ComiRec with self-attentive interest extraction (Cen et al., KDD 2020).
///
///     A = softmax over l of  W2 tanh(W1 (e_l + p_l) + b1) + b2      [L, K] per user
///     v_k = sum_l A_lk e_l                                          [K, d] per user
///
/// `p` is the embedding of the distance from the end of the history (the newest item has 1); without positions
/// `p = 0`. Positions take part in the attention, not in the interests.
public struct ComiRec: MultiInterestRecommender {
    /// Whether positions are embedded.
    public static let addPositions = ModelOption(
        "add-pos", default: true, OptionTraits(folder: .always("pos")), help: "Embed positions (0/1).")

    /// Those of the interests.
    public static let options: [any DeclaredModelOption] = [
        ModelOptions.interestsOption, addPositions, SelfAttentivePooling.attentionSize,
    ]

    /// The items' vectors, `[itemCount + 1, d]`; row 0 is padding.
    public let items: Embedding
    let positions: Embedding?
    let attention: SelfAttentivePooling

    /// Registers `i_embeddings.weight`, `[itemCount + 1, d]`, with positions `p_embeddings.weight`,
    /// `[historyMax + 1, d]`, and `W1` and `W2` of ``SelfAttentivePooling``.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let options = context.options
        items = Embedding("i_embeddings", rows: context.itemCount + 1, size: options.embeddingSize, in: scope)
        positions =
            options[Self.addPositions]
            ? Embedding(
                "p_embeddings", rows: options.historyMax + 1, size: options.embeddingSize, sparse: false, in: scope)
            : nil
        attention = SelfAttentivePooling(
            size: options.embeddingSize, attentionSize: options[SelfAttentivePooling.attentionSize],
            interests: options.interests, in: scope)
    }

    /// The objective selects the interest, at any position, and finds all of them with their attention.
    public static func objectiveSupport(_ options: ModelOptions, in stage: TrainingStage?) -> ObjectiveSupport {
        [.selection, .interests, .attention, .everyPosition]
    }

    /// K interests a user, `[B * K, d]`: sums of the history's item vectors, weighted by the attention.
    public func interests(of batch: PackedBatch, on tape: Tape) -> Interests {
        let histories = batch.histories
        let e = items(batch.historyItems, count: histories.total, on: tape)
        let h = positions.map { tape.add(e, $0.byAge(histories, on: tape)) } ?? e
        return attention(values: e, keys: h, of: batch, on: tape)
    }
}

extension Embedding {
    /// The vector of each position's distance from the end of its history, `[histories.total, size]`.
    func byAge(_ histories: JaggedOffsets, on tape: Tape) -> Variable {
        self(tape.positionsFromNewest(histories), count: histories.total, on: tape)
    }
}
