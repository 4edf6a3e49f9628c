import Differentiation
import KernelCore

/// A Transformer layer with the normalization after each part and no output projection:
///
///     a = softmax(q k^T / sqrt(d / heads)) v,     q, k, v = linear(x)
///     c = norm1(drop(a) + x)
///     y = norm2(drop(W2 relu(W1 c + b1) + b2) + c)
///
/// The inner size is `d`.
public struct TransformerLayer: Sendable {
    let query: Linear
    let key: Linear
    let value: Linear
    let norm1: LayerNorm
    let linear1: Linear
    let linear2: Linear
    let norm2: LayerNorm
    let heads: Int
    let dropout: Float

    /// - Parameter name: prefix of the parameters: `<name>.masked_attn_head.q_linear.weight` and so on.
    public init(
        _ name: String, size: Int, heads: Int, dropout: Float, in scope: ParameterScope,
        file: StaticString = #fileID, line: UInt = #line
    ) {
        let scope = scope.within(name)
        let attention = scope.within("masked_attn_head")
        func linear(_ name: String, in scope: ParameterScope) -> Linear {
            Linear(name, inputs: size, outputs: size, in: scope, file: file, line: line)
        }
        query = linear("q_linear", in: attention)
        key = linear("k_linear", in: attention)
        value = linear("v_linear", in: attention)
        norm1 = LayerNorm("layer_norm1", size: size, in: scope, file: file, line: line)
        linear1 = linear("linear1", in: scope)
        linear2 = linear("linear2", in: scope)
        norm2 = LayerNorm("layer_norm2", size: size, in: scope, file: file, line: line)
        self.heads = heads
        self.dropout = dropout
    }

    /// What joins keys and values of the attention besides the input.
    public struct Additions {
        /// `[sequences.total, size]`.
        let keys: Variable
        let values: Variable
        let relative: Tape.Relative

        /// - Parameters:
        ///   - keys: added to the keys, `[sequences.total, size]`.
        ///   - values: added to the values, `[sequences.total, size]`.
        ///   - relative: vectors for pairs of positions, added to the keys and values of a query.
        public init(keys: Variable, values: Variable, relative: Tape.Relative) {
            self.keys = keys
            self.values = values
            self.relative = relative
        }
    }

    /// `[sequences.total, size]` for `x` of the same shape; with the queries `newest` only each sequence's newest row of
    /// it, `[sequences.count, size]`.
    public func callAsFunction(
        _ x: Variable, over sequences: JaggedOffsets, queries: AttentionQueries, adding additions: Additions? = nil,
        on tape: Tape, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        let residual = queries == .newest ? tape.newest(x, over: sequences, file: file, line: line) : x
        var k = key(x, on: tape, file: file, line: line)
        var v = value(x, on: tape, file: file, line: line)
        if let additions {
            k = tape.add(k, additions.keys, file: file, line: line)
            v = tape.add(v, additions.values, file: file, line: line)
        }
        let q = query(residual, on: tape, file: file, line: line)
        let attended = tape.attention(
            q: q, k: k, v: v, relative: additions?.relative, over: sequences, heads: heads, queries: queries,
            file: file, line: line)
        // Rows of samples where there is one a sequence.
        let rows = queries == .newest ? nil : sequences
        return finish(attended, residual: residual, rowsOf: rows, on: tape, file: file, line: line)
    }

    /// The same for causal queries of all rows, `[sequences.total, size]`, by products of matrices.
    public func callAsFunction(
        causal x: Variable, over sequences: JaggedOffsets, on tape: Tape, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        let attended = tape.causalAttention(
            q: query(x, on: tape, file: file, line: line), k: key(x, on: tape, file: file, line: line),
            v: value(x, on: tape, file: file, line: line), over: sequences, heads: heads, file: file, line: line)
        return finish(attended, residual: x, rowsOf: sequences, on: tape, file: file, line: line)
    }

    /// What follows the attention.
    private func finish(
        _ attended: Variable, residual: Variable, rowsOf rows: JaggedOffsets?, on tape: Tape, file: StaticString,
        line: UInt
    ) -> Variable {
        func dropped(_ x: Variable) -> Variable {
            tape.dropout(x, rate: dropout, over: rows, file: file, line: line)
        }
        let c = norm1(dropped(attended), residual: residual, on: tape, file: file, line: line)
        let first = tape.relu(linear1(c, on: tape, file: file, line: line), file: file, line: line)
        let inner = linear2(first, on: tape, file: file, line: line)
        return norm2(dropped(inner), residual: c, on: tape, file: file, line: line)
    }
}
