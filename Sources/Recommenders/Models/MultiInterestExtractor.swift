import Differentiation
import Interactions
import KernelCore
import Options

/// The interest extractor of TiMiRec (Wang et al., CIKM 2022); trained by itself it is "ComiRec+".
///
///     h = e + p                                                  (p = 0 without positions)
///     h = transformer(h)                                         (not causal; left out without Transformer)
///     A = softmax over l of  W2 tanh(W1 h_l + b1) + b2           [L, K] per user
///     v_k = sum_l A_lk h_l                                       [K, d] per user
///
/// Unlike ComiRec's, the interests are sums of `h`, with positions and the Transformer's output.
public struct MultiInterestExtractor: MultiInterestRecommender {
    /// Whether there is a Transformer layer.
    public static let addTransformer = ModelOption(
        "add-trm", default: true, OptionTraits(folder: .always("trm")),
        help: "Add a Transformer layer to the extractor (0/1).")

    static let options: [any DeclaredModelOption] = [
        ModelOptions.interestsOption, ComiRec.addPositions, addTransformer, SelfAttentivePooling.attentionSize,
    ]

    /// The items' vectors, `[itemCount + 1, d]`; row 0 is padding.
    public let items: Embedding
    let positions: Embedding?
    let transformer: TransformerLayer?
    let attention: SelfAttentivePooling

    /// Registers `i_embeddings.weight`, `[itemCount + 1, d]`, with positions `p_embeddings.weight`,
    /// `[historyMax + 1, d]`, `W1` and `W2` of ``SelfAttentivePooling``, and with a Transformer layer its parameters
    /// under `transformer`.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let options = context.options
        let size = options.embeddingSize
        items = Embedding("i_embeddings", rows: context.itemCount + 1, size: size, in: scope)
        positions =
            options[ComiRec.addPositions]
            ? Embedding("p_embeddings", rows: options.historyMax + 1, size: size, sparse: false, in: scope) : nil
        attention = SelfAttentivePooling(
            size: size, attentionSize: options[SelfAttentivePooling.attentionSize], interests: options.interests,
            in: scope)
        transformer =
            options[Self.addTransformer]
            ? TransformerLayer("transformer", size: size, heads: 1, dropout: 0, in: scope) : nil
    }

    /// The objective selects the interest, and finds all of them with their attention.
    public static func objectiveSupport(_ options: ModelOptions, in stage: TrainingStage?) -> ObjectiveSupport {
        [.selection, .interests, .attention]
    }

    /// K interests a user, `[B * K, d]`: sums of the layer's output over the history, weighted by the attention.
    public func interests(of batch: PackedBatch, on tape: Tape) -> Interests {
        let histories = batch.histories
        let e = items(batch.historyItems, count: histories.total, on: tape)
        let placed = positions.map { tape.add(e, $0.byAge(histories, on: tape)) } ?? e
        let h = transformer?(placed, over: histories, queries: .all, on: tape) ?? placed
        return attention(values: h, keys: h, over: histories, on: tape)
    }
}
