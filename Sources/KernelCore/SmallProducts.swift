internal import CVector

/// Products of the few rows of one packed sequence, too small for a matrix library.
enum SmallProducts {
    /// `out[i, j] = scale * <a_i, b_j>`, or `out[i, j] += ...`, for `m` rows of `a` and `n` rows of `b` of `width`
    /// floats.
    ///
    /// Rows of `a`, `b` and `out` are `aStride`, `bStride` and `outStride` floats apart.
    @inline(__always)
    static func inner(
        _ a: UnsafePointer<Float>, _ aStride: Int, _ m: Int,
        _ b: UnsafePointer<Float>, _ bStride: Int, _ n: Int,
        width: Int, scale: Float, into out: UnsafeMutablePointer<Float>, _ outStride: Int, accumulate: Bool = false
    ) {
        for i in 0..<m {
            let row = a + i * aStride
            let result = out + i * outStride
            var j = 0
            while j + 4 <= n {
                let b0 = b + j * bStride
                let b1 = b0 + bStride
                let b2 = b1 + bStride
                let b3 = b2 + bStride
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
            while j < n {
                let product = dot(row, b + j * bStride, width) * scale
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

    /// `out_i = sum_j w(i, j) b_j`, or `out_i += ...`, for `m` rows of `out` and `n` rows of `b` of `width` floats,
    /// where `w(i, j) = weights[i * iStride + j * jStride]`.
    @inline(__always)
    static func combine(
        _ weights: UnsafePointer<Float>, _ iStride: Int, _ jStride: Int, _ m: Int, _ n: Int,
        _ b: UnsafePointer<Float>, _ bStride: Int, width: Int,
        into out: UnsafeMutablePointer<Float>, _ outStride: Int, accumulate: Bool
    ) {
        for i in 0..<m {
            let w = weights + i * iStride
            let result = out + i * outStride
            var column = 0
            while column + 64 <= width {
                var s0 = accumulate ? Vector(result, column) : Vector(repeating: 0)
                var s1 = accumulate ? Vector(result, column + 16) : Vector(repeating: 0)
                var s2 = accumulate ? Vector(result, column + 32) : Vector(repeating: 0)
                var s3 = accumulate ? Vector(result, column + 48) : Vector(repeating: 0)
                for j in 0..<n {
                    let factor = Vector(repeating: w[j * jStride])
                    let row = b + (j * bStride + column)
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
                for j in 0..<n {
                    let factor = Vector(repeating: w[j * jStride])
                    sum = factor.multiplied(by: load(b + j * bStride, index, lanes), adding: sum)
                }
                store(sum, result, index, lanes)
            }
        }
    }
}
