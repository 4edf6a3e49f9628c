import Differentiation
import Interactions
import KernelCore
import Options

/// A recurrent model of the history (Hidasi et al., ICLR 2016):
///
///     u = W GRU(e_1 ... e_L) + b,     s = <u, e>
///
/// ``GatedRecurrentUnit`` gives the state after the newest item.
public struct GRU4Rec: SingleVectorRecommender {
    /// Size of the recurrent state.
    public static let hiddenSize = ModelOption(
        "hidden-size", default: 64, in: .within(1...4096), OptionTraits(folder: .ifChanged("hidden")),
        help: "Size of the recurrent state.")

    /// The size of the state.
    public static let options: [any DeclaredModelOption] = [hiddenSize]

    /// The items' vectors, `[itemCount + 1, d]`; row 0 is padding.
    public let items: Embedding
    let recurrence: GatedRecurrentUnit
    let output: Linear

    /// Registers `i_embeddings.weight`, `[itemCount + 1, d]`, the parameters of ``GatedRecurrentUnit`` under `rnn`,
    /// `out.weight`, `[d, hidden]`, and `out.bias`, `[d]`.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let size = context.options.embeddingSize
        let hidden = context.options[Self.hiddenSize]
        items = Embedding("i_embeddings", rows: context.itemCount + 1, size: size, in: scope)
        recurrence = GatedRecurrentUnit("rnn", inputs: size, hidden: hidden, in: scope)
        output = Linear("out", inputs: hidden, outputs: size, in: scope)
    }

    /// One vector, at any position.
    public static func objectiveSupport(_ options: ModelOptions, in stage: TrainingStage?) -> ObjectiveSupport {
        .everyPosition
    }

    /// The state after the newest item of each history, or before each target, mapped to the size of the items' vectors,
    /// `[B, d]`.
    public func userVectors(of batch: PackedBatch, on tape: Tape) -> Variable {
        let histories = batch.histories
        let e = items(batch.historyItems, count: histories.total, on: tape)
        guard batch.targetRows == nil else {
            return output(tape.atTargets(recurrence(states: e, over: histories, on: tape), of: batch), on: tape)
        }
        return output(recurrence(e, over: histories, on: tape), on: tape)
    }
}
