internal import CVector

/// Causal attention for all queries of a sequence at once, as products of matrices:
///
///     s_ij = scale <q_i, k_j> + b_ij for j <= i,   a = activation(s),   y_i = sum_j a_ij v_j
///
/// With queries of their own (``CausalQueries``) `i` is the position that a query is behind. Queries are computed in blocks;
/// of each block the keys that none of its queries sees are left out. Positions that some queries of a block do not see
/// have the weight 0.
extension Kernel {
    /// `y`, `[Q, columns]`; zeros behind an empty sequence.
    ///
    /// - Parameter scratch: room for ``CausalAttentionPlan/scratchCount(columns:)``.
    public static func causalAttention(
        _ plan: CausalAttentionPlan, _ inputs: CausalAttentionInputs, scratch: UnsafeMutablePointer<Float>,
        into y: UnsafeMutablePointer<Float>
    ) {
        let (sequences, columns) = (plan.sequences, inputs.columns)
        let width = columns / plan.heads
        var (weights, scores, bias) = (inputs.weights, inputs.scores, inputs.bias)
        for sequence in 0..<sequences.count {
            let (length, asking) = (sequences.length(sequence), plan.queryCount(sequence))
            let firstQuery = plan.firstQuery(sequence) * columns
            if length == 0 { clear(y + firstQuery, count: asking * columns) }
            guard length > 0, asking > 0 else { continue }
            let keys = scratch + length * width
            for head in 0..<plan.heads {
                let first = sequences.start(sequence) * columns + head * width
                let rows = copied(inputs.k + first, stride: columns, rows: length, width: width, to: scratch)
                facet_transpose(rows, length, width, keys)
                forEachBlock(of: asking) { start, count in
                    let own = firstQuery + start * columns + head * width
                    let seen = plan.seen(start + count - 1, in: sequence)
                    let block = weights + start * length
                    facet_product(
                        facet_left(values: inputs.q + own, row: columns, column: 1), keys, length, block, length,
                        count, seen, width, 0)
                    for row in start..<start + count {
                        activate(
                            plan.activation, weights + row * length, scores: scores.map { $0 + row * length },
                            bias: bias.map { $0 + row * length }, seen: plan.seen(row, in: sequence), until: seen,
                            width: width)
                    }
                    facet_product(
                        facet_left(values: block, row: length, column: 1), inputs.v + first, columns, y + own, columns,
                        count, width, seen, 0)
                }
                weights += asking * length
                scores = scores.map { $0 + asking * length }
            }
            bias = bias.map { $0 + asking * length }
        }
    }

    /// From the scores of a query to its weights, in place.
    ///
    /// - Parameters:
    ///   - seen: positions that the query sees; until: those that its block has.
    @inline(__always)
    private static func activate(
        _ activation: AttentionActivation, _ row: UnsafeMutablePointer<Float>, scores: UnsafeMutablePointer<Float>?,
        bias: UnsafePointer<Float>?, seen: Int, until end: Int, width: Int
    ) {
        switch activation {
        case .softmax:
            let scale = Vector(repeating: 1 / Float(width).squareRoot())
            if let bias {
                forEachVector(seen) { index, lanes in
                    store(
                        load(row, index, lanes).multiplied(by: scale, adding: load(bias, index, lanes)), row, index,
                        lanes)
                }
            } else {
                forEachVector(seen) { index, lanes in store(load(row, index, lanes) * scale, row, index, lanes) }
            }
            rowSoftmax(row, seen, into: row)
        case .sigmoidLinear(let factor):
            guard let scores else { preconditionFailure("SiLU needs its scores on the way back") }
            let factor = Vector(repeating: factor)
            if let bias {
                forEachVector(seen) { index, lanes in
                    store(load(row, index, lanes) + load(bias, index, lanes), row, index, lanes)
                }
            }
            forEachVector(seen) { index, lanes in
                let score = load(row, index, lanes)
                store(score, scores, index, lanes)
                store(factor * score * sigmoid(score), row, index, lanes)
            }
        }
        clear(row + seen, count: end - seen)
    }

    /// Adds the derivatives to `gradients`.
    ///
    /// - Parameters:
    ///   - inputs: with weights and scores of the way there.
    ///   - dy: `[Q, columns]`.
    ///   - scratch: room for ``CausalAttentionPlan/scratchCount(columns:)``.
    public static func causalAttentionBackward(
        _ plan: CausalAttentionPlan, _ inputs: CausalAttentionInputs, dy: UnsafePointer<Float>,
        scratch: UnsafeMutablePointer<Float>, addingTo gradients: CausalAttentionGradients
    ) {
        let (sequences, columns) = (plan.sequences, inputs.columns)
        let width = columns / plan.heads
        var (weights, scores, dbias) = (inputs.weights, inputs.scores, gradients.bias)
        for sequence in 0..<sequences.count {
            let (length, asking) = (sequences.length(sequence), plan.queryCount(sequence))
            guard length > 0, asking > 0 else { continue }
            let firstQuery = plan.firstQuery(sequence) * columns
            let values = scratch + length * width
            let dscores = values + length * width
            for head in 0..<plan.heads {
                let first = sequences.start(sequence) * columns + head * width
                let rows = copied(inputs.v + first, stride: columns, rows: length, width: width, to: scratch)
                facet_transpose(rows, length, width, values)
                forEachBlock(of: asking) { start, count in
                    let own = firstQuery + start * columns + head * width
                    let seen = plan.seen(start + count - 1, in: sequence)
                    let block = weights + start * length
                    facet_product(
                        facet_left(values: block, row: 1, column: length), dy + own, columns, gradients.v + first,
                        columns, seen, width, count, 1)
                    facet_product(
                        facet_left(values: dy + own, row: columns, column: 1), values, length, dscores, seen, count,
                        seen, width, 0)
                    for row in start..<start + count {
                        deactivate(
                            plan.activation, dscores + (row - start) * seen, weights: weights + row * length,
                            scores: scores.map { $0 + row * length }, dbias: dbias.map { $0 + row * length },
                            seen: plan.seen(row, in: sequence), until: seen, width: width)
                    }
                    facet_product(
                        facet_left(values: dscores, row: seen, column: 1), inputs.k + first, columns,
                        gradients.q + own, columns, count, width, seen, 1)
                    facet_product(
                        facet_left(values: dscores, row: 1, column: seen), inputs.q + own, columns,
                        gradients.k + first, columns, seen, width, count, 1)
                }
                weights += asking * length
                scores = scores.map { $0 + asking * length }
            }
            dbias = dbias.map { $0 + asking * length }
        }
    }

    /// From the gradients of the weights of a query to those of its products `<q, k>`, in place.
    @inline(__always)
    private static func deactivate(
        _ activation: AttentionActivation, _ row: UnsafeMutablePointer<Float>, weights: UnsafePointer<Float>,
        scores: UnsafePointer<Float>?, dbias: UnsafeMutablePointer<Float>?, seen: Int, until end: Int, width: Int
    ) {
        var scale = Vector(repeating: 1)
        switch activation {
        case .softmax:
            scale = Vector(repeating: 1 / Float(width).squareRoot())
            let mean = Vector(repeating: SmallProducts.dot(weights, row, seen))
            forEachVector(seen) { index, lanes in
                store(load(weights, index, lanes) * (load(row, index, lanes) - mean), row, index, lanes)
            }
        case .sigmoidLinear(let factor):
            guard let scores else { preconditionFailure("SiLU needs its scores on the way back") }
            let factor = Vector(repeating: factor)
            forEachVector(seen) { index, lanes in
                let derivative = sigmoidLinearDerivative(load(scores, index, lanes))
                store(factor * derivative * load(row, index, lanes), row, index, lanes)
            }
        }
        if let dbias { accumulate(row, into: dbias, count: seen) }
        forEachVector(seen) { index, lanes in store(load(row, index, lanes) * scale, row, index, lanes) }
        clear(row + seen, count: end - seen)
    }

    /// Calls `body` for the blocks of queries of a sequence.
    @inline(__always)
    private static func forEachBlock(of length: Int, _ body: (_ start: Int, _ count: Int) -> Void) {
        for start in stride(from: 0, to: length, by: CausalAttentionPlan.blockRows) {
            body(start, min(CausalAttentionPlan.blockRows, length - start))
        }
    }

    /// One head of a sequence, row by row without gaps: what it lies in already, or a copy.
    @inline(__always)
    private static func copied(
        _ x: UnsafePointer<Float>, stride: Int, rows: Int, width: Int, to copy: UnsafeMutablePointer<Float>
    ) -> UnsafePointer<Float> {
        guard stride != width else { return x }
        for row in 0..<rows { (copy + row * width).update(from: x + row * stride, count: width) }
        return UnsafePointer(copy)
    }
}
