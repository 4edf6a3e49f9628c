internal import CVector

/// Dense matrix products on the calling thread.
///
/// The right side is read in rows, as it lies in memory, and blocks of the result stay in registers. Nothing is packed,
/// so a product of few rows costs no more than its arithmetic. Sums that are so long that a panel of the right side does
/// not fit into a second cache are added up in parts. Shapes alone decide about the order of additions, so the same
/// shapes give the same bits in every process.
extension Kernel {
    /// The most terms of a sum that is computed in one go: 64 columns of them are 256 KiB, a part of a second cache.
    private static let longestSum = 1024

    /// `y = x w^T`.
    ///
    /// - Parameters:
    ///   - x: `[rows, inputs]`, `w`: `[outputs, inputs]`, `y`: `[rows, outputs]`.
    ///   - arena: takes `w^T`.
    public static func multiplyTransposed(
        _ x: MatrixView, _ w: MatrixView, into y: UnsafeMutablePointer<Float>, scratch arena: Arena
    ) {
        guard x.rows > 0 else { return }
        multiply(x, transposed(w, in: arena), into: y)
    }

    /// `w^T`.
    public static func transposed(_ w: MatrixView, in arena: Arena) -> MatrixView {
        let result = arena.allocate(Float.self, count: w.count)
        facet_transpose(w.start, w.rows, w.columns, result)
        return MatrixView(result, rows: w.columns, columns: w.rows)
    }

    /// `y = x w + bias`, or without a bias `y = x w` or `y += x w`.
    ///
    /// - Parameters:
    ///   - x: `[rows, inputs]`, `w`: `[inputs, outputs]`, `y`: `[rows, outputs]`.
    ///   - stride: of the rows of `w`, where it is a part of the columns of a wider matrix; nil: `outputs`.
    ///   - bias: `[outputs]`, added to every row; with it nothing is accumulated.
    public static func multiply(
        _ x: MatrixView, _ w: MatrixView, stride: Int? = nil, bias: UnsafePointer<Float>? = nil,
        into y: UnsafeMutablePointer<Float>, accumulate: Bool = false
    ) {
        let (inputs, outputs) = (x.columns, w.columns)
        let stride = stride ?? outputs
        if inputs == 0 && (bias != nil || !accumulate) {
            clear(y, count: x.rows * outputs)
            if let bias { addBias(bias, to: y, rows: x.rows, columns: outputs) }
        }
        forEachPart(of: inputs) { first, count in
            let left = facet_left(values: x.start + first, row: inputs, column: 1)
            let right = w.start + first * stride
            if let bias, first == 0 {
                facet_product_from(left, right, stride, bias, y, outputs, x.rows, outputs, count)
            } else {
                facet_product(left, right, stride, y, outputs, x.rows, outputs, count, accumulate || first > 0 ? 1 : 0)
            }
        }
    }

    /// `w += y^T x`, or `w = y^T x`: the weight gradient of ``multiplyTransposed(_:_:into:scratch:)``.
    ///
    /// - Parameters:
    ///   - y: `[rows, outputs]`, `x`: `[rows, inputs]`, `w`: `[outputs, inputs]`.
    public static func addTransposedProduct(
        _ y: MatrixView, _ x: MatrixView, into w: UnsafeMutablePointer<Float>, accumulate: Bool = true
    ) {
        let (inputs, outputs) = (x.columns, y.columns)
        if x.rows == 0 && !accumulate { clear(w, count: outputs * inputs) }
        forEachPart(of: x.rows) { first, count in
            facet_product(
                facet_left(values: y.row(first), row: 1, column: outputs), x.row(first), inputs, w, inputs,
                outputs, inputs, count, accumulate || first > 0 ? 1 : 0)
        }
    }

    /// `w_j += (y^T x)_j` for rows `w_j` that may lie anywhere, and may repeat.
    ///
    /// - Parameters:
    ///   - y: `[rows, outputs]`, `x`: `[rows, inputs]`.
    ///   - w: `[outputs]`, each of `inputs` floats.
    public static func addTransposedProduct(
        _ y: MatrixView, _ x: MatrixView, toRows w: UnsafePointer<UnsafeMutablePointer<Float>>
    ) {
        let (inputs, outputs) = (x.columns, y.columns)
        forEachPart(of: x.rows) { first, count in
            facet_product_to_rows(
                facet_left(values: y.row(first), row: 1, column: outputs), x.row(first), inputs, w,
                outputs, inputs, count)
        }
    }

    /// Calls `body` for parts of `count` terms, of ``longestSum`` and fewer.
    @inline(__always)
    private static func forEachPart(of count: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
        for first in stride(from: 0, to: count, by: longestSum) { body(first, min(longestSum, count - first)) }
    }
}
