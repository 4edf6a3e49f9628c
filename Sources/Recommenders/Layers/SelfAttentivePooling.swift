import Differentiation
import Interactions
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

    /// The interests of each target of a batch; those behind the newest item of a history with their attention.
    ///
    /// - Parameters:
    ///   - values: `[batch.histories.total, d]`, what is summed; keys: of the same shape, what decides the weights.
    public func callAsFunction(
        values: Variable, keys: Variable, of batch: PackedBatch, on tape: Tape, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Interests {
        guard batch.targetRows == nil else {
            let logits = logits(of: keys, on: tape, file: file, line: line)
            let pooled = tape.prefixPool(values, logits: logits, over: batch.histories, file: file, line: line)
            return Interests(
                vectors: tape.atTargets(pooled, inGroupsOf: logits.columns, of: batch, file: file, line: line),
                perUser: logits.columns, file: file, line: line)
        }
        return self(values: values, keys: keys, over: batch.histories, on: tape, file: file, line: line)
    }

    private func logits(of keys: Variable, on tape: Tape, file: StaticString, line: UInt) -> Variable {
        let inner = tape.hyperbolicTangent(first(keys, on: tape, file: file, line: line), file: file, line: line)
        return second(inner, on: tape, file: file, line: line)
    }

    /// The interests of each history.
    ///
    /// - Parameters:
    ///   - values: `[T, d]`, what is summed; keys: `[T, d]`, what decides the weights.
    public func callAsFunction(
        values: Variable, keys: Variable, over sequences: JaggedOffsets, on tape: Tape, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Interests {
        let logits = logits(of: keys, on: tape, file: file, line: line)
        let attention = tape.sequenceSoftmax(logits, over: sequences, file: file, line: line)
        return Interests(
            vectors: tape.pool(values, weights: attention, over: sequences, file: file, line: line),
            perUser: logits.columns, attention: attention, file: file, line: line)
    }
}
