import Differentiation
import Interactions
import KernelCore
import Options

/// Hierarchical sequential transduction units (Zhai et al., ICML 2024) over ids:
///
///     x_l = drop(e_l + p_l)                    p: embedding of the distance from the end, the newest item has 1
///     U, V, Q, K = SiLU(W norm1(x))
///     a_ij = SiLU(<q_i, k_j> + b_(i-j) + t_ij) / historyMax        j <= i
///     x = x + W_o drop(U * norm2(a V)) + b_o
///     u = norm(x)_L,     s = <u, e>
///
/// `b` has a number for each distance, `t` one for each bucket of the time between the two items: the logarithm of the
/// time, in steps of 0.301. Time is that of the items that a position sees: the time of a target is not given, unlike in
/// the published program. Without times the positions stand for them. The published weights `b` and `t` are those of each
/// layer, shared by its heads.
public struct HSTU: SingleVectorRecommender {
    /// Whether the time between two items takes part.
    public static let timeBias = ModelOption(
        "time-bias", default: true, OptionTraits(folder: .ifChanged("time-bias")),
        help: "Weights for the time between two items (0/1).")

    /// Those of the Transformer layers, and the bias by time.
    public static let options = TransformerLayer.options + [timeBias]

    /// The items' vectors, `[itemCount + 1, d]`; row 0 is padding.
    public let items: Embedding
    let positions: Embedding
    let layers: [Layer]
    let norm: LayerNorm
    let heads: Int
    let dropout: Float
    let historyMax: Int

    /// One layer.
    struct Layer: Sendable {
        let norm1: LayerNorm
        let gate: Linear
        let value: Linear
        let query: Linear
        let key: Linear
        let distances: Parameter
        let times: Parameter?
        let norm2: LayerNorm
        let output: Linear
    }

    /// Registers `i_embeddings.weight`, `[itemCount + 1, d]`, `p_embeddings.weight`, `[historyMax + 1, d]`, the parameters
    /// of the layers under `layers.0` and so on, and `norm`.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let options = context.options
        let size = options.embeddingSize
        let historyMax = options.historyMax
        self.historyMax = historyMax
        heads = options[TransformerLayer.heads]
        dropout = options[TransformerLayer.dropout]
        items = .xavier("i_embeddings", rows: context.itemCount + 1, size: size, in: scope)
        positions = .xavier("p_embeddings", rows: historyMax + 1, size: size, sparse: false, in: scope)
        let usesTimes = options[Self.timeBias]
        layers = (0..<options[TransformerLayer.layers]).map { number in
            let own = scope.within("layers").within("\(number)")
            func linear(_ name: String, bias: Bool) -> Linear {
                Linear(name, inputs: size, outputs: size, bias: bias, weights: .xavierNormal(size, size), in: own)
            }
            let small = Initialization.normal(deviation: 0.02)
            return Layer(
                norm1: LayerNorm("norm1", size: size, in: own), gate: linear("gate", bias: false),
                value: linear("value", bias: false), query: linear("query", bias: false),
                key: linear("key", bias: false),
                distances: own.vector("distances", count: historyMax, small),
                times: usesTimes ? own.vector("times", count: TimeBuckets.count, small) : nil,
                norm2: LayerNorm("norm2", size: size, in: own), output: linear("output", bias: true))
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
        let x = tape.dropout(placed, rate: dropout, over: histories)
        let last = layers.reduce(x) { apply($1, to: $0, of: batch, on: tape) }
        return norm(tape.atTargetsOrNewest(last, of: batch), on: tape)
    }

    private func apply(_ layer: Layer, to x: Variable, of batch: PackedBatch, on tape: Tape) -> Variable {
        let histories = batch.histories
        let n = layer.norm1(x, on: tape)
        func part(_ linear: Linear) -> Variable { tape.sigmoidLinear(linear(n, on: tape)) }
        let bias = tape.relativeBias(
            distances: layer.distances, times: layer.times, of: batch.historyTimes, over: histories)
        let attended = tape.causalAttention(
            q: part(layer.query), k: part(layer.key), v: part(layer.value), bias: bias, over: histories, heads: heads,
            activation: .sigmoidLinear(factor: 1 / Float(historyMax)))
        let gated = tape.multiply(part(layer.gate), layer.norm2(attended, on: tape))
        return tape.add(x, layer.output(tape.dropout(gated, rate: dropout, over: histories), on: tape))
    }
}
