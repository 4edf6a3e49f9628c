import Differentiation
import Interactions
import KernelCore
import Options

/// Self-attentive sequential recommendation (Kang and McAuley, ICDM 2018):
///
///     x_l = e_l + p_l                          p: embedding of the distance from the end, the newest item has 1
///     x = transformer(... transformer(x))      causal
///     u = x_L,     s = <u, e>
///
/// Only the newest position of the last layer is needed, so only that one is computed. With targets at every position
/// (``Interactions/PackedBatch/targetRows``) a position sees the distances of the whole window, as in the paper: from its
/// end, and not from the position itself.
public struct SASRec: SingleVectorRecommender {
    /// Those of the Transformer layers.
    public static let options = TransformerLayer.options

    /// The items' vectors, `[itemCount + 1, d]`; row 0 is padding.
    public let items: Embedding
    let positions: Embedding
    let layers: [TransformerLayer]

    /// Registers `i_embeddings.weight`, `[itemCount + 1, d]`, `p_embeddings.weight`, `[historyMax + 1, d]`, and the
    /// parameters of the layers under `transformer_block.0` and so on.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let options = context.options
        let size = options.embeddingSize
        items = Embedding("i_embeddings", rows: context.itemCount + 1, size: size, in: scope)
        positions = Embedding("p_embeddings", rows: options.historyMax + 1, size: size, sparse: false, in: scope)
        layers = TransformerLayer.stack(context, in: scope)
    }

    /// One vector, at any position.
    public static func objectiveSupport(_ options: ModelOptions, in stage: TrainingStage?) -> ObjectiveSupport {
        .everyPosition
    }

    /// Heads divide the vectors between them.
    public static func checkOptions(_ options: ModelOptions) -> OptionProblem? { TransformerLayer.checkHeads(options) }

    /// The last layer's output at the newest item of each history, `[B, d]`, or at each target.
    public func userVectors(of batch: PackedBatch, on tape: Tape) -> Variable {
        let histories = batch.histories
        let x = tape.add(
            items(batch.historyItems, count: histories.total, on: tape), positions.byAge(histories, on: tape))
        guard batch.targetRows == nil else {
            return tape.atTargets(layers.reduce(x) { $1(causal: $0, over: histories, on: tape) }, of: batch)
        }
        return layers.indices.reduce(x) { x, index in
            layers[index](x, over: histories, queries: index == layers.count - 1 ? .newest : .causal, on: tape)
        }
    }
}

extension TransformerLayer {
    /// The number of layers.
    public static let layers = ModelOption(
        "layers", default: 1, in: .within(1...16), OptionTraits(aliases: ["n-layers", "num-layers"]),
        help: "Transformer layers.")
    /// Attention heads of a layer.
    public static let heads = ModelOption(
        "heads", default: 1, in: .within(1...4096), OptionTraits(aliases: ["num-heads"]),
        help: "Attention heads of the Transformer layers; they divide the embedding size.")
    /// Dropout rate of a layer.
    public static let dropout = ModelOption(
        "dropout", default: Float(0), in: .within(0..<1, "choose a rate from 0 to below 1"),
        help: "Dropout rate of the Transformer layers.")

    /// What a model with a stack of layers reads.
    public static let options: [any DeclaredModelOption] = [layers, heads, dropout]

    /// Heads divide the vectors between them.
    public static func checkHeads(_ options: ModelOptions) -> OptionProblem? {
        options.embeddingSize % options[heads] == 0
            ? nil
            : OptionProblem(
                "--embedding-size \(options.embeddingSize) does not divide into \(options[heads]) --heads",
                "choose a number of heads that divides the size")
    }

    /// The layers of SASRec and TiSASRec: `transformer_block.0` and so on.
    static func stack(_ context: ModelContext, in scope: ParameterScope) -> [TransformerLayer] {
        let options = context.options
        let blocks = scope.within("transformer_block")
        return (0..<options[layers]).map {
            TransformerLayer(
                "\($0)", size: options.embeddingSize, heads: options[heads], dropout: options[dropout], in: blocks)
        }
    }
}
