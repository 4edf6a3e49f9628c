/// Products of the blocks of rows with a vector for each block: the second layer of several small networks side by side.
extension Kernel {
    /// `y[i, k] = <x_ik, w_k>`, where `x_ik` are the columns `k d ..< (k + 1) d` of row i.
    ///
    /// - Parameters:
    ///   - x: `[rows, K d]`, `w`: `[K, d]`, `y`: `[rows, K]`.
    public static func blockProducts(_ x: MatrixView, _ w: MatrixView, into y: UnsafeMutablePointer<Float>) {
        for row in 0..<x.rows {
            for block in 0..<w.rows {
                y[row * w.rows + block] = SmallProducts.dot(
                    x.row(row) + block * w.columns, w.row(block), w.columns)
            }
        }
    }

    /// Adds the derivatives of ``blockProducts(_:_:into:)``: `dx_ik += dy[i, k] w_k` and `dw_k += sum_i dy[i, k] x_ik`.
    public static func blockProductsBackward(
        _ x: MatrixView, _ w: MatrixView, dy: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>,
        dw: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<x.rows {
            for block in 0..<w.rows {
                let incoming = dy[row * w.rows + block]
                let offset = block * w.columns
                SmallProducts.add(w.row(block), times: incoming, to: dx + row * x.columns + offset, w.columns)
                SmallProducts.add(x.row(row) + offset, times: incoming, to: dw + offset, w.columns)
            }
        }
    }
}
