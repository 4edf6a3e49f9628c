internal import CVector

/// Rows of one length, as cosines need them: `y = scale x / |x|`, of the zero row zero.
extension Kernel {
    /// The shortest length that a row is divided by.
    private static let shortest: Float = 1e-12

    /// `1 / |x|` of `width` floats, at most 1e12.
    @inline(__always)
    static func inverseLength(_ x: UnsafePointer<Float>, _ width: Int) -> Float {
        1 / max(SmallProducts.dot(x, x, width).squareRoot(), shortest)
    }

    /// `y`, of the shape of `x`; may be the same memory.
    ///
    /// - Parameter inverses: room for a number for each row, `1 / |x|`, kept for the way back; nil: nobody goes back.
    public static func normalizeRows(
        _ x: MatrixView, scale: Float, inverses: UnsafeMutablePointer<Float>?, into y: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<x.rows {
            let own = x.row(row)
            let inverse = inverseLength(own, x.columns)
            inverses?[row] = inverse
            let factor = Vector(repeating: inverse * scale)
            let result = y + row * x.columns
            forEachVector(x.columns) { index, lanes in store(load(own, index, lanes) * factor, result, index, lanes) }
        }
    }

    /// Adds the derivative of ``normalizeRows(_:scale:inverses:into:)``, `scale / |x| (dy - n <n, dy>)` with `n = x / |x|`.
    ///
    /// - Parameter y: the result of the way there.
    public static func normalizeRowsBackward(
        y: MatrixView, scale: Float, inverses: UnsafePointer<Float>, dy: UnsafePointer<Float>,
        dx: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<y.rows {
            let (own, offset) = (y.row(row), row * y.columns)
            let along = SmallProducts.dot(own, dy + offset, y.columns) / (scale * scale)
            SmallProducts.add(dy + offset, times: scale * inverses[row], to: dx + offset, y.columns)
            SmallProducts.add(own, times: -scale * inverses[row] * along, to: dx + offset, y.columns)
        }
    }
}
