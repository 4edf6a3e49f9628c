import Differentiation
import Interactions
import KernelCore
import Options

/// SASRec in the form of gSASRec (Petrov and Macdonald, RecSys 2023), published with the loss gBCE and targets at every
/// position:
///
///     x_l = drop(e_l + p_l)                    p: embedding of the distance from the end, the newest item has 1
///     n = norm1(x),    c = norm2(n + attention(W_q n, W_k x, W_v x)),    x = c + drop(W_2 drop(W_1 c))
///     u = norm(x)_L,   s = <u, e>
///
/// There is nothing between the two products of a layer, as in the published program. The weights of the attention are
/// not dropped.
public struct GSASRec: SingleVectorRecommender {
    /// Those of the Transformer layers.
    public static let options = TransformerLayer.options

    /// The items' vectors, `[itemCount + 1, d]`; row 0 is padding.
    public let items: Embedding
    let positions: Embedding
    let layers: [Layer]
    let norm: LayerNorm
    let heads: Int
    let dropout: Float

    /// One layer.
    struct Layer: Sendable {
        let norm1: LayerNorm
        let norm2: LayerNorm
        let query: Linear
        let key: Linear
        let value: Linear
        let dense1: Linear
        let dense2: Linear
    }

    /// Registers `i_embeddings.weight`, `[itemCount + 1, d]`, `p_embeddings.weight`, `[historyMax + 1, d]`, the parameters
    /// of the layers under `layers.0` and so on, and `norm`.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let options = context.options
        let size = options.embeddingSize
        heads = options[TransformerLayer.heads]
        dropout = options[TransformerLayer.dropout]
        items = .xavier("i_embeddings", rows: context.itemCount + 1, size: size, in: scope)
        positions = .xavier("p_embeddings", rows: options.historyMax + 1, size: size, sparse: false, in: scope)
        layers = (0..<options[TransformerLayer.layers]).map { number in
            let own = scope.within("layers").within("\(number)")
            func linear(_ name: String) -> Linear {
                Linear(name, inputs: size, outputs: size, weights: .xavierNormal(size, size), in: own)
            }
            return Layer(
                norm1: LayerNorm("norm1", size: size, in: own), norm2: LayerNorm("norm2", size: size, in: own),
                query: linear("query"), key: linear("key"), value: linear("value"), dense1: linear("dense1"),
                dense2: linear("dense2"))
        }
        norm = LayerNorm("norm", size: size, in: scope)
    }

    /// One vector, at any position.
    public static func objectiveSupport(_ options: ModelOptions, in stage: TrainingStage?) -> ObjectiveSupport {
        .everyPosition
    }

    /// Heads divide the vectors between them.
    public static func checkOptions(_ options: ModelOptions) -> OptionProblem? { TransformerLayer.checkHeads(options) }

    /// The normalized output at the newest item of each history, `[B, d]`, or at each target.
    public func userVectors(of batch: PackedBatch, on tape: Tape) -> Variable {
        let histories = batch.histories
        let e = items(batch.historyItems, count: histories.total, on: tape)
        let placed = tape.add(e, positions.byAge(histories, on: tape))
        let x = layers.reduce(dropped(placed, histories, tape)) { apply($1, to: $0, over: histories, on: tape) }
        return norm(tape.atTargetsOrNewest(x, of: batch), on: tape)
    }

    private func apply(_ layer: Layer, to x: Variable, over histories: JaggedOffsets, on tape: Tape) -> Variable {
        let n = layer.norm1(x, on: tape)
        let attended = tape.causalAttention(
            q: layer.query(n, on: tape), k: layer.key(x, on: tape), v: layer.value(x, on: tape), over: histories,
            heads: heads)
        let c = layer.norm2(n, residual: attended, on: tape)
        let inner = dropped(layer.dense1(c, on: tape), histories, tape)
        return tape.add(c, dropped(layer.dense2(inner, on: tape), histories, tape))
    }

    private func dropped(_ x: Variable, _ histories: JaggedOffsets, _ tape: Tape) -> Variable {
        tape.dropout(x, rate: dropout, over: histories)
    }
}
