internal import CVector

extension Kernel {
    /// Softmax over the rows of each sequence, for every column by itself:
    /// `y[l, k] = exp(x[l, k]) / sum over l' of the sequence of exp(x[l', k])`.
    ///
    /// - Parameters:
    ///   - x: `[sequences.total, columns]`, also the result when `y` is the same memory.
    public static func sequenceSoftmax(
        _ x: MatrixView, over sequences: JaggedOffsets, into y: UnsafeMutablePointer<Float>
    ) {
        let (x, columns) = (x.start, x.columns)
        for sequence in 0..<sequences.count {
            let (start, end) = (sequences.start(sequence) * columns, sequences.start(sequence + 1) * columns)
            guard start < end else { continue }
            forEachVector(columns) { column, lanes in
                var peaks = load(x, start + column, lanes)
                for row in stride(from: start + columns, to: end, by: columns) {
                    peaks = facet_greater(load(x, row + column, lanes), peaks)
                }
                var sums = Vector(repeating: 0)
                for row in stride(from: start, to: end, by: columns) {
                    let term = KernelCore.exponential(load(x, row + column, lanes) - peaks)
                    store(term, y, row + column, lanes)
                    sums += term
                }
                let scale = Vector(repeating: 1) / sums
                for row in stride(from: start, to: end, by: columns) {
                    store(load(y, row + column, lanes) * scale, y, row + column, lanes)
                }
            }
        }
    }

    /// `dx += y * (dy - sum over the sequence of y * dy)`, the derivative of
    /// ``sequenceSoftmax(_:over:into:)``.
    public static func sequenceSoftmaxBackward(
        y: MatrixView, over sequences: JaggedOffsets, dy: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>
    ) {
        let (y, columns) = (y.start, y.columns)
        for sequence in 0..<sequences.count {
            let (start, end) = (sequences.start(sequence) * columns, sequences.start(sequence + 1) * columns)
            forEachVector(columns) { column, lanes in
                var sums = Vector(repeating: 0)
                for row in stride(from: start, to: end, by: columns) {
                    sums += load(y, row + column, lanes) * load(dy, row + column, lanes)
                }
                for row in stride(from: start, to: end, by: columns) {
                    let rest = load(dy, row + column, lanes) - sums
                    let old = load(dx, row + column, lanes)
                    store(old + load(y, row + column, lanes) * rest, dx, row + column, lanes)
                }
            }
        }
    }

    /// Softmax of each row of `x`; `y` may be the same memory.
    public static func rowSoftmax(_ x: MatrixView, into y: UnsafeMutablePointer<Float>) {
        for row in 0..<x.rows { rowSoftmax(x.row(row), x.columns, into: y + row * x.columns) }
    }

    /// Softmax of the `count` numbers of one row.
    static func rowSoftmax(_ values: UnsafePointer<Float>, _ count: Int, into shares: UnsafeMutablePointer<Float>) {
        var peaks = Vector(repeating: -.infinity)
        forEachVector(count) { index, lanes in
            peaks = facet_max(peaks, load(values, index, lanes, rest: -.infinity))
        }
        let shift = Vector(repeating: facet_largest(peaks))
        var sum = Vector(repeating: 0)
        forEachVector(count) { index, lanes in
            let share = KernelCore.exponential(load(values, index, lanes, rest: -.infinity) - shift)
            store(share, shares, index, lanes)
            sum += share
        }
        let scale = Vector(repeating: 1 / sum.total)
        forEachVector(count) { index, lanes in store(load(shares, index, lanes) * scale, shares, index, lanes) }
    }

    /// `dx += y * (dy - <y, dy>)` per row, the derivative of ``rowSoftmax(_:into:)``.
    public static func rowSoftmaxBackward(
        y: MatrixView, dy: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>
    ) {
        let (rows, columns) = (y.rows, y.columns)
        let y = y.start
        for row in 0..<rows {
            let offset = row * columns
            var sum: Float = 0
            for column in 0..<columns { sum += y[offset + column] * dy[offset + column] }
            for column in 0..<columns { dx[offset + column] += y[offset + column] * (dy[offset + column] - sum) }
        }
    }
}
