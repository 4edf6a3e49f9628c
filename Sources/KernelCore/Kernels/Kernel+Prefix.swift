internal import CVector

/// Sums over the beginning of each sequence, at every position of it: what a history was when it ended there.
extension Kernel {
    /// `y_l = mean over j <= l of x_j`, for each sequence by itself.
    ///
    /// - Parameters:
    ///   - x: `[sequences.total, columns]`, `y`: of the same shape, other memory.
    public static func prefixMeans(
        _ x: MatrixView, over sequences: JaggedOffsets, into y: UnsafeMutablePointer<Float>
    ) {
        let columns = x.columns
        for sequence in 0..<sequences.count {
            for (age, row) in sequences.range(sequence).enumerated() {
                // The mean moves towards the new row by its share.
                let share = Vector(repeating: 1 / Float(age + 1))
                let (new, mean) = (x.row(row), y + row * columns)
                forEachVector(columns) { index, lanes in
                    let before = age > 0 ? load(mean - columns, index, lanes) : Vector(repeating: 0)
                    store(share.multiplied(by: load(new, index, lanes) - before, adding: before), mean, index, lanes)
                }
            }
        }
    }

    /// Adds the derivative of ``prefixMeans(_:over:into:)``: `dx_j += sum over l >= j of dy_l / (l + 1)`.
    ///
    /// - Parameter sum: room for a row.
    public static func prefixMeansBackward(
        dy: MatrixView, over sequences: JaggedOffsets, sum: UnsafeMutablePointer<Float>,
        dx: UnsafeMutablePointer<Float>
    ) {
        let columns = dy.columns
        for sequence in 0..<sequences.count {
            clear(sum, count: columns)
            let start = sequences.start(sequence)
            for row in sequences.range(sequence).reversed() {
                accumulate(dy.row(row), times: 1 / Float(row - start + 1), into: sum, count: columns)
                accumulate(sum, into: dx + row * columns, count: columns)
            }
        }
    }

    /// The share of each row in the softmax over itself and the rows before it, for every column by itself:
    /// `w_l = exp(x_l) / sum over j <= l of exp(x_j)`.
    ///
    /// - Parameters:
    ///   - x: `[sequences.total, columns]`, `shares`: of the same shape.
    public static func prefixShares(
        _ x: MatrixView, over sequences: JaggedOffsets, into shares: UnsafeMutablePointer<Float>
    ) {
        let columns = x.columns
        withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { buffer in
            // The logarithm of the sum so far.
            let sums = buffer.baseAddress!
            for sequence in 0..<sequences.count {
                for (age, row) in sequences.range(sequence).enumerated() {
                    let (new, share) = (x.row(row), shares + row * columns)
                    forEachVector(columns) { index, lanes in
                        let value = load(new, index, lanes)
                        let one = Vector(repeating: 1)
                        guard age > 0 else {
                            store(value, sums, index, lanes)
                            return store(one, share, index, lanes)
                        }
                        let before = load(sums, index, lanes)
                        let largest = facet_max(value, before)
                        let pulled = KernelCore.exponential(value - largest)
                        let sum = pulled + KernelCore.exponential(before - largest)
                        store(pulled / sum, share, index, lanes)
                        store(largest + logarithm(sum), sums, index, lanes)
                    }
                }
            }
        }
    }

    /// Weighted means over the beginning of each sequence, by the softmax of logits:
    ///
    ///     y_lk = sum over j <= l of exp(a_jk) x_j / sum over j <= l of exp(a_jk) = (1 - w_lk) y_(l-1)k + w_lk x_l
    ///
    /// - Parameters:
    ///   - x: `[T, d]`, `shares`: w, `[T, K]`, of ``prefixShares(_:over:into:)`` of the logits a; `y`: `[T, K, d]`.
    public static func prefixPool(
        _ x: MatrixView, shares: MatrixView, over sequences: JaggedOffsets, into y: UnsafeMutablePointer<Float>
    ) {
        let (columns, interests) = (x.columns, shares.columns)
        for sequence in 0..<sequences.count {
            for row in sequences.range(sequence) {
                let isFirst = row == sequences.start(sequence)
                for k in 0..<interests {
                    let share = Vector(repeating: shares.row(row)[k])
                    let (new, mean) = (x.row(row), y + (row * interests + k) * columns)
                    forEachVector(columns) { index, lanes in
                        let value = load(new, index, lanes)
                        guard !isFirst else { return store(value, mean, index, lanes) }
                        let before = load(mean - interests * columns, index, lanes)
                        store(share.multiplied(by: value - before, adding: before), mean, index, lanes)
                    }
                }
            }
        }
    }

    /// Adds the derivatives of ``prefixPool(_:shares:over:into:)`` to those of values and logits. With
    /// `g_l = dy_l + (1 - w_(l+1)) g_(l+1)` and `h_l = <dy_l, y_l> + (1 - w_(l+1)) h_(l+1)`:
    ///
    ///     dx_l += sum_k w_lk g_lk,   da_lk += w_lk (<g_lk, x_l> - h_lk)
    ///
    /// - Parameter scratch: room for a row.
    public static func prefixPoolBackward(
        _ x: MatrixView, shares: MatrixView, over sequences: JaggedOffsets, y: UnsafePointer<Float>,
        dy: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>, dlogits: UnsafeMutablePointer<Float>,
        dx: UnsafeMutablePointer<Float>
    ) {
        let (columns, interests) = (x.columns, shares.columns)
        for sequence in 0..<sequences.count {
            for k in 0..<interests {
                clear(scratch, count: columns)
                var product: Float = 0
                // Of the row after: its share of what comes from there.
                var kept: Float = 0
                for row in sequences.range(sequence).reversed() {
                    let offset = (row * interests + k) * columns
                    let factor = Vector(repeating: kept)
                    forEachVector(columns) { index, lanes in
                        let later = load(scratch, index, lanes)
                        store(
                            factor.multiplied(by: later, adding: load(dy + offset, index, lanes)), scratch, index, lanes
                        )
                    }
                    product = SmallProducts.dot(dy + offset, y + offset, columns) + kept * product
                    let share = shares.row(row)[k]
                    dlogits[row * interests + k] +=
                        share * (SmallProducts.dot(scratch, x.row(row), columns) - product)
                    SmallProducts.add(scratch, times: share, to: dx + row * columns, columns)
                    kept = 1 - share
                }
            }
        }
    }
}
