import Glibc

/// Losses over the scores of one positive and N negatives per sample. Each returns the sum over the samples: the mean
/// is taken over the whole global batch, after all shards have been added.
extension Kernel {
    /// The ranking loss "BPR-max" (Hidasi and Karatzoglou, CIKM 2018; plain BPR for one negative):
    ///
    ///     w = softmax(s-),   loss = -log sum_j w_j sigmoid(s+ - s-_j)
    ///
    /// evaluated as a difference of log-sum-exps, so that no score overflows or vanishes.
    ///
    /// - Parameters:
    ///   - scores: `[samples, 1 + N]`, the positive first.
    ///   - posterior: `[samples, N]`, kept for the backward pass: `w_j sigmoid_j` normalized over j.
    public static func rankingLoss(_ scores: MatrixView, posterior: UnsafeMutablePointer<Float>) -> Float {
        let negatives = scores.columns - 1
        if negatives == 1 { return pairLoss(scores, posterior: posterior) }
        var total: Float = 0
        for sample in 0..<scores.rows {
            let score = scores.row(sample)
            let terms = posterior + sample * negatives
            var largestScore = score[1]
            for j in 1..<negatives { largestScore = max(largestScore, score[1 + j]) }
            var scoreSum: Float = 0
            var largest = -Float.infinity
            for j in 0..<negatives {
                scoreSum += exp(score[1 + j] - largestScore)
                terms[j] = score[1 + j] - largestScore - softplus(score[1 + j] - score[0])
                largest = max(largest, terms[j])
            }
            var sum: Float = 0
            for j in 0..<negatives {
                terms[j] = exp(terms[j] - largest)
                sum += terms[j]
            }
            for j in 0..<negatives { terms[j] /= sum }
            total += log(scoreSum) - (log(sum) + largest)
        }
        return total
    }

    /// Adds `gradient` times the derivative of ``rankingLoss(_:posterior:)`` to `dscores`:
    /// with posterior q, `d s+ = -sum_j q_j (1 - sigmoid_j)` and `d s-_j = w_j - q_j + q_j (1 - sigmoid_j)`.
    public static func rankingLossBackward(
        _ scores: MatrixView, posterior: UnsafePointer<Float>, gradient: Float, dscores: UnsafeMutablePointer<Float>
    ) {
        let negatives = scores.columns - 1
        if negatives == 1 {
            return pairLossBackward(scores, posterior: posterior, gradient: gradient, dscores: dscores)
        }
        for sample in 0..<scores.rows {
            let score = scores.row(sample)
            let share = posterior + sample * negatives
            let out = dscores + sample * scores.columns
            var largest = score[1]
            for j in 1..<negatives { largest = max(largest, score[1 + j]) }
            var sum: Float = 0
            for j in 0..<negatives { sum += exp(score[1 + j] - largest) }
            for j in 0..<negatives {
                let pull = share[j] / (1 + exp(score[0] - score[1 + j]))
                out[0] -= gradient * pull
                out[1 + j] += gradient * (exp(score[1 + j] - largest) / sum - share[j] + pull)
            }
        }
    }

    /// ``rankingLoss(_:posterior:)`` of one negative, with the same bits: its weight and its share are 1, or not a number
    /// where a score is infinite or none.
    private static func pairLoss(_ scores: MatrixView, posterior: UnsafeMutablePointer<Float>) -> Float {
        var total: Float = 0
        for sample in 0..<scores.rows {
            let score = scores.row(sample)
            let zero = score[1] - score[1]
            let term = zero - softplus(score[1] - score[0])
            posterior[sample] = 1 + (term - term)
            total += zero - ((term - term) + term)
        }
        return total
    }

    /// ``rankingLossBackward(_:posterior:gradient:dscores:)`` of one negative, with the same bits.
    private static func pairLossBackward(
        _ scores: MatrixView, posterior: UnsafePointer<Float>, gradient: Float, dscores: UnsafeMutablePointer<Float>
    ) {
        for sample in 0..<scores.rows {
            let score = scores.row(sample)
            let out = dscores + sample * 2
            let pull = posterior[sample] / (1 + exp(score[0] - score[1]))
            out[0] -= gradient * pull
            out[1] += gradient * (1 + (score[1] - score[1]) - posterior[sample] + pull)
        }
    }

    /// The distillation loss of TiMiRec (Wang et al., CIKM 2022), summed over the samples:
    ///
    ///     t = softmax(target / T),   p = softmax(logits / T),   loss = T^2 sum_k t_k (log t_k - log p_k)
    ///
    /// - Parameters:
    ///   - target, logits: `[samples, K]`; no gradient flows into `target`.
    ///   - difference: `[samples, K]`, kept for the backward pass: `T (p - t)`, the derivative.
    public static func distillationLoss(
        target: UnsafePointer<Float>, logits: MatrixView, temperature: Float,
        difference: UnsafeMutablePointer<Float>
    ) -> Float {
        let interests = logits.columns
        var total: Float = 0
        for sample in 0..<logits.rows {
            let offset = sample * interests
            let targetNorm = logSumExp(target + offset, interests, temperature)
            let logitNorm = logSumExp(logits.start + offset, interests, temperature)
            for k in offset..<offset + interests {
                let logTarget = target[k] / temperature - targetNorm
                let logPrediction = logits.start[k] / temperature - logitNorm
                let t = exp(logTarget)
                total += t * (logTarget - logPrediction)
                difference[k] = temperature * (exp(logPrediction) - t)
            }
        }
        return total * temperature * temperature
    }

    /// `cosines[b, k] = <x_bk, y_b> / (|x_bk| |y_b|)`, norms at least 1e-12.
    ///
    /// - Parameters:
    ///   - x: `[users * K, d]`; `y_b` is the row of the positive of user b in `table`.
    ///   - cosines: `[users, K]`, all K.
    public static func cosines(
        _ x: MatrixView, _ groups: InterestGroups, positives: PositiveItems, table: UnsafePointer<Float>,
        into cosines: UnsafeMutablePointer<Float>
    ) {
        let (columns, interests) = (x.columns, groups.perUser)
        for user in 0..<groups.users(rows: x.rows) {
            let y = table + Int(positives[user]) * columns
            let norm = max(SmallProducts.dot(y, y, columns).squareRoot(), 1e-12)
            for k in user * interests..<(user + 1) * interests {
                let vector = x.row(k)
                let own = max(SmallProducts.dot(vector, vector, columns).squareRoot(), 1e-12)
                cosines[k] = SmallProducts.dot(vector, y, columns) / (own * norm)
            }
        }
    }

    /// The interest with the largest inner product with the positive item, the first one on ties.
    ///
    /// - Parameters:
    ///   - x: `[users * K, d]`; the positive of a user is a row of `table`.
    ///   - choice: `[users]`, 0..<K.
    public static func hardestInterests(
        _ x: MatrixView, _ groups: InterestGroups, positives: PositiveItems, table: UnsafePointer<Float>,
        into choice: UnsafeMutablePointer<Int32>
    ) {
        let (columns, interests) = (x.columns, groups.perUser)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: interests) { buffer in
            let products = buffer.baseAddress!
            for user in 0..<groups.users(rows: x.rows) {
                let y = table + Int(positives[user]) * columns
                SmallProducts.inner(
                    StridedRows(y, stride: columns, count: 1),
                    StridedRows(x.row(user * interests), stride: columns, count: interests), width: columns,
                    into: StridedResult(products, stride: interests))
                var best = -Float.infinity
                choice[user] = 0
                for k in 0..<interests where products[k] > best {
                    best = products[k]
                    choice[user] = Int32(k)
                }
            }
        }
    }

    @inline(__always)
    private static func softplus(_ x: Float) -> Float { max(x, 0) + log1p(exp(-abs(x))) }

    @inline(__always)
    private static func logSumExp(_ x: UnsafePointer<Float>, _ count: Int, _ temperature: Float) -> Float {
        var largest = x[0]
        for k in 1..<count { largest = max(largest, x[k]) }
        var sum: Float = 0
        for k in 0..<count { sum += exp((x[k] - largest) / temperature) }
        return largest / temperature + log(sum)
    }
}
