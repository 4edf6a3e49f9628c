import Glibc

/// Label-aware attention (MIND, Li et al. 2019): the positive item decides how much each interest is trained.
extension Kernel {
    /// `y_b = sum_k a_bk x_bk` with `a_b = softmax over k of scale f(c_bk)`, `c_bk = <x_bk, table[rows_b]>`.
    ///
    /// `f` is the power p: `c^p` for even p, and `sign(c) |c|^p` for any other, which is `c^p` for odd p. Beyond 1e30 it
    /// rises no further.
    ///
    /// - Parameters:
    ///   - x: `[count, interests, columns]`; the positive of a sample is row `rows[b * rowStride]` of `table`.
    ///   - counts: `[count]`, only the first of the interests take part; nil: all.
    ///   - power: above 0, finite; scale: finite.
    ///   - products: `[count, interests]`, c, kept for the backward pass.
    ///   - weights: `[count, interests]`, a, kept for the backward pass.
    ///   - y: `[count, columns]`.
    public static func labelAwareAttention(
        _ x: UnsafePointer<Float>, table: UnsafePointer<Float>, rows: UnsafePointer<Int32>, rowStride: Int,
        count: Int, interests: Int, counts: UnsafePointer<Int32>?, columns: Int, power: Float, scale: Float,
        products: UnsafeMutablePointer<Float>, weights: UnsafeMutablePointer<Float>,
        into y: UnsafeMutablePointer<Float>
    ) {
        let power = SignedPower(power)
        for sample in 0..<count {
            let first = sample * interests
            let own = counts.map { Int($0[sample]) } ?? interests
            SmallProducts.inner(
                table + Int(rows[sample * rowStride]) * columns, columns, 1, x + first * columns, columns, own,
                width: columns, scale: 1, into: products + first, own)
            for interest in 0..<own { weights[first + interest] = scale * power.value(products[first + interest]) }
            rowSoftmax(weights + first, rows: 1, columns: own, into: weights + first)
            clear(weights + first + own, count: interests - own)
        }
        mix(x, weights: weights, count: count, interests: interests, columns: columns, into: y)
    }

    /// The derivatives of
    /// ``labelAwareAttention(_:table:rows:rowStride:count:interests:counts:columns:power:scale:products:weights:into:)``:
    /// with `da_k = <dy, x_k>` and `dc_k = scale f'(c_k) a_k (da_k - sum_j a_j da_j)`,
    /// `dx_k += a_k dy + dc_k table[row]` and, by `positive`, `dtable[row] += sum_k dc_k x_k`.
    ///
    /// Where p is below 1, f has no derivative at 0: it counts as 0 there.
    ///
    /// - Parameters:
    ///   - scratch: `[interests]`.
    ///   - positive: the place of the gradient of a row of the table.
    public static func labelAwareAttentionBackward(
        _ x: UnsafePointer<Float>, table: UnsafePointer<Float>, rows: UnsafePointer<Int32>, rowStride: Int,
        count: Int, interests: Int, counts: UnsafePointer<Int32>?, columns: Int, power: Float, scale: Float,
        products: UnsafePointer<Float>, weights: UnsafePointer<Float>, dy: UnsafePointer<Float>,
        scratch: UnsafeMutablePointer<Float>, dx: UnsafeMutablePointer<Float>,
        positive: (_ row: Int32) -> UnsafeMutablePointer<Float>
    ) {
        let power = SignedPower(power)
        for sample in 0..<count {
            let first = sample * interests
            let own = counts.map { Int($0[sample]) } ?? interests
            let row = rows[sample * rowStride]
            let e = table + Int(row) * columns
            let slope = dy + sample * columns
            var mean: Float = 0
            for interest in 0..<own {
                scratch[interest] = SmallProducts.dot(slope, x + (first + interest) * columns, columns)
                mean += weights[first + interest] * scratch[interest]
            }
            let target = positive(row)
            for interest in 0..<own {
                let share = weights[first + interest]
                let dproduct =
                    scale * power.derivative(products[first + interest]) * share * (scratch[interest] - mean)
                let vector = x + (first + interest) * columns
                SmallProducts.add(slope, times: share, to: dx + (first + interest) * columns, columns)
                SmallProducts.add(e, times: dproduct, to: dx + (first + interest) * columns, columns)
                SmallProducts.add(vector, times: dproduct, to: target, columns)
            }
        }
    }
}

/// `c^p` for even p, `sign(c) |c|^p` otherwise.
private struct SignedPower {
    private let power: Float
    private let isEven: Bool
    private static let largest: Float = 1e30

    init(_ power: Float) {
        self.power = power
        isEven = power.truncatingRemainder(dividingBy: 2) == 0
    }

    func value(_ c: Float) -> Float {
        let size = pow(abs(c), power)
        // Not a number stays what it is.
        let bounded = size > Self.largest ? Self.largest : size
        return isEven || c >= 0 ? bounded : -bounded
    }

    func derivative(_ c: Float) -> Float {
        let size = abs(c)
        guard !(pow(size, power) > Self.largest), size > 0 || power >= 1 else { return 0 }
        let slope = power * pow(size, power - 1)
        return isEven && c < 0 ? -slope : slope
    }
}
