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
    ///   - scores: `[count, 1 + N]`, the positive first.
    ///   - posterior: `[count, N]`, kept for the backward pass: `w_j sigmoid_j` normalised over j.
    public static func rankingLoss(
        scores: UnsafePointer<Float>, count: Int, candidates: Int, posterior: UnsafeMutablePointer<Float>
    ) -> Float {
        let negatives = candidates - 1
        var total: Float = 0
        for sample in 0..<count {
            let score = scores + sample * candidates
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

    /// Adds `gradient` times the derivative of ``rankingLoss(scores:count:candidates:posterior:)`` to `dscores`:
    /// with posterior q, `d s+ = -sum_j q_j (1 - sigmoid_j)` and `d s-_j = w_j - q_j + q_j (1 - sigmoid_j)`.
    public static func rankingLossBackward(
        scores: UnsafePointer<Float>, posterior: UnsafePointer<Float>, count: Int, candidates: Int, gradient: Float,
        dscores: UnsafeMutablePointer<Float>
    ) {
        let negatives = candidates - 1
        for sample in 0..<count {
            let score = scores + sample * candidates
            let share = posterior + sample * negatives
            let out = dscores + sample * candidates
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

    /// The distillation loss of TiMiRec (Wang et al., CIKM 2022), summed over the samples:
    ///
    ///     t = softmax(target / T),   p = softmax(logits / T),   loss = T^2 sum_k t_k (log t_k - log p_k)
    ///
    /// - Parameters:
    ///   - target, logits: `[count, interests]`; no gradient flows into `target`.
    ///   - difference: `[count, interests]`, kept for the backward pass: `T (p - t)`, the derivative.
    public static func distillationLoss(
        target: UnsafePointer<Float>, logits: UnsafePointer<Float>, count: Int, interests: Int, temperature: Float,
        difference: UnsafeMutablePointer<Float>
    ) -> Float {
        var total: Float = 0
        for sample in 0..<count {
            let offset = sample * interests
            let targetNorm = logSumExp(target + offset, interests, temperature)
            let logitNorm = logSumExp(logits + offset, interests, temperature)
            for k in offset..<offset + interests {
                let logTarget = target[k] / temperature - targetNorm
                let logPrediction = logits[k] / temperature - logitNorm
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
    ///   - x: `[count, interests, columns]`; `y_b` is row `rows[b * rowStride]` of `table`.
    public static func cosines(
        _ x: UnsafePointer<Float>, table: UnsafePointer<Float>, rows: UnsafePointer<Int32>, rowStride: Int,
        count: Int, interests: Int, columns: Int, into cosines: UnsafeMutablePointer<Float>
    ) {
        for sample in 0..<count {
            let y = table + Int(rows[sample * rowStride]) * columns
            let norm = max(SmallProducts.dot(y, y, columns).squareRoot(), 1e-12)
            for k in sample * interests..<(sample + 1) * interests {
                let vector = x + k * columns
                let own = max(SmallProducts.dot(vector, vector, columns).squareRoot(), 1e-12)
                cosines[k] = SmallProducts.dot(vector, y, columns) / (own * norm)
            }
        }
    }

    /// The interest with the largest inner product with the positive item, the first one on ties.
    ///
    /// - Parameters:
    ///   - x: `[count, interests, columns]`; the positive is row `rows[b * rowStride]` of `table`.
    ///   - choice: `[count]`.
    public static func hardestInterests(
        _ x: UnsafePointer<Float>, table: UnsafePointer<Float>, rows: UnsafePointer<Int32>, rowStride: Int,
        count: Int, interests: Int, columns: Int, into choice: UnsafeMutablePointer<Int32>
    ) {
        for sample in 0..<count {
            let y = table + Int(rows[sample * rowStride]) * columns
            var best = -Float.infinity
            choice[sample] = 0
            for k in 0..<interests {
                let product = SmallProducts.dot(x + (sample * interests + k) * columns, y, columns)
                if product > best {
                    best = product
                    choice[sample] = Int32(k)
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
