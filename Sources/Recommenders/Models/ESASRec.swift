import Differentiation
import Interactions
import KernelCore
import Options

/// SASRec with the layers of LiGR, as eSASRec has them (Tikhonovich et al., RecSys 2025):
///
///     x_l = drop(e_l + p_l)                    p: embedding of the distance from the end, the newest item has 1
///     x = layer(... layer(x))                  ``GatedTransformerLayer``, causal
///     u = x_L,     s = <u, e>
///
/// Published with targets at every position and the sampled softmax. With rotary positions (Su et al. 2021) `p` is left
/// out, and queries and keys are turned by their place instead.
public struct ESASRec: SingleVectorRecommender {
    /// Whether positions are turned into queries and keys.
    public static let rotary = ModelOption(
        "rotary", default: false, OptionTraits(folder: .ifChanged("rotary")),
        help: "Rotary positions in the place of learned ones (0/1).")

    /// Those of the Transformer layers, and of what is other in them.
    public static let options = TransformerLayer.options + [GatedTransformerLayer.feedForward, rotary]

    /// The items' vectors, `[itemCount + 1, d]`; row 0 is padding.
    public let items: Embedding
    let positions: Embedding?
    let layers: [GatedTransformerLayer]
    let rotation: RotaryAngles?
    let dropout: Float

    /// Registers `i_embeddings.weight`, `[itemCount + 1, d]`, without rotary positions `p_embeddings.weight`,
    /// `[historyMax + 1, d]`, and the parameters of the layers under `layers.0` and so on.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let options = context.options
        let size = options.embeddingSize
        let heads = options[TransformerLayer.heads]
        let dropout = options[TransformerLayer.dropout]
        items = .xavier("i_embeddings", rows: context.itemCount + 1, size: size, in: scope)
        let isRotary = options[Self.rotary]
        positions =
            isRotary ? nil : .xavier("p_embeddings", rows: options.historyMax + 1, size: size, sparse: false, in: scope)
        let rotation = isRotary ? RotaryAngles(positions: options.historyMax, width: size / heads) : nil
        self.rotation = rotation
        self.dropout = dropout
        layers = (0..<options[TransformerLayer.layers]).map {
            GatedTransformerLayer(
                "\($0)", size: size, heads: heads, feedForward: options[GatedTransformerLayer.feedForward],
                dropout: dropout, rotation: rotation, in: scope.within("layers"))
        }
    }

    /// One vector, at any position.
    public static func objectiveSupport(_ options: ModelOptions, in stage: TrainingStage?) -> ObjectiveSupport {
        .everyPosition
    }

    /// Heads divide the vectors between them, and a rotation the halves of each.
    public static func checkOptions(_ options: ModelOptions) -> OptionProblem? {
        if let problem = TransformerLayer.checkHeads(options) { return problem }
        let width = options.embeddingSize / options[TransformerLayer.heads]
        guard options[rotary], width % 2 != 0 else { return nil }
        return OptionProblem(
            "--rotary 1: a head has \(width) columns", "choose a size and a number of --heads that leave an even number"
        )
    }

    /// The last layer's output at the newest item of each history, `[B, d]`, or at each target.
    public func userVectors(of batch: PackedBatch, on tape: Tape) -> Variable {
        tape.atTargetsOrNewest(states(of: batch, on: tape), of: batch)
    }

    /// The last layer's output at every item of the histories, `[batch.histories.total, d]`.
    func states(of batch: PackedBatch, on tape: Tape) -> Variable {
        let histories = batch.histories
        let e = items(batch.historyItems, count: histories.total, on: tape)
        let placed = positions.map { tape.add(e, $0.byAge(histories, on: tape)) } ?? e
        let x = tape.dropout(placed, rate: dropout, over: histories)
        return layers.reduce(x) { $1($0, over: histories, on: tape) }
    }
}

extension Embedding {
    /// A table with the initial values of eSASRec, `<name>.weight`: N(0, 2 / (rows + size)).
    static func xavier(
        _ name: String, rows: Int, size: Int, sparse: Bool = true, in scope: ParameterScope,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Embedding {
        let scope = scope.within(name)
        let initialization = Initialization.xavierNormal(rows, size)
        return Embedding(
            table: sparse
                ? scope.table("weight", rows: rows, columns: size, initialization, file: file, line: line)
                : scope.matrix("weight", rows: rows, columns: size, initialization, file: file, line: line))
    }
}
