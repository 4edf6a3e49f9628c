import Glibc

/// Choosing one of the interests of a sample.
extension Kernel {
    /// `products[b, k] = <x_bk, y_b>`.
    ///
    /// - Parameters:
    ///   - x: `[users * K, d]`, `y`: `[users, d]`, `products`: `[users, K]`.
    public static func groupProducts(
        _ x: MatrixView, _ groups: InterestGroups, _ y: UnsafePointer<Float>,
        into products: UnsafeMutablePointer<Float>
    ) {
        let (columns, interests) = (x.columns, groups.perUser)
        for user in 0..<groups.users(rows: x.rows) {
            SmallProducts.inner(
                StridedRows(y + user * columns, stride: columns, count: 1),
                StridedRows(x.row(user * interests), stride: columns, count: interests), width: columns,
                into: StridedResult(products + user * interests, stride: interests))
        }
    }

    /// One interest of every sample, drawn from `softmax_k(temperature logits_bk)`: a function of (seed, iteration, sample)
    /// and the logits.
    ///
    /// - Parameters:
    ///   - logits: `[count, K]`.
    ///   - streams: of the seed and the step, for ``RandomPurpose/selection``.
    ///   - sampleNames: `[count]`, the elements of the streams.
    ///   - choice: `[count]`, 0..<K.
    public static func drawInterests(
        _ logits: UnsafePointer<Float>, count: Int, of groups: InterestGroups, temperature: Float,
        from streams: RandomStreams, sampleNames: UnsafePointer<UInt32>, into choice: UnsafeMutablePointer<Int32>
    ) {
        for sample in 0..<count {
            let own = groups.count(sample)
            let values = logits + sample * groups.perUser
            var largest = temperature * values[0]
            for k in 1..<max(own, 1) { largest = max(largest, temperature * values[k]) }
            var sum: Float = 0
            for k in 0..<own { sum += exp(temperature * values[k] - largest) }
            var stream = streams[sampleNames[sample]]
            let threshold = stream.nextUniform() * sum
            // The same terms in the same order: the last partial sum is the sum. No interest is drawn whose share is 0.
            var passed: Float = 0
            var chosen = 0
            for k in 0..<own {
                let share = exp(temperature * values[k] - largest)
                if share > 0 { chosen = k }
                passed += share
                if threshold < passed { break }
            }
            choice[sample] = Int32(chosen)
        }
    }

    /// The columns with the largest numbers of each row, the largest first; of equal numbers the first column.
    ///
    /// What is not a number counts as infinite.
    ///
    /// - Parameters:
    ///   - x: `[rows, columns]`.
    ///   - count: how many of each row, 1 to `columns`.
    ///   - choice: `[rows, count]`.
    /// - Complexity: O(`rows * columns`) on average, O(`x.count * count`) where numbers rise.
    public static func largestColumns(_ x: MatrixView, count: Int, into choice: UnsafeMutablePointer<Int32>) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { scores in
            guard let scores = scores.baseAddress else { return }
            for row in 0..<x.rows {
                let best = BestRows(users: 1, size: count, rows: choice + row * count, scores: scores)
                for column in 0..<x.columns {
                    let number = x.row(row)[column]
                    // The smallest number of all would not be kept, and a column is needed.
                    let score = number == -.infinity ? -Float.greatestFiniteMagnitude : number
                    best.offer(Int32(truncatingIfNeeded: column), score: score, user: 0)
                }
            }
        }
    }
}
