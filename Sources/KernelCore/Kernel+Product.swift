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
        let transposed = transposed(w, rows: outputs, columns: inputs, in: arena)
        multiply(x, transposed, into: y, rows: rows, inputs: inputs, outputs: outputs, accumulate: accumulate)
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
        let stride = stride ?? outputs
        if inputs == 0 && !accumulate { clear(y, count: rows * outputs) }
        forEachPart(of: inputs) { first, count in
            facet_product(
                facet_left(values: x + first, row: inputs, column: 1), w + first * stride, stride, y, outputs, rows,
                outputs, count, accumulate || first > 0 ? 1 : 0)
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
        forEachPart(of: rows) { first, count in
            facet_product(
                facet_left(values: y + first * outputs, row: 1, column: outputs), x + first * inputs, inputs, w, inputs,
                outputs, inputs, count, accumulate || first > 0 ? 1 : 0)
        }
    }

    /// `w_j += (y^T x)_j` for rows `w_j` that may lie anywhere, and may repeat.
    ///
    /// - Parameters:
    ///   - y: `[rows, outputs]`, `x`: `[rows, inputs]`.
    ///   - w: `[outputs]`, each of `inputs` floats.
    public static func addTransposedProduct(
        _ y: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
        toRows w: UnsafePointer<UnsafeMutablePointer<Float>>, rows: Int, inputs: Int, outputs: Int
    ) {
        forEachPart(of: rows) { first, count in
            facet_product_to_rows(
                facet_left(values: y + first * outputs, row: 1, column: outputs), x + first * inputs, inputs, w,
                outputs, inputs, count)
        }
    }

    /// Calls `body` for parts of `count` terms, of ``longestSum`` and fewer.
    @inline(__always)
    private static func forEachPart(of count: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
        for first in stride(from: 0, to: count, by: longestSum) { body(first, min(longestSum, count - first)) }
    }
}
