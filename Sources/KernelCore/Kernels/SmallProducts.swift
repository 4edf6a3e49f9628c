internal import CVector

/// Rows of floats whose starts lie `stride` floats apart: one head of a matrix, the sequence of a batch.
struct StridedRows: BitwiseCopyable {
    let start: UnsafePointer<Float>
    let stride: Int
    let count: Int

    @inline(__always)
    init(_ start: UnsafePointer<Float>, stride: Int, count: Int) {
        self.start = start
        self.stride = stride
        self.count = count
    }
}

/// Where rows of results go, `stride` floats apart.
struct StridedResult: BitwiseCopyable {
    let start: UnsafeMutablePointer<Float>
    let stride: Int

    @inline(__always)
    init(_ start: UnsafeMutablePointer<Float>, stride: Int) {
        self.start = start
        self.stride = stride
    }
}

/// The weights of sums of rows: weight `(i, j)` is `start[i * rowStride + j * columnStride]`, for `count` sums `i`.
struct SumWeights: BitwiseCopyable {
    let start: UnsafePointer<Float>
    let rowStride: Int
    let columnStride: Int
    let count: Int

    @inline(__always)
    init(_ start: UnsafePointer<Float>, rowStride: Int, columnStride: Int, count: Int) {
        self.start = start
        self.rowStride = rowStride
        self.columnStride = columnStride
        self.count = count
    }
}

/// Products of the few rows of one sequence, too small for a matrix library.
enum SmallProducts {
    /// `out[i, j] = scale * <a_i, b_j>`, or `out[i, j] += ...`, for rows of `width` floats.
    @inline(__always)
    static func inner(
        _ a: StridedRows, _ b: StridedRows, width: Int, scale: Float = 1, into out: StridedResult,
        accumulate: Bool = false
    ) {
        for i in 0..<a.count {
            let row = a.start + i * a.stride
            let result = out.start + i * out.stride
            var j = 0
            while j + 4 <= b.count {
                let b0 = b.start + j * b.stride
                let b1 = b0 + b.stride
                let b2 = b1 + b.stride
                let b3 = b2 + b.stride
                var s0 = Vector(repeating: 0)
                var s1 = s0
                var s2 = s0
                var s3 = s0
                forEachVector(width) { index, lanes in
                    let x = load(row, index, lanes)
                    s0 = x.multiplied(by: load(b0, index, lanes), adding: s0)
                    s1 = x.multiplied(by: load(b1, index, lanes), adding: s1)
                    s2 = x.multiplied(by: load(b2, index, lanes), adding: s2)
                    s3 = x.multiplied(by: load(b3, index, lanes), adding: s3)
                }
                let sums = facet_sum4(s0, s1, s2, s3)
                result[j] = accumulate ? result[j] + sums[0] * scale : sums[0] * scale
                result[j + 1] = accumulate ? result[j + 1] + sums[1] * scale : sums[1] * scale
                result[j + 2] = accumulate ? result[j + 2] + sums[2] * scale : sums[2] * scale
                result[j + 3] = accumulate ? result[j + 3] + sums[3] * scale : sums[3] * scale
                j += 4
            }
            while j < b.count {
                let product = dot(row, b.start + j * b.stride, width) * scale
                result[j] = accumulate ? result[j] + product : product
                j += 1
            }
        }
    }

    /// `<a, b>` of `width` floats.
    @inline(__always)
    static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ width: Int) -> Float {
        var sum = Vector(repeating: 0)
        forEachVector(width) { index, lanes in
            sum = load(a, index, lanes).multiplied(by: load(b, index, lanes), adding: sum)
        }
        return sum.total
    }

    /// `y += factor * x` of `width` floats.
    @inline(__always)
    static func add(_ x: UnsafePointer<Float>, times factor: Float, to y: UnsafeMutablePointer<Float>, _ width: Int) {
        let multiplier = Vector(repeating: factor)
        forEachVector(width) { index, lanes in
            store(multiplier.multiplied(by: load(x, index, lanes), adding: load(y, index, lanes)), y, index, lanes)
        }
    }

    /// `out_i = sum_j weight(i, j) b_j`, or `out_i += ...`, for rows of `width` floats.
    @inline(__always)
    static func combine(
        _ weights: SumWeights, _ b: StridedRows, width: Int, into out: StridedResult, accumulate: Bool = false
    ) {
        for i in 0..<weights.count {
            let w = weights.start + i * weights.rowStride
            let result = out.start + i * out.stride
            var column = 0
            while column + 64 <= width {
                var s0 = accumulate ? Vector(result, column) : Vector(repeating: 0)
                var s1 = accumulate ? Vector(result, column + 16) : Vector(repeating: 0)
                var s2 = accumulate ? Vector(result, column + 32) : Vector(repeating: 0)
                var s3 = accumulate ? Vector(result, column + 48) : Vector(repeating: 0)
                for j in 0..<b.count {
                    let factor = Vector(repeating: w[j * weights.columnStride])
                    let row = b.start + (j * b.stride + column)
                    s0 = factor.multiplied(by: Vector(row, 0), adding: s0)
                    s1 = factor.multiplied(by: Vector(row, 16), adding: s1)
                    s2 = factor.multiplied(by: Vector(row, 32), adding: s2)
                    s3 = factor.multiplied(by: Vector(row, 48), adding: s3)
                }
                s0.store(result, column)
                s1.store(result, column + 16)
                s2.store(result, column + 32)
                s3.store(result, column + 48)
                column += 64
            }
            forEachVector(width - column) { offset, lanes in
                let index = column + offset
                var sum = accumulate ? load(result, index, lanes) : Vector(repeating: 0)
                for j in 0..<b.count {
                    let factor = Vector(repeating: w[j * weights.columnStride])
                    sum = factor.multiplied(by: load(b.start + j * b.stride, index, lanes), adding: sum)
                }
                store(sum, result, index, lanes)
            }
        }
    }
}
