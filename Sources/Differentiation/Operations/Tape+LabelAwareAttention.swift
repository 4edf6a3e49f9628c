import KernelCore

extension Tape {
    /// The interests of each user weighted by their products with the positive item:
    /// `u_b = sum_k softmax_k(scale <x_bk, parameter[rows_b]>^p) x_bk`; see
    /// ``Kernel/labelAwareAttention(_:table:rows:rowStride:count:interests:counts:columns:power:scale:products:weights:into:)``.
    /// The gradient flows through the weights too, to interests and positives.
    ///
    /// - Parameters:
    ///   - x: `[B * K, d]`.
    ///   - rows: row `rows[b * rowStride]` of `parameter` is the positive of sample b.
    ///   - groupSize: K.
    ///   - counts: `[B]`, only the first of a user's interests take part; nil: all.
    ///   - power: p, above 0, finite; scale: of what the softmax is taken of, finite.
    /// - Returns: `[B, d]`.
    public func labelAwareAttention(
        _ x: Variable, rows: UnsafePointer<Int32>, rowStride: Int, of parameter: Parameter, groupSize: Int,
        counts: UnsafePointer<Int32>? = nil, power: Float, scale: Float = 1, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        let site = ModelSite(file: file, line: line)
        let isSound =
            accepts(
                "labelAwareAttention", at: site,
                x.columns == parameter.columns && groupSize > 0 && x.rows % groupSize == 0 && power > 0
                    && power.isFinite,
                "the interests are \(x.shape) in groups of \(groupSize), the items \(parameter.shape), the power \(power): "
                    + "one number of columns, whole groups and a power above 0 are needed")
            && accepts(
                "labelAwareAttention", at: site, "positives", rows, count: x.rows / groupSize, stride: rowStride,
                of: parameter)
        guard isSound else { return zeros(rows: groupSize > 0 ? x.rows / groupSize : 0, columns: x.columns) }
        let y = variable(rows: x.rows / groupSize, columns: x.columns)
        let products = arena.allocate(Float.self, count: x.rows)
        let weights = arena.allocate(Float.self, count: x.rows)
        Kernel.labelAwareAttention(
            x.value, table: parameters(parameter), rows: rows, rowStride: rowStride, count: y.rows,
            interests: groupSize, counts: counts, columns: x.columns, power: power, scale: scale, products: products,
            weights: weights, into: y.value)
        record(
            LabelAwareAttentionOperation(
                x: x, rows: rows, rowStride: rowStride, parameter: parameter, groupSize: groupSize, counts: counts,
                power: power, scale: scale, products: products, weights: weights, y: y))
        return y
    }
}

private struct LabelAwareAttentionOperation: Operation {
    let x: Variable
    let rows: UnsafePointer<Int32>
    let rowStride: Int
    let parameter: Parameter
    let groupSize: Int
    let counts: UnsafePointer<Int32>?
    let power: Float
    let scale: Float
    let products: UnsafeMutablePointer<Float>
    let weights: UnsafeMutablePointer<Float>
    let y: Variable

    var cost: OperationCost {
        OperationCost(
            forward: Work(4 * x.count + 8 * x.rows, floats: x.count + 2 * y.count),
            backward: Work(8 * x.count + 8 * x.rows, floats: 3 * x.count + 4 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.labelAwareAttentionBackward(
            x.value, table: tape.parameters(parameter), rows: rows, rowStride: rowStride, count: y.rows,
            interests: groupSize, counts: counts, columns: x.columns, power: power, scale: scale, products: products,
            weights: weights, dy: y.gradient, scratch: tape.arena.allocate(count: groupSize), dx: x.gradient,
            positive: { tape.gradientRow(parameter, $0) })
    }
}
