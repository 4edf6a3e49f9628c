internal import CVector

extension Kernel {
    /// Softmax over the rows of each segment, for every column by itself:
    /// `y[l, k] = exp(x[l, k]) / sum over l' of the segment of exp(x[l', k])`.
    ///
    /// - Parameters:
    ///   - x: `[segments.total, columns]`, also the result when `y` is the same memory.
    public static func segmentSoftmax(
        _ x: UnsafePointer<Float>, segments: Segments, columns: Int, into y: UnsafeMutablePointer<Float>
    ) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { buffer in
            let statistic = buffer.baseAddress!
            for segment in 0..<segments.count {
                let length = segments.length(segment)
                guard length > 0 else { continue }
                let first = segments.start(segment) * columns
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

    /// `dx += y * (dy - sum over the segment of y * dy)`, the derivative of
    /// ``segmentSoftmax(_:segments:columns:into:)``.
    public static func segmentSoftmaxBackward(
        y: UnsafePointer<Float>, dy: UnsafePointer<Float>, segments: Segments, columns: Int,
        dx: UnsafeMutablePointer<Float>
    ) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { buffer in
            let sums = buffer.baseAddress!
            for segment in 0..<segments.count {
                let first = segments.start(segment) * columns
                let length = segments.length(segment)
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

    /// Softmax of each row of `x` `[rows, columns]`.
    public static func rowSoftmax(
        _ x: UnsafePointer<Float>, rows: Int, columns: Int, into y: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<rows {
            let values = x + row * columns
            let shares = y + row * columns
            var peaks = Vector(repeating: -.infinity)
            forEachVector(columns) { index, lanes in
                peaks = facet_max(peaks, load(values, index, lanes, rest: -.infinity))
            }
            let shift = Vector(repeating: facet_largest(peaks))
            var sum = Vector(repeating: 0)
            forEachVector(columns) { index, lanes in
                let share = KernelCore.exponential(load(values, index, lanes, rest: -.infinity) - shift)
                store(share, shares, index, lanes)
                sum += share
            }
            let scale = Vector(repeating: 1 / sum.total)
            forEachVector(columns) { index, lanes in store(load(shares, index, lanes) * scale, shares, index, lanes) }
        }
    }

    /// `dx += y * (dy - <y, dy>)` per row, the derivative of ``rowSoftmax(_:rows:columns:into:)``.
    public static func rowSoftmaxBackward(
        y: UnsafePointer<Float>, dy: UnsafePointer<Float>, rows: Int, columns: Int, dx: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<rows {
            let offset = row * columns
            var sum: Float = 0
            for column in 0..<columns { sum += y[offset + column] * dy[offset + column] }
            for column in 0..<columns { dx[offset + column] += y[offset + column] * (dy[offset + column] - sum) }
        }
    }
}
