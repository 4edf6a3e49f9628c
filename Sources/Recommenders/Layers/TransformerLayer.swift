import Differentiation
import KernelCore

/// A Transformer layer with the normalisation after each part and no output projection:
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
    public init(_ name: String, size: Int, heads: Int, dropout: Float, in scope: ParameterScope) {
        let scope = scope.within(name)
        let attention = scope.within("masked_attn_head")
        query = Linear("q_linear", inputs: size, outputs: size, in: attention)
        key = Linear("k_linear", inputs: size, outputs: size, in: attention)
        value = Linear("v_linear", inputs: size, outputs: size, in: attention)
        norm1 = LayerNorm("layer_norm1", size: size, in: scope)
        linear1 = Linear("linear1", inputs: size, outputs: size, in: scope)
        linear2 = Linear("linear2", inputs: size, outputs: size, in: scope)
        norm2 = LayerNorm("layer_norm2", size: size, in: scope)
        self.heads = heads
        self.dropout = dropout
    }

    /// What joins keys and values of the attention besides the input.
    public struct Additions {
        /// `[segments.total, size]`.
        let keys: Variable
        let values: Variable
        let relative: Tape.Relative

        public init(keys: Variable, values: Variable, relative: Tape.Relative) {
            self.keys = keys
            self.values = values
            self.relative = relative
        }
    }

    /// `[segments.total, size]` for `x` of the same shape; with the queries `newest` only each segment's newest row of
    /// it, `[segments.count, size]`.
    public func callAsFunction(
        _ x: Variable, over segments: Segments, queries: AttentionQueries, adding additions: Additions? = nil,
        on tape: Tape
    ) -> Variable {
        let residual = queries == .newest ? tape.newest(x, over: segments) : x
        var k = key(x, on: tape)
        var v = value(x, on: tape)
        if let additions {
            k = tape.add(k, additions.keys)
            v = tape.add(v, additions.values)
        }
        let attended = tape.attention(
            q: query(residual, on: tape), k: k, v: v, relative: additions?.relative, over: segments, heads: heads,
            queries: queries)
        // Rows of samples where there is one a segment.
        let rows = queries == .newest ? nil : segments
        let c = norm1(tape.dropout(attended, rate: dropout, over: rows), residual: residual, on: tape)
        let inner = linear2(tape.rectify(linear1(c, on: tape)), on: tape)
        return norm2(tape.dropout(inner, rate: dropout, over: rows), residual: c, on: tape)
    }
}
