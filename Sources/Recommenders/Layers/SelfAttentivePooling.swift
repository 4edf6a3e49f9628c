import Differentiation
import KernelCore
import Options

/// Self-attentive pooling of a history into K interests (Lin et al. 2017, as used by ComiRec):
///
///     A = softmax over l of  W2 tanh(W1 x_l + b1) + b2      [L, K]
///     v_k = sum_l A_lk value_l                               [K, d]
public struct SelfAttentivePooling: Sendable {
    /// Inner size of the attention.
    public static let attentionSize = ModelOption(
        "attention-size", default: 8, in: .within(1...4096),
        OptionTraits(aliases: ["attn-size"], folder: .always("attention")),
        help: "Inner size of the self-attentive pooling.")

    let first: Linear
    let second: Linear

    /// The parameters are called `W1.weight`, `W1.bias`, `W2.weight` and `W2.bias`.
    public init(
        size: Int, attentionSize: Int, interests: Int, in scope: ParameterScope, file: StaticString = #fileID,
        line: UInt = #line
    ) {
        self.init(
            first: Linear("W1", inputs: size, outputs: attentionSize, in: scope, file: file, line: line),
            second: Linear("W2", inputs: attentionSize, outputs: interests, in: scope, file: file, line: line))
    }

    /// - Parameters:
    ///   - first: `W1` and `b1`, second: `W2` and `b2`; either may have no bias.
    public init(first: Linear, second: Linear) {
        self.first = first
        self.second = second
    }

    /// The interests of each history.
    ///
    /// - Parameters:
    ///   - values: `[T, d]`, what is summed; keys: `[T, d]`, what decides the weights.
    public func callAsFunction(
        values: Variable, keys: Variable, over sequences: JaggedOffsets, on tape: Tape, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Interests {
        let inner = tape.hyperbolicTangent(first(keys, on: tape, file: file, line: line), file: file, line: line)
        let logits = second(inner, on: tape, file: file, line: line)
        let attention = tape.sequenceSoftmax(logits, over: sequences, file: file, line: line)
        return Interests(
            vectors: tape.pool(values, weights: attention, over: sequences, file: file, line: line),
            perUser: logits.columns, attention: attention, file: file, line: line)
    }
}
