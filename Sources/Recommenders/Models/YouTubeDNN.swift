import Differentiation
import Interactions
import KernelCore

/// The candidate generation of YouTube in its simplest form (Covington, Adams and Sargin, RecSys 2016):
///
///     u = W mean over l of e_l + b,     s = <u, e>
///
/// The mean is over the real history: there is no padding that could take part in it.
public struct YouTubeDNN: SingleVectorRecommender {
    /// The items' vectors, `[itemCount + 1, d]`; row 0 is padding.
    public let items: Embedding
    let layer: Linear

    /// Registers `i_embeddings.weight`, `[itemCount + 1, d]`, `layer.weight`, `[d, d]`, and `layer.bias`, `[d]`.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let size = context.options.embeddingSize
        items = Embedding("i_embeddings", rows: context.itemCount + 1, size: size, in: scope)
        layer = Linear("layer", inputs: size, outputs: size, in: scope)
    }

    /// One vector, at any position.
    public static func objectiveSupport(_ options: ModelOptions, in stage: TrainingStage?) -> ObjectiveSupport {
        .everyPosition
    }

    /// The linear layer's output for the mean of each history's item vectors, or of those before each target, `[B, d]`.
    public func userVectors(of batch: PackedBatch, on tape: Tape) -> Variable {
        let histories = batch.histories
        guard batch.targetRows == nil else {
            let e = items(batch.historyItems, count: histories.total, on: tape)
            return layer(tape.atTargets(tape.prefixMeans(e, over: histories), of: batch), on: tape)
        }
        return layer(tape.meanRows(batch.historyItems, of: items.table, over: histories), on: tape)
    }
}
