internal import COpenBLAS
internal import CVector

/// Dense matrix products on the calling thread.
///
/// The right side is read in rows, as it lies in memory, and blocks of the result stay in registers. Nothing is packed,
/// so a product of few rows costs no more than its arithmetic. Where the sums are long and a panel of the right side
/// does not fit into a second cache, OpenBLAS takes over. Shapes alone decide about the order of additions, so the same
/// shapes give the same bits in every process on the same machine type.
extension Kernel {
    /// Keeps OpenBLAS on the calling thread. To be called once, before the first product.
    public static func useOneThread() { facet_use_one_thread() }

    /// The most terms of a sum that is computed in one go: 64 columns of them are 256 KiB, a part of a second cache.
    private static let longestSum = 1024

    /// `y = x w^T`, or `y += x w^T`.
    ///
    /// - Parameters:
    ///   - x: `[rows, inputs]`, `w`: `[outputs, inputs]`, `y`: `[rows, outputs]`.
    ///   - arena: takes `w^T`.
    public static func multiplyTransposed(
        _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
        rows: Int, inputs: Int, outputs: Int, accumulate: Bool = false, scratch arena: Arena
    ) {
        guard rows > 0 else { return }
        if inputs > longestSum {
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(outputs), Int32(inputs),
                1, x, Int32(inputs), w, Int32(inputs), accumulate ? 1 : 0, y, Int32(outputs))
        } else {
            let transposed = transposed(w, rows: outputs, columns: inputs, in: arena)
            multiply(x, transposed, into: y, rows: rows, inputs: inputs, outputs: outputs, accumulate: accumulate)
        }
    }

    /// `w^T` of `w` `[rows, columns]`.
    public static func transposed(
        _ w: UnsafePointer<Float>, rows: Int, columns: Int, in arena: Arena
    ) -> UnsafePointer<Float> {
        let result = arena.allocate(Float.self, count: rows * columns)
        facet_transpose(w, rows, columns, result)
        return UnsafePointer(result)
    }

    /// `y = x w`, or `y += x w`.
    ///
    /// - Parameters:
    ///   - x: `[rows, inputs]`, `w`: `[inputs, outputs]`, `y`: `[rows, outputs]`.
    ///   - stride: of the rows of `w`; nil: `outputs`.
    public static func multiply(
        _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
        rows: Int, inputs: Int, outputs: Int, stride: Int? = nil, accumulate: Bool = false
    ) {
        guard rows > 0 else { return }
        let stride = stride ?? outputs
        if inputs > longestSum {
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(outputs), Int32(inputs),
                1, x, Int32(inputs), w, Int32(stride), accumulate ? 1 : 0, y, Int32(outputs))
        } else {
            facet_product(
                facet_left(values: x, row: inputs, column: 1), w, stride, y, outputs, rows, outputs, inputs,
                accumulate ? 1 : 0)
        }
    }

    /// `w += y^T x`, or `w = y^T x`: the weight gradient of
    /// ``multiplyTransposed(_:_:into:rows:inputs:outputs:accumulate:scratch:)``.
    ///
    /// - Parameters:
    ///   - y: `[rows, outputs]`, `x`: `[rows, inputs]`, `w`: `[outputs, inputs]`.
    public static func addTransposedProduct(
        _ y: UnsafePointer<Float>, _ x: UnsafePointer<Float>, into w: UnsafeMutablePointer<Float>,
        rows: Int, inputs: Int, outputs: Int, accumulate: Bool = true
    ) {
        if rows == 0 && !accumulate { clear(w, count: outputs * inputs) }
        var first = 0
        while first < rows {
            let count = min(rows - first, longestSum)
            facet_product(
                facet_left(values: y + first * outputs, row: 1, column: outputs), x + first * inputs, inputs, w, inputs,
                outputs, inputs, count, accumulate || first > 0 ? 1 : 0)
            first += count
        }
    }
}
