/// Weighted sums over the rows of packed sequences: how attention weights become interests.
extension Kernel {
    /// `y[b, k] = sum over l in segment b of weights[l, k] x_l`.
    ///
    /// - Parameters:
    ///   - weights: `[T, interests]`, `x`: `[T, columns]`, `y`: `[segments.count, interests, columns]`.
    public static func pool(
        _ x: UnsafePointer<Float>, weights: UnsafePointer<Float>, segments: Segments, interests: Int, columns: Int,
        into y: UnsafeMutablePointer<Float>
    ) {
        for segment in 0..<segments.count {
            let first = segments.start(segment)
            SmallProducts.combine(
                weights + first * interests, 1, interests, interests, segments.length(segment),
                x + first * columns, columns, width: columns,
                into: y + segment * interests * columns, columns, accumulate: false)
        }
    }

    /// The derivatives of ``pool(_:weights:segments:interests:columns:into:)``:
    /// `dweights[l, k] = <dy_bk, x_l>` (overwritten) and `dx_l += sum_k weights[l, k] dy_bk`.
    public static func poolBackward(
        x: UnsafePointer<Float>, weights: UnsafePointer<Float>, dy: UnsafePointer<Float>, segments: Segments,
        interests: Int, columns: Int, dweights: UnsafeMutablePointer<Float>, dx: UnsafeMutablePointer<Float>?
    ) {
        for segment in 0..<segments.count {
            let first = segments.start(segment)
            let length = segments.length(segment)
            let incoming = dy + segment * interests * columns
            SmallProducts.inner(
                x + first * columns, columns, length, incoming, columns, interests, width: columns, scale: 1,
                into: dweights + first * interests, interests)
            guard let dx else { continue }
            SmallProducts.combine(
                weights + first * interests, interests, 1, length, interests, incoming, columns, width: columns,
                into: dx + first * columns, columns, accumulate: true)
        }
    }

    /// `y_b = sum_k weights[b, k] x_bk`.
    ///
    /// - Parameters:
    ///   - weights: `[count, interests]`, `x`: `[count, interests, columns]`, `y`: `[count, columns]`.
    public static func mix(
        _ x: UnsafePointer<Float>, weights: UnsafePointer<Float>, count: Int, interests: Int, columns: Int,
        into y: UnsafeMutablePointer<Float>
    ) {
        for index in 0..<count {
            SmallProducts.combine(
                weights + index * interests, 0, 1, 1, interests, x + index * interests * columns, columns,
                width: columns, into: y + index * columns, columns, accumulate: false)
        }
    }

    /// The derivatives of ``mix(_:weights:count:interests:columns:into:)``:
    /// `dweights[b, k] += <dy_b, x_bk>` and `dx_bk += weights[b, k] dy_b`.
    public static func mixBackward(
        x: UnsafePointer<Float>, weights: UnsafePointer<Float>, dy: UnsafePointer<Float>, count: Int,
        interests: Int, columns: Int, dweights: UnsafeMutablePointer<Float>, dx: UnsafeMutablePointer<Float>
    ) {
        for index in 0..<count {
            let incoming = dy + index * columns
            for interest in index * interests..<(index + 1) * interests {
                dweights[interest] += SmallProducts.dot(incoming, x + interest * columns, columns)
                SmallProducts.add(incoming, times: weights[interest], to: dx + interest * columns, columns)
            }
        }
    }
}
