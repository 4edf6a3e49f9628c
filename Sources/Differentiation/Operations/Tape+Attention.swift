import KernelCore

extension Tape {
    /// Scaled dot-product attention inside each segment: `softmax(q k^T / sqrt(width)) v`, heads as contiguous slices
    /// of the columns.
    ///
    /// - Parameters:
    ///   - q, k, v: `[segments.total, columns]`.
    ///   - causal: whether a position sees only itself and what is older.
    /// - Returns: `[segments.total, columns]`.
    public func attention(
        q: Variable, k: Variable, v: Variable, over segments: Segments, heads: Int, causal: Bool
    ) -> Variable {
        precondition(q.columns % heads == 0, "attention: \(q.columns) columns do not divide into \(heads) heads")
        let y = variable(rows: q.rows, columns: q.columns)
        let weights = arena.allocate(
            Float.self, count: Kernel.attentionWeightCount(segments: segments, heads: heads))
        Kernel.attention(
            q: q.value, k: k.value, v: v.value, segments: segments, columns: q.columns, heads: heads, causal: causal,
            weights: weights, into: y.value)
        record(AttentionOperation(q: q, k: k, v: v, segments: segments, heads: heads, weights: weights, y: y))
        return y
    }
}

private struct AttentionOperation: Operation {
    let q: Variable
    let k: Variable
    let v: Variable
    let segments: Segments
    let heads: Int
    let weights: UnsafeMutablePointer<Float>
    let y: Variable

    func backward(on tape: Tape) {
        var longest = 0
        for segment in 0..<segments.count { longest = max(longest, segments.length(segment)) }
        Kernel.attentionBackward(
            q: q.value, k: k.value, v: v.value, weights: weights, dy: y.slope, segments: segments, columns: q.columns,
            heads: heads, scratch: tape.arena.allocate(count: longest * longest),
            dq: q.slope, dk: k.slope, dv: v.slope)
    }
}
