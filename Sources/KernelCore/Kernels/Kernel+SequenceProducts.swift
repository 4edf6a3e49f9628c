/// Products between the rows of packed sequences and the K vectors of each sequence, such as its interests.
extension Kernel {
    /// `y[l, k] = <x_l, v_bk>` for row l of sequence b.
    ///
    /// - Parameters:
    ///   - x: `[T, d]`, `v`: `[sequences.count * K, d]`, `y`: `[T, K]`.
    public static func sequenceProducts(
        _ x: MatrixView, _ v: MatrixView, perSequence count: Int, over sequences: JaggedOffsets,
        into y: UnsafeMutablePointer<Float>
    ) {
        for sequence in 0..<sequences.count {
            SmallProducts.inner(
                rows(of: x, sequence, sequences), vectors(of: v, sequence, count), width: x.columns,
                into: StridedResult(y + sequences.start(sequence) * count, stride: count))
        }
    }

    /// Adds the derivatives of ``sequenceProducts(_:_:perSequence:over:into:)``: `dx_l += sum_k dy[l, k] v_bk` and
    /// `dv_bk += sum_l dy[l, k] x_l`.
    public static func sequenceProductsBackward(
        _ x: MatrixView, _ v: MatrixView, perSequence count: Int, over sequences: JaggedOffsets,
        dy: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>, dv: UnsafeMutablePointer<Float>
    ) {
        spread(v, weights: dy, perSequence: count, over: sequences, into: dx, accumulate: true)
        for sequence in 0..<sequences.count {
            SmallProducts.combine(
                SumWeights(dy + sequences.start(sequence) * count, rowStride: 1, columnStride: count, count: count),
                rows(of: x, sequence, sequences), width: x.columns,
                into: StridedResult(dv + sequence * count * x.columns, stride: x.columns), accumulate: true)
        }
    }

    /// `y_l = sum_k weights[l, k] v_bk`, or `y_l += ...`, for row l of sequence b: what ``pool(_:weights:over:into:)``
    /// is the other way round.
    ///
    /// - Parameters:
    ///   - v: `[sequences.count * K, d]`, `weights`: `[T, K]`, `y`: `[T, d]`.
    public static func spread(
        _ v: MatrixView, weights: UnsafePointer<Float>, perSequence count: Int, over sequences: JaggedOffsets,
        into y: UnsafeMutablePointer<Float>, accumulate: Bool = false
    ) {
        for sequence in 0..<sequences.count {
            let first = sequences.start(sequence)
            SmallProducts.combine(
                SumWeights(
                    weights + first * count, rowStride: count, columnStride: 1, count: sequences.length(sequence)),
                vectors(of: v, sequence, count), width: v.columns,
                into: StridedResult(y + first * v.columns, stride: v.columns), accumulate: accumulate)
        }
    }

    /// Adds the derivatives of ``spread(_:weights:perSequence:over:into:accumulate:)``: `dweights[l, k] += <dy_l, v_bk>`
    /// and `dv_bk += sum_l weights[l, k] dy_l`.
    public static func spreadBackward(
        _ v: MatrixView, weights: UnsafePointer<Float>, perSequence count: Int, over sequences: JaggedOffsets,
        dy: MatrixView, dweights: UnsafeMutablePointer<Float>, dv: UnsafeMutablePointer<Float>
    ) {
        for sequence in 0..<sequences.count {
            let offset = sequences.start(sequence) * count
            let incoming = rows(of: dy, sequence, sequences)
            SmallProducts.inner(
                incoming, vectors(of: v, sequence, count), width: v.columns,
                into: StridedResult(dweights + offset, stride: count), accumulate: true)
            SmallProducts.combine(
                SumWeights(weights + offset, rowStride: 1, columnStride: count, count: count), incoming,
                width: v.columns, into: StridedResult(dv + sequence * count * v.columns, stride: v.columns),
                accumulate: true)
        }
    }

    @inline(__always)
    private static func rows(of x: MatrixView, _ sequence: Int, _ sequences: JaggedOffsets) -> StridedRows {
        StridedRows(x.row(sequences.start(sequence)), stride: x.columns, count: sequences.length(sequence))
    }

    @inline(__always)
    private static func vectors(of v: MatrixView, _ sequence: Int, _ count: Int) -> StridedRows {
        StridedRows(v.row(sequence * count), stride: v.columns, count: count)
    }
}
