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
        withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { buffer in
            let statistic = buffer.baseAddress!
            for sequence in 0..<sequences.count {
                let length = sequences.length(sequence)
                guard length > 0 else { continue }
                let first = sequences.start(sequence) * columns
                statistic.update(from: x + first, count: columns)
                for row in 1..<max(length, 1) {
                    let values = x + (first + row * columns)
                    for column in 0..<columns where values[column] > statistic[column] {
                        statistic[column] = values[column]
                    }
                }
                for row in 0..<length {
                    let values = first + row * columns
                    for column in 0..<columns { y[values + column] = x[values + column] - statistic[column] }
                }
                exponential(y + first, into: y + first, count: length * columns)
                clear(statistic, count: columns)
                for row in 0..<length { accumulate(y + (first + row * columns), into: statistic, count: columns) }
                for column in 0..<columns { statistic[column] = 1 / statistic[column] }
                for row in 0..<length {
                    let values = y + (first + row * columns)
                    for column in 0..<columns { values[column] *= statistic[column] }
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
        withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { buffer in
            let sums = buffer.baseAddress!
            for sequence in 0..<sequences.count {
                let first = sequences.start(sequence) * columns
                let length = sequences.length(sequence)
                clear(sums, count: columns)
                for row in 0..<length {
                    let offset = first + row * columns
                    for column in 0..<columns { sums[column] += y[offset + column] * dy[offset + column] }
                }
                for row in 0..<length {
                    let offset = first + row * columns
                    for column in 0..<columns {
                        dx[offset + column] += y[offset + column] * (dy[offset + column] - sums[column])
                    }
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
