import Differentiation
import Interactions
import KernelCore
import Options

/// The part of TiMiRec that predicts which interest the next item belongs to:
///
///     s = GRU(e'_1 ... e'_L)                     with an item table of its own
///     y = W_m relu(drop(W_(m-1) ... relu(drop(W_1 s + b_1)) ...)) + b_m      [K] logits
///
/// with m = `predictor-layers` and dropout of 0.5 in training.
public struct InterestPredictor: Sendable {
    /// The number of linear layers.
    public static let layers = ModelOption(
        "predictor-layers", default: 1, in: .within(1...16),
        OptionTraits(aliases: ["layers", "n-layers", "num-layers"], folder: .never),
        help: "Linear layers of the interest predictor; --layers is another name of it.")

    let items: Embedding
    let recurrence: GatedRecurrentUnit
    let hidden: [Linear]
    let output: Linear
    static let dropout: Float = 0.5

    /// Registers `interest_predictor.i_embeddings.weight`, `[itemCount + 2, d]`, the parameters of
    /// ``GatedRecurrentUnit`` under `interest_predictor.rnn`, and weights and biases of the linear layers:
    /// `proj.proj_0` and so on, `[d, d]`, and `proj.proj_final`, `[K, d]`.
    public init(_ context: ModelContext, in scope: ParameterScope) {
        let options = context.options
        let size = options.embeddingSize
        let own = scope.within("interest_predictor")
        // One row more than items and padding need, as in the reference implementation, so that files fit.
        items = Embedding("i_embeddings", rows: context.itemCount + 2, size: size, in: own)
        recurrence = GatedRecurrentUnit("rnn", inputs: size, hidden: size, in: own)
        let projection = scope.within("proj")
        hidden = (0..<options[Self.layers] - 1).map {
            Linear("proj_\($0)", inputs: size, outputs: size, in: projection)
        }
        output = Linear("proj_final", inputs: size, outputs: options.interests, in: projection)
    }

    /// Logits over the interests, `[B, K]`.
    public func callAsFunction(_ batch: PackedBatch, on tape: Tape) -> Variable {
        let histories = batch.histories
        let e = items(batch.historyItems, count: histories.total, on: tape)
        var state = recurrence(e, over: histories, on: tape)
        for layer in hidden {
            state = tape.relu(tape.dropout(layer(state, on: tape), rate: Self.dropout))
        }
        return output(state, on: tape)
    }
}
