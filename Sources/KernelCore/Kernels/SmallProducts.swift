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
        var i = 0
        // Two rows at a time need each load of the other side once.
        while i + 2 <= a.count {
            let row = a.start + i * a.stride
            let next = row + a.stride
            let result = out.start + i * out.stride
            var j = 0
            while j < b.count {
                let count = min(4, b.count - j)
                let b0 = b.start + j * b.stride
                let b1 = count > 1 ? b0 + b.stride : b0
                let b2 = count > 2 ? b1 + b.stride : b0
                let b3 = count > 3 ? b2 + b.stride : b0
                var s0 = Vector(repeating: 0)
                var (s1, s2, s3) = (s0, s0, s0)
                var (t0, t1, t2, t3) = (s0, s0, s0, s0)
                forEachVector(width) { index, lanes in
                    let (x, y) = (load(row, index, lanes), load(next, index, lanes))
                    let (z0, z1) = (load(b0, index, lanes), load(b1, index, lanes))
                    let (z2, z3) = (load(b2, index, lanes), load(b3, index, lanes))
                    s0 = x.multiplied(by: z0, adding: s0)
                    s1 = x.multiplied(by: z1, adding: s1)
                    s2 = x.multiplied(by: z2, adding: s2)
                    s3 = x.multiplied(by: z3, adding: s3)
                    t0 = y.multiplied(by: z0, adding: t0)
                    t1 = y.multiplied(by: z1, adding: t1)
                    t2 = y.multiplied(by: z2, adding: t2)
                    t3 = y.multiplied(by: z3, adding: t3)
                }
                put(facet_sum4(s0, s1, s2, s3), count, scale, into: result + j, accumulate)
                put(facet_sum4(t0, t1, t2, t3), count, scale, into: result + out.stride + j, accumulate)
                j += 4
            }
            i += 2
        }
        guard i < a.count else { return }
        let row = a.start + i * a.stride
        let result = out.start + i * out.stride
        var j = 0
        while j < b.count {
            let count = min(4, b.count - j)
            let b0 = b.start + j * b.stride
            if count == 1 {
                let product = dot(row, b0, width) * scale
                result[j] = accumulate ? result[j] + product : product
                return
            }
            let b1 = b0 + b.stride
            let b2 = count > 2 ? b1 + b.stride : b0
            let b3 = count > 3 ? b2 + b.stride : b0
            var s0 = Vector(repeating: 0)
            var (s1, s2, s3) = (s0, s0, s0)
            forEachVector(width) { index, lanes in
                let x = load(row, index, lanes)
                s0 = x.multiplied(by: load(b0, index, lanes), adding: s0)
                s1 = x.multiplied(by: load(b1, index, lanes), adding: s1)
                s2 = x.multiplied(by: load(b2, index, lanes), adding: s2)
                s3 = x.multiplied(by: load(b3, index, lanes), adding: s3)
            }
            put(facet_sum4(s0, s1, s2, s3), count, scale, into: result + j, accumulate)
            j += 4
        }
    }

    /// Writes the first `count` of four sums, or adds them.
    @inline(__always)
    private static func put(
        _ sums: SIMD4<Float>, _ count: Int, _ scale: Float, into result: UnsafeMutablePointer<Float>,
        _ accumulate: Bool
    ) {
        result[0] = accumulate ? result[0] + sums[0] * scale : sums[0] * scale
        if count > 1 { result[1] = accumulate ? result[1] + sums[1] * scale : sums[1] * scale }
        if count > 2 { result[2] = accumulate ? result[2] + sums[2] * scale : sums[2] * scale }
        if count > 3 { result[3] = accumulate ? result[3] + sums[3] * scale : sums[3] * scale }
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
        var i = 0
        while i + 2 <= weights.count {
            let w = weights.start + i * weights.rowStride
            let result = out.start + i * out.stride
            for column in stride(from: 0, to: width - width % 64, by: 64) {
                combineTwo(
                    (w, w + weights.rowStride), weights.columnStride, b, column,
                    into: (result + column, result + out.stride + column), accumulate: accumulate)
            }
            i += 2
        }
        for i in 0..<weights.count {
            let w = weights.start + i * weights.rowStride
            let result = out.start + i * out.stride
            // Those before have been summed in pairs, but for the columns that fill no block.
            var column = i < weights.count - weights.count % 2 ? width - width % 64 : 0
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

    /// 64 columns of two sums, which read each row once.
    @inline(__always)
    private static func combineTwo(
        _ weights: (UnsafePointer<Float>, UnsafePointer<Float>), _ stride: Int, _ b: StridedRows, _ column: Int,
        into out: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>), accumulate: Bool
    ) {
        let zero = Vector(repeating: 0)
        var (s0, s1, s2, s3) = (zero, zero, zero, zero)
        var (t0, t1, t2, t3) = (zero, zero, zero, zero)
        if accumulate {
            (s0, s1, s2, s3) = (Vector(out.0, 0), Vector(out.0, 16), Vector(out.0, 32), Vector(out.0, 48))
            (t0, t1, t2, t3) = (Vector(out.1, 0), Vector(out.1, 16), Vector(out.1, 32), Vector(out.1, 48))
        }
        for j in 0..<b.count {
            let x = Vector(repeating: weights.0[j * stride])
            let y = Vector(repeating: weights.1[j * stride])
            let row = b.start + (j * b.stride + column)
            let (z0, z1, z2, z3) = (Vector(row, 0), Vector(row, 16), Vector(row, 32), Vector(row, 48))
            s0 = x.multiplied(by: z0, adding: s0)
            s1 = x.multiplied(by: z1, adding: s1)
            s2 = x.multiplied(by: z2, adding: s2)
            s3 = x.multiplied(by: z3, adding: s3)
            t0 = y.multiplied(by: z0, adding: t0)
            t1 = y.multiplied(by: z1, adding: t1)
            t2 = y.multiplied(by: z2, adding: t2)
            t3 = y.multiplied(by: z3, adding: t3)
        }
        s0.store(out.0, 0)
        s1.store(out.0, 16)
        s2.store(out.0, 32)
        s3.store(out.0, 48)
        t0.store(out.1, 0)
        t1.store(out.1, 16)
        t2.store(out.1, 32)
        t3.store(out.1, 48)
    }
}
