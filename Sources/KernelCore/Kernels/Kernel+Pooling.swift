/// Weighted sums over the rows of packed sequences: how attention weights become interests.
extension Kernel {
    /// `y[b, k] = sum over l in sequence b of weights[l, k] x_l`.
    ///
    /// - Parameters:
    ///   - x: `[T, d]`, `weights`: `[T, K]`, `y`: `[sequences.count, K, d]`.
    public static func pool(
        _ x: MatrixView, weights: MatrixView, over sequences: JaggedOffsets, into y: UnsafeMutablePointer<Float>
    ) {
        let (columns, interests) = (x.columns, weights.columns)
        for sequence in 0..<sequences.count {
            let first = sequences.start(sequence)
            SmallProducts.combine(
                SumWeights(weights.row(first), rowStride: 1, columnStride: interests, count: interests),
                StridedRows(x.row(first), stride: columns, count: sequences.length(sequence)), width: columns,
                into: StridedResult(y + sequence * interests * columns, stride: columns))
        }
    }

    /// The derivatives of ``pool(_:weights:over:into:)``:
    /// `dweights[l, k] = <dy_bk, x_l>` (overwritten) and `dx_l += sum_k weights[l, k] dy_bk`.
    public static func poolBackward(
        _ x: MatrixView, weights: MatrixView, over sequences: JaggedOffsets, dy: UnsafePointer<Float>,
        dweights: UnsafeMutablePointer<Float>, dx: UnsafeMutablePointer<Float>?
    ) {
        let (columns, interests) = (x.columns, weights.columns)
        for sequence in 0..<sequences.count {
            let first = sequences.start(sequence)
            let length = sequences.length(sequence)
            let incoming = StridedRows(dy + sequence * interests * columns, stride: columns, count: interests)
            SmallProducts.inner(
                StridedRows(x.row(first), stride: columns, count: length), incoming, width: columns,
                into: StridedResult(dweights + first * interests, stride: interests))
            guard let dx else { continue }
            SmallProducts.combine(
                SumWeights(weights.row(first), rowStride: interests, columnStride: 1, count: length), incoming,
                width: columns, into: StridedResult(dx + first * columns, stride: columns), accumulate: true)
        }
    }

    /// `y_b = sum_k weights[b, k] x_bk`.
    ///
    /// - Parameters:
    ///   - x: `[users * K, d]`, `weights`: `[users, K]`, `y`: `[users, d]`.
    public static func mix(_ x: MatrixView, weights: MatrixView, into y: UnsafeMutablePointer<Float>) {
        let (columns, interests) = (x.columns, weights.columns)
        for user in 0..<weights.rows {
            SmallProducts.combine(
                SumWeights(weights.row(user), rowStride: 0, columnStride: 1, count: 1),
                StridedRows(x.row(user * interests), stride: columns, count: interests), width: columns,
                into: StridedResult(y + user * columns, stride: columns))
        }
    }

    /// The derivatives of ``mix(_:weights:into:)``: `dweights[b, k] += <dy_b, x_bk>` and `dx_bk += weights[b, k] dy_b`.
    public static func mixBackward(
        _ x: MatrixView, weights: MatrixView, dy: UnsafePointer<Float>, dweights: UnsafeMutablePointer<Float>,
        dx: UnsafeMutablePointer<Float>
    ) {
        let (columns, interests) = (x.columns, weights.columns)
        for user in 0..<weights.rows {
            let incoming = dy + user * columns
            for interest in user * interests..<(user + 1) * interests {
                dweights[interest] += SmallProducts.dot(incoming, x.row(interest), columns)
                SmallProducts.add(incoming, times: weights.start[interest], to: dx + interest * columns, columns)
            }
        }
    }
}
