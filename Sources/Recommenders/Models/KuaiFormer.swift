import Differentiation
import Interactions
import Options

/// Interests by learned query tokens behind a causal Transformer, in the form of KuaiFormer (Liu et al. 2024,
/// arXiv 2411.10057):
///
///     x   = layer(... layer(drop(e + p)))        that of ``ESASRec``, at every item
///     z_k = x_l + t_k                            t: K learned tokens; l: the newest item before the target
///     v_k = layer'(z_k; x_1 ... x_l)             queries of z_k, keys and values of the items up to l
///     s   = max over k of <v_k, e>
///
/// The published model puts the tokens behind the newest item of the input and takes them through all layers. Items do not
/// see them there either, so that the layers below are the same for every target, and K vectors behind each item cost one
/// layer of tokens, `layer'`. It is a ``GatedTransformerLayer`` of its own: with one token of zeros the model is an
/// ``ESASRec`` with a layer more. Tokens do not see each other. Compression of old items is left out.
public struct KuaiFormer: MultiInterestRecommender {
    /// The number of interests, and those of ``ESASRec``.
    public static let options: [any DeclaredModelOption] = [ModelOptions.interestsOption] + ESASRec.options

    /// Four interests.
    public static let defaultOptions = {
        var options = ModelOptions()
        options.interests = 4
        return options
    }()

    /// Tokens start as N(0, 0.3^2). That is what the elements of x have after a layer with initial values, whatever the
    /// size. Those of the items' vectors have a tenth of it or less, and with tokens like these the interests of a user
    /// start with cosines above 0.99: a soft selection, which draws among equals then, has been seen to leave them there.
    /// With 0.3 they start at 0.5 to 0.6, and an interest still follows its history.
    private static let tokenDeviation: Float = 0.3

    let encoder: ESASRec
    let tokens: Parameter
    let layer: GatedTransformerLayer

    /// The items' vectors, `[itemCount + 1, d]`; row 0 is padding.
    public var items: Embedding { encoder.items }

    /// Registers the parameters of ``ESASRec``, `tokens`, `[K, d]`, and those of the last layer under `token_layer`.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let options = context.options
        let size = options.embeddingSize
        encoder = ESASRec(context, in: scope)
        tokens = scope.matrix(
            "tokens", rows: options.interests, columns: size, .normal(deviation: Self.tokenDeviation))
        layer = GatedTransformerLayer(
            "token_layer", size: size, heads: options[TransformerLayer.heads],
            feedForward: options[GatedTransformerLayer.feedForward], dropout: options[TransformerLayer.dropout],
            rotation: encoder.rotation, in: scope)
    }

    /// What ``ESASRec`` refuses.
    public static func checkOptions(_ options: ModelOptions) -> OptionProblem? { ESASRec.checkOptions(options) }

    /// The objective selects the interest, at any position, and finds all of them, without attention.
    public static func objectiveSupport(_ options: ModelOptions, in stage: TrainingStage?) -> ObjectiveSupport {
        [.selection, .interests, .everyPosition]
    }

    /// K interests behind the newest item of each history, or at each target, `[B * K, d]`.
    public func interests(of batch: PackedBatch, on tape: Tape) -> Interests {
        let x = encoder.states(of: batch, on: tape)
        let z = tape.outerSum(tape.atTargetsOrNewest(x, of: batch), tape(tokens))
        let queries = tape.queries(behindTargetsOf: batch, inGroupsOf: tokens.rows)
        return Interests(
            vectors: layer(z, seeing: x, over: batch.histories, queries: queries, on: tape), perUser: tokens.rows)
    }
}
