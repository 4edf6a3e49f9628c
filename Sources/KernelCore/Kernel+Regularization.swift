/// Terms that keep the interests of a user apart, and their attention even. Each returns the sum over the users.
extension Kernel {
    /// The routing regularisation of REMI (Xie et al., RecSys 2023): how far the attention of each interest is from an
    /// even one.
    ///
    ///     S_k = sum over l of (A_lk - mean over l of A_lk)^2 / size,   sum_k S_k^2
    ///
    /// - Parameters:
    ///   - attention: `[segments.total, interests]`.
    ///   - size: d, the size of an item's vector.
    ///   - variances: `[segments.count, interests]`, S, kept for the backward pass.
    public static func routingRegularization(
        _ attention: UnsafePointer<Float>, segments: Segments, interests: Int, size: Int,
        variances: UnsafeMutablePointer<Float>
    ) -> Float {
        var total: Float = 0
        for segment in 0..<segments.count {
            let first = segments.start(segment) * interests
            let end = first + segments.length(segment) * interests
            for interest in 0..<interests {
                let mean = mean(attention, first + interest, end, interests)
                var sum: Float = 0
                for place in stride(from: first + interest, to: end, by: interests) {
                    sum += (attention[place] - mean) * (attention[place] - mean)
                }
                let variance = sum / Float(size)
                variances[segment * interests + interest] = variance
                total += variance * variance
            }
        }
        return total
    }

    /// Adds `gradient` times the derivative of ``routingRegularization(_:segments:interests:size:variances:)`` to
    /// `dattention`: `4 S_k (A_lk - mean over l of A_lk) / size`.
    public static func routingRegularizationBackward(
        _ attention: UnsafePointer<Float>, segments: Segments, interests: Int, size: Int,
        variances: UnsafePointer<Float>, gradient: Float, dattention: UnsafeMutablePointer<Float>
    ) {
        for segment in 0..<segments.count {
            let first = segments.start(segment) * interests
            let end = first + segments.length(segment) * interests
            for interest in 0..<interests {
                let mean = mean(attention, first + interest, end, interests)
                let factor = gradient * 4 * variances[segment * interests + interest] / Float(size)
                for place in stride(from: first + interest, to: end, by: interests) {
                    dattention[place] += factor * (attention[place] - mean)
                }
            }
        }
    }

    /// `sum_b relu(mean over pairs j < k of cos(x_bj, x_bk) - margin)`.
    ///
    /// - Parameters:
    ///   - x: `[count, interests, columns]`.
    ///   - counts: `[count]`, only the first of the interests take part; nil: all.
    ///   - directions: `[count, interests, columns]`, `x_bk / max(|x_bk|, 1e-12)`, kept for the backward pass.
    ///   - excesses: `[count]`, the terms of the sum, kept for the backward pass.
    public static func interestSimilarity(
        _ x: UnsafePointer<Float>, count: Int, interests: Int, counts: UnsafePointer<Int32>?, columns: Int,
        margin: Float, directions: UnsafeMutablePointer<Float>, excesses: UnsafeMutablePointer<Float>
    ) -> Float {
        var total: Float = 0
        for sample in 0..<count {
            let own = counts.map { Int($0[sample]) } ?? interests
            let first = sample * interests
            var similarity: Float = 0
            for k in first..<first + own {
                let direction = directions + k * columns
                let vector = x + k * columns
                let scale = 1 / max(SmallProducts.dot(vector, vector, columns).squareRoot(), smallestNorm)
                for column in 0..<columns { direction[column] = vector[column] * scale }
                for j in first..<k { similarity += SmallProducts.dot(directions + j * columns, direction, columns) }
            }
            let pairs = Float(own * (own - 1) / 2)
            let excess = pairs > 0 ? similarity / pairs - margin : 0
            // Not a number stays what it is.
            excesses[sample] = excess < 0 ? 0 : excess
            total += excesses[sample]
        }
        return total
    }

    /// Adds `gradient` times the derivative of
    /// ``interestSimilarity(_:count:interests:counts:columns:margin:directions:excesses:)`` to `dx`: with the directions
    /// n, `dx_k = (s - <s, n_k> n_k) / (pairs |x_k|)`, `s = sum over j other than k of n_j`.
    ///
    /// - Parameter scratch: `[columns]`.
    public static func interestSimilarityBackward(
        _ x: UnsafePointer<Float>, count: Int, interests: Int, counts: UnsafePointer<Int32>?, columns: Int,
        directions: UnsafePointer<Float>, excesses: UnsafePointer<Float>, gradient: Float,
        scratch: UnsafeMutablePointer<Float>, dx: UnsafeMutablePointer<Float>
    ) {
        for sample in 0..<count where excesses[sample] != 0 {
            let own = counts.map { Int($0[sample]) } ?? interests
            let first = sample * interests
            for k in first..<first + own {
                clear(scratch, count: columns)
                for j in first..<first + own where j != k {
                    accumulate(directions + j * columns, into: scratch, count: columns)
                }
                let direction = directions + k * columns
                let vector = x + k * columns
                let norm = SmallProducts.dot(vector, vector, columns).squareRoot()
                let factor = gradient / (Float(own * (own - 1) / 2) * max(norm, smallestNorm))
                // Below the smallest norm the direction is proportional to the vector.
                let along = norm > smallestNorm ? SmallProducts.dot(scratch, direction, columns) : 0
                SmallProducts.add(scratch, times: factor, to: dx + k * columns, columns)
                SmallProducts.add(direction, times: -factor * along, to: dx + k * columns, columns)
            }
        }
    }

    private static let smallestNorm: Float = 1e-12

    @inline(__always)
    private static func mean(_ x: UnsafePointer<Float>, _ start: Int, _ end: Int, _ step: Int) -> Float {
        var sum: Float = 0
        var count: Float = 0
        for place in stride(from: start, to: end, by: step) {
            sum += x[place]
            count += 1
        }
        return sum / count
    }
}
