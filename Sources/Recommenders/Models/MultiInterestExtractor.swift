import Differentiation
import Interactions
import KernelCore
import Options

/// The interest extractor of TiMiRec (Wang et al., CIKM 2022); trained by itself it is "ComiRec+".
///
///     h = e + p                                                  (p = 0 without positions)
///     h = transformer(h)                                         (causal if chosen; left out without Transformer)
///     A = softmax over l of  W2 tanh(W1 h_l + b1) + b2           [L, K] per user
///     v_k = sum_l A_lk h_l                                       [K, d] per user
///
/// Unlike ComiRec's, the interests are sums of `h`, with positions and the Transformer's output.
public struct MultiInterestExtractor: MultiInterestRecommender {
    /// Whether there is a Transformer layer.
    public static let addTransformer = ModelOption(
        "add-trm", default: true, OptionTraits(folder: .always("trm")),
        help: "Add a Transformer layer to the extractor (0/1).")

    /// Whether the Transformer layer is causal.
    public static let causalTransformer = ModelOption(
        "causal-trm", default: false, OptionTraits(folder: .ifChanged("causal")),
        help: "The extractor's Transformer layer sees what is older alone, so that --targets all is possible (0/1).")

    /// Those of the interests, and of the layer below them.
    public static let options: [any DeclaredModelOption] = [
        ModelOptions.interestsOption, ComiRec.addPositions, addTransformer, causalTransformer,
        SelfAttentivePooling.attentionSize,
    ]

    /// The items' vectors, `[itemCount + 1, d]`; row 0 is padding.
    public let items: Embedding
    let positions: Embedding?
    let transformer: TransformerLayer?
    let isCausal: Bool
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
        isCausal = options[Self.causalTransformer]
        transformer =
            options[Self.addTransformer]
            ? TransformerLayer("transformer", size: size, heads: 1, dropout: 0, in: scope) : nil
    }

    /// The objective selects the interest, and finds all of them with their attention; at any position where the
    /// Transformer layer, if there is one, is causal.
    public static func objectiveSupport(_ options: ModelOptions, in stage: TrainingStage?) -> ObjectiveSupport {
        let hasEveryPosition = !options[addTransformer] || options[causalTransformer]
        let support: ObjectiveSupport = [.selection, .interests, .attention]
        return hasEveryPosition ? support.union(.everyPosition) : support
    }

    /// K interests a user, `[B * K, d]`: sums of the layer's output over the history, weighted by the attention.
    public func interests(of batch: PackedBatch, on tape: Tape) -> Interests {
        let histories = batch.histories
        let e = items(batch.historyItems, count: histories.total, on: tape)
        let placed = positions.map { tape.add(e, $0.byAge(histories, on: tape)) } ?? e
        let h = transformed(placed, of: batch, on: tape)
        return attention(values: h, keys: h, of: batch, on: tape)
    }
    private func transformed(_ x: Variable, of batch: PackedBatch, on tape: Tape) -> Variable {
        guard let transformer else { return x }
        guard batch.targetRows == nil else { return transformer(causal: x, over: batch.histories, on: tape) }
        return transformer(x, over: batch.histories, queries: isCausal ? .causal : .all, on: tape)
    }
}
