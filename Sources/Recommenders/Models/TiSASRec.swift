import Differentiation
import Interactions
import KernelCore
import Options

/// Time-interval-aware self-attention (Li, Wang and McAuley, WSDM 2020): SASRec whose positions and time intervals join
/// keys and values instead of the items:
///
///     k_j = W_k x_j + b_k + P^k_j + T^k_ij,     v_j = W_v x_j + b_v + P^v_j + T^v_ij
///     u = x_L,     s = <u, e>
///
/// `P` is indexed by the distance from the end of the history, `T` by ``TimeIntervals``; all layers share them. Only the
/// newest position of the last layer is computed.
public struct TiSASRec: SingleVectorRecommender {
    /// Those of the Transformer layers and of the time intervals.
    public static let options = TransformerLayer.options + [TimeIntervals.timeMax, TimeIntervals.timeUnitMax]

    /// The items' vectors, `[itemCount + 1, d]`; row 0 is padding.
    public let items: Embedding
    let keyPositions: Embedding
    let valuePositions: Embedding
    let intervals: TimeIntervals
    let layers: [TransformerLayer]

    /// Registers `i_embeddings.weight`, `[itemCount + 1, d]`, `p_k_embeddings.weight` and `p_v_embeddings.weight`,
    /// `[historyMax + 1, d]`, the tables of ``TimeIntervals``, and the parameters of the layers under
    /// `transformer_block.0` and so on.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let options = context.options
        let size = options.embeddingSize
        items = Embedding("i_embeddings", rows: context.itemCount + 1, size: size, in: scope)
        keyPositions = Embedding("p_k_embeddings", rows: options.historyMax + 1, size: size, sparse: false, in: scope)
        valuePositions = Embedding(
            "p_v_embeddings", rows: options.historyMax + 1, size: size, sparse: false, in: scope)
        intervals = TimeIntervals(
            largest: options[TimeIntervals.timeMax], largestUnit: options[TimeIntervals.timeUnitMax], size: size,
            in: scope)
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
        let keys = keyPositions.byAge(histories, on: tape)
        let values = valuePositions.byAge(histories, on: tape)
        let e = items(batch.historyItems, count: histories.total, on: tape)
        let hasSeveralTargets = batch.targetRows != nil
        let x = layers.indices.reduce(e) { x, index in
            let queries: AttentionQueries = index == layers.count - 1 && !hasSeveralTargets ? .newest : .causal
            let additions = TransformerLayer.Additions(
                keys: keys, values: values, relative: intervals(of: batch, queries: queries, on: tape))
            return layers[index](x, over: histories, queries: queries, adding: additions, on: tape)
        }
        return hasSeveralTargets ? tape.atTargets(x, of: batch) : x
    }
}
