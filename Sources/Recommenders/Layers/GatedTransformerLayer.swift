import Differentiation
import KernelCore
import Options

/// A Transformer layer with the normalization before each part, and gates (LiGR, Borisyuk et al. 2025; used by eSASRec):
///
///     a = W_o attention(q, k, v) + b_o,     q, k, v = linear(norm1(x))
///     c = x + sigmoid(W_g x + b_g) * drop(a)
///     f = W_3 drop(SiLU(W_1 n) * W_2 n),    n = norm2(c)
///     y = c + sigmoid(W_h c + b_h) * drop(f)
///
/// Attention is causal. The weights of the attention are not dropped.
public struct GatedTransformerLayer: Sendable {
    /// How much wider than its input the layer is inside.
    public static let feedForward = ModelOption(
        "feed-forward", default: 4, in: .within(1...64), OptionTraits(folder: .ifChanged("ff")),
        help: "Inner size of the feed-forward part, in multiples of the embedding size.")

    let norm1: LayerNorm
    let query: Linear
    let key: Linear
    let value: Linear
    let output: Linear
    let attentionGate: Linear
    let norm2: LayerNorm
    let inner: Linear
    let innerGate: Linear
    let outer: Linear
    let outerGate: Linear
    let heads: Int
    let dropout: Float
    let rotation: RotaryAngles?

    /// - Parameters:
    ///   - name: prefix of the parameters.
    ///   - rotation: of queries and keys; nil: they are not turned.
    public init(
        _ name: String, size: Int, heads: Int, feedForward: Int, dropout: Float, rotation: RotaryAngles? = nil,
        in scope: ParameterScope, file: StaticString = #fileID, line: UInt = #line
    ) {
        let scope = scope.within(name)
        func linear(_ name: String, _ inputs: Int, _ outputs: Int, bias: Bool = true) -> Linear {
            Linear(
                name, inputs: inputs, outputs: outputs, bias: bias, weights: .xavierNormal(inputs, outputs),
                in: scope, file: file, line: line)
        }
        norm1 = LayerNorm("norm1", size: size, in: scope, file: file, line: line)
        query = linear("query", size, size)
        key = linear("key", size, size)
        value = linear("value", size, size)
        output = linear("output", size, size)
        attentionGate = linear("attention_gate", size, size)
        norm2 = LayerNorm("norm2", size: size, in: scope, file: file, line: line)
        innerGate = linear("inner_gate", size, feedForward * size, bias: false)
        inner = linear("inner", size, feedForward * size, bias: false)
        outer = linear("outer", feedForward * size, size, bias: false)
        outerGate = linear("outer_gate", size, size)
        self.heads = heads
        self.dropout = dropout
        self.rotation = rotation
    }

    /// `[sequences.total, size]` for `x` of the same shape.
    public func callAsFunction(
        _ x: Variable, over sequences: JaggedOffsets, on tape: Tape, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        let n = norm1(x, on: tape, file: file, line: line)
        let attended = attention(from: n, to: n, over: sequences, on: tape, file: file, line: line)
        return finish(attended, residual: x, on: tape, file: file, line: line) {
            tape.dropout($0, rate: dropout, over: sequences, file: file, line: line)
        }
    }

    /// The layer for queries of their own behind items, which see the items and are not seen, `[queries.count, size]`:
    ///
    ///     a = W_o attention(q, k, v) + b_o,     q = linear(norm1(z)),   k, v = linear(norm1(x))
    ///
    /// and the rest with `z` in the place of `x`. For one query behind each item with `z = x` it is the layer itself.
    ///
    /// - Parameters:
    ///   - z: `[queries.count, size]`.
    ///   - x: of the items, `[sequences.total, size]`.
    ///   - queries: in one group for each target of the mini-batch.
    public func callAsFunction(
        _ z: Variable, seeing x: Variable, over sequences: JaggedOffsets, queries: CausalQueries, on tape: Tape,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        let attended = attention(
            from: norm1(z, on: tape, file: file, line: line), to: norm1(x, on: tape, file: file, line: line),
            over: sequences, queries: queries, on: tape, file: file, line: line)
        return finish(attended, residual: z, on: tape, file: file, line: line) {
            tape.dropout($0, rate: dropout, inGroupsOf: queries.perGroup, file: file, line: line)
        }
    }

    private func attention(
        from asking: Variable, to n: Variable, over sequences: JaggedOffsets, queries: CausalQueries? = nil,
        on tape: Tape, file: StaticString, line: UInt
    ) -> Variable {
        func turned(_ x: Variable, _ queries: CausalQueries? = nil) -> Variable {
            guard let rotation else { return x }
            return tape.rotate(
                x, by: rotation, over: sequences, heads: heads, queries: queries, file: file, line: line)
        }
        return tape.causalAttention(
            q: turned(query(asking, on: tape, file: file, line: line), queries),
            k: turned(key(n, on: tape, file: file, line: line)), v: value(n, on: tape, file: file, line: line),
            over: sequences, heads: heads, queries: queries, file: file, line: line)
    }

    /// What follows the attention.
    private func finish(
        _ attended: Variable, residual x: Variable, on tape: Tape, file: StaticString, line: UInt,
        dropped: (Variable) -> Variable
    ) -> Variable {
        let c = tape.gatedSum(
            x, gate: attentionGate(x, on: tape, file: file, line: line),
            dropped(output(attended, on: tape, file: file, line: line)), file: file, line: line)
        let m = norm2(c, on: tape, file: file, line: line)
        let hidden = tape.swiglu(
            gate: innerGate(m, on: tape, file: file, line: line), inner(m, on: tape, file: file, line: line),
            file: file, line: line)
        return tape.gatedSum(
            c, gate: outerGate(c, on: tape, file: file, line: line),
            dropped(outer(dropped(hidden), on: tape, file: file, line: line)), file: file, line: line)
    }
}

extension Initialization {
    /// N(0, 2 / (rows + columns)) (Glorot and Bengio 2010), in its normal form.
    static func xavierNormal(_ rows: Int, _ columns: Int) -> Initialization {
        .normal(deviation: (2 / Float(rows + columns)).squareRoot())
    }
}
