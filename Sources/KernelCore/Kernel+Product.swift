internal import COpenBLAS

/// Dense matrix products, by OpenBLAS on one thread. Shapes alone decide the order of its additions, so the same
/// shapes give the same bits in every process on the same machine type.
extension Kernel {
    /// Keeps OpenBLAS on the calling thread. To be called once, before the first product.
    public static func useOneThread() { facet_use_one_thread() }

    /// `y = x w^T`, or `y += x w^T`.
    ///
    /// - Parameters:
    ///   - x: `[rows, inputs]`, `w`: `[outputs, inputs]`, `y`: `[rows, outputs]`.
    public static func multiplyTransposed(
        _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
        rows: Int, inputs: Int, outputs: Int, accumulate: Bool = false
    ) {
        guard rows > 0 else { return }
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(outputs), Int32(inputs),
            1, x, Int32(inputs), w, Int32(inputs), accumulate ? 1 : 0, y, Int32(outputs))
    }

    /// `y = x w`, or `y += x w`.
    ///
    /// - Parameters:
    ///   - x: `[rows, inputs]`, `w`: `[inputs, outputs]`, `y`: `[rows, outputs]`.
    public static func multiply(
        _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
        rows: Int, inputs: Int, outputs: Int, accumulate: Bool = false
    ) {
        guard rows > 0 else { return }
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(outputs), Int32(inputs),
            1, x, Int32(inputs), w, Int32(outputs), accumulate ? 1 : 0, y, Int32(outputs))
    }

    /// `w += y^T x`: the weight gradient of ``multiplyTransposed(_:_:into:rows:inputs:outputs:accumulate:)``.
    ///
    /// - Parameters:
    ///   - y: `[rows, outputs]`, `x`: `[rows, inputs]`, `w`: `[outputs, inputs]`.
    public static func addTransposedProduct(
        _ y: UnsafePointer<Float>, _ x: UnsafePointer<Float>, into w: UnsafeMutablePointer<Float>,
        rows: Int, inputs: Int, outputs: Int
    ) {
        guard rows > 0 else { return }
        cblas_sgemm(
            CblasRowMajor, CblasTrans, CblasNoTrans, Int32(outputs), Int32(inputs), Int32(rows),
            1, y, Int32(outputs), x, Int32(inputs), 1, w, Int32(inputs))
    }
}
