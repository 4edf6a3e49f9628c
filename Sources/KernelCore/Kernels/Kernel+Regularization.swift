/// Terms that keep the interests of a user apart, and their attention even: each returns the sum over the users. One more
/// keeps the rows of a matrix apart.
extension Kernel {
    /// The routing regularization of REMI (Xie et al., RecSys 2023): how far the attention of each interest is from an
    /// even one.
    ///
    ///     S_k = sum over l of (A_lk - mean over l of A_lk)^2 / size,   sum_k S_k^2
    ///
    /// - Parameters:
    ///   - attention: `[sequences.total, K]`.
    ///   - size: d, the size of an item's vector.
    ///   - variances: `[sequences.count, K]`, S, kept for the backward pass.
    public static func routingRegularization(
        _ attention: MatrixView, over sequences: JaggedOffsets, size: Int, variances: UnsafeMutablePointer<Float>
    ) -> Float {
        let (attention, interests) = (attention.start, attention.columns)
        var total: Float = 0
        for sequence in 0..<sequences.count {
            let first = sequences.start(sequence) * interests
            let end = first + sequences.length(sequence) * interests
            for interest in 0..<interests {
                let mean = mean(attention, first + interest, end, interests)
                var sum: Float = 0
                for element in stride(from: first + interest, to: end, by: interests) {
                    sum += (attention[element] - mean) * (attention[element] - mean)
                }
                let variance = sum / Float(size)
                variances[sequence * interests + interest] = variance
                total += variance * variance
            }
        }
        return total
    }

    /// Adds `gradient` times the derivative of ``routingRegularization(_:over:size:variances:)`` to
    /// `dattention`: `4 S_k (A_lk - mean over l of A_lk) / size`.
    public static func routingRegularizationBackward(
        _ attention: MatrixView, over sequences: JaggedOffsets, size: Int, variances: UnsafePointer<Float>,
        gradient: Float, dattention: UnsafeMutablePointer<Float>
    ) {
        let (attention, interests) = (attention.start, attention.columns)
        for sequence in 0..<sequences.count {
            let first = sequences.start(sequence) * interests
            let end = first + sequences.length(sequence) * interests
            for interest in 0..<interests {
                let mean = mean(attention, first + interest, end, interests)
                let factor = gradient * 4 * variances[sequence * interests + interest] / Float(size)
                for element in stride(from: first + interest, to: end, by: interests) {
                    dattention[element] += factor * (attention[element] - mean)
                }
            }
        }
    }

    /// `sum_b relu(mean over pairs j < k of cos(x_bj, x_bk) - margin)`.
    ///
    /// - Parameters:
    ///   - x: `[users * K, d]`.
    ///   - directions: of the shape of `x`, `x_bk / max(|x_bk|, 1e-12)`, kept for the backward pass.
    ///   - excesses: `[users]`, the terms of the sum, kept for the backward pass.
    public static func interestSimilarity(
        _ x: MatrixView, _ groups: InterestGroups, margin: Float, directions: UnsafeMutablePointer<Float>,
        excesses: UnsafeMutablePointer<Float>
    ) -> Float {
        let columns = x.columns
        var total: Float = 0
        for user in 0..<groups.users(rows: x.rows) {
            let own = groups.count(user)
            let first = user * groups.perUser
            var similarity: Float = 0
            for k in first..<first + own {
                let direction = directions + k * columns
                let vector = x.row(k)
                let scale = 1 / max(SmallProducts.dot(vector, vector, columns).squareRoot(), smallestNorm)
                for column in 0..<columns { direction[column] = vector[column] * scale }
                for j in first..<k { similarity += SmallProducts.dot(directions + j * columns, direction, columns) }
            }
            let pairs = Float(own * (own - 1) / 2)
            let excess = pairs > 0 ? similarity / pairs - margin : 0
            // Not a number stays what it is.
            excesses[user] = excess < 0 ? 0 : excess
            total += excesses[user]
        }
        return total
    }

    /// Adds `gradient` times the derivative of
    /// ``interestSimilarity(_:_:margin:directions:excesses:)`` to `dx`: with the directions n,
    /// `dx_k = (s - <s, n_k> n_k) / (pairs |x_k|)`, `s = sum over j other than k of n_j`.
    ///
    /// - Parameter scratch: `[d]`.
    public static func interestSimilarityBackward(
        _ x: MatrixView, _ groups: InterestGroups, directions: UnsafePointer<Float>, excesses: UnsafePointer<Float>,
        gradient: Float, scratch: UnsafeMutablePointer<Float>, dx: UnsafeMutablePointer<Float>
    ) {
        let columns = x.columns
        for user in 0..<groups.users(rows: x.rows) where excesses[user] != 0 {
            let own = groups.count(user)
            let first = user * groups.perUser
            for k in first..<first + own {
                clear(scratch, count: columns)
                for j in first..<first + own where j != k {
                    accumulate(directions + j * columns, into: scratch, count: columns)
                }
                let direction = directions + k * columns
                let vector = x.row(k)
                let norm = SmallProducts.dot(vector, vector, columns).squareRoot()
                let factor = gradient / (Float(own * (own - 1) / 2) * max(norm, smallestNorm))
                // Below the smallest norm the direction is proportional to the vector.
                let along = norm > smallestNorm ? SmallProducts.dot(scratch, direction, columns) : 0
                SmallProducts.add(scratch, times: factor, to: dx + k * columns, columns)
                SmallProducts.add(direction, times: -factor * along, to: dx + k * columns, columns)
            }
        }
    }

    /// How far the rows of a matrix vary together (SINE, Tan et al., WSDM 2021): `sum over i < j of M_ij^2`, with the
    /// covariances `M = Y Y^T / d`, where Y is `x` without the mean of each row.
    ///
    /// - Parameters:
    ///   - x: `[rows, d]`.
    ///   - centred: of the shape of `x`, Y, kept for the backward pass.
    ///   - scratch: `[rows]`.
    /// - Complexity: O(`rows * rows * d`).
    public static func rowCovariance(
        _ x: MatrixView, centred: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
    ) -> Float {
        let columns = x.columns
        // Many small squares.
        var total: Double = 0
        for row in 0..<x.rows {
            let own = centred + row * columns
            let mean = mean(x.row(row), 0, columns, 1)
            for column in 0..<columns { own[column] = x.row(row)[column] - mean }
            covariances(of: own, with: centred, rows: row, columns: columns, into: scratch)
            for other in 0..<row { total += Double(scratch[other] * scratch[other]) }
        }
        return Float(total)
    }

    /// Adds `gradient` times the derivative of ``rowCovariance(_:centred:scratch:)`` to `dx`:
    /// `dx_i += 2 / d sum over j other than i of M_ij Y_j`.
    public static func rowCovarianceBackward(
        centred: MatrixView, gradient: Float, scratch: UnsafeMutablePointer<Float>, dx: UnsafeMutablePointer<Float>
    ) {
        let (rows, columns) = (centred.rows, centred.columns)
        let factor = 2 * gradient / Float(columns)
        for row in 0..<rows {
            covariances(of: centred.row(row), with: centred.start, rows: rows, columns: columns, into: scratch)
            for other in 0..<rows { scratch[other] *= factor }
            scratch[row] = 0
            SmallProducts.combine(
                SumWeights(scratch, rowStride: 0, columnStride: 1, count: 1),
                StridedRows(centred.start, stride: columns, count: rows), width: columns,
                into: StridedResult(dx + row * columns, stride: columns), accumulate: true)
        }
    }

    /// `<y, Y_j> / d` for the first rows of Y.
    @inline(__always)
    private static func covariances(
        of y: UnsafePointer<Float>, with all: UnsafePointer<Float>, rows: Int, columns: Int,
        into result: UnsafeMutablePointer<Float>
    ) {
        SmallProducts.inner(
            StridedRows(y, stride: columns, count: 1), StridedRows(all, stride: columns, count: rows), width: columns,
            scale: 1 / Float(columns), into: StridedResult(result, stride: rows))
    }

    private static let smallestNorm: Float = 1e-12

    @inline(__always)
    private static func mean(_ x: UnsafePointer<Float>, _ start: Int, _ end: Int, _ step: Int) -> Float {
        var sum: Float = 0
        var count: Float = 0
        for element in stride(from: start, to: end, by: step) {
            sum += x[element]
            count += 1
        }
        return sum / count
    }
}
