internal import CVector
import Glibc

/// What a softmax has seen of the negatives of one sample so far, block by block, and how far they weigh:
///
///     D = sum_j w_j exp(x_j),   w_j = exp(beta x_j) / mean_j' exp(beta x_j')
///
/// With beta = 0 the weights are 1. All sums are relative to the largest score, so that no score overflows.
public struct SoftmaxStatistics: BitwiseCopyable {
    /// The largest score.
    var largest = -Float.infinity
    /// Sum of `exp((1 + beta) (x_j - largest))`.
    var sum: Float = 0
    /// Sum of `exp(beta (x_j - largest))`.
    var importance: Float = 0
    /// Number of scores that are not masked.
    var count: Float = 0
    /// Sum of the scores, or of a function of them, where somebody adds it up.
    public var total: Float = 0

    /// Nothing has been seen yet.
    public init() {}

    /// The share of each score in a mean over all and the positive's.
    public var evenShare: Float { 1 / (count + 1) }

    /// The mean of all scores and that of the positive.
    public func mean(with positive: Float) -> Float { (total + positive) * evenShare }

    /// `log D`, -infinity where nothing was seen.
    public var logarithm: Float {
        count > 0 ? largest + log(sum) + (importance > 0 ? log(count / importance) : 0) : -.infinity
    }
}

/// The cross entropy of one positive among many items, in blocks: each value is computed where it is needed, so that no
/// more scores than those of a block are held.
extension Kernel {
    /// The score of an item that does not take part.
    public static let maskedScore: Float = -3e38

    /// Adds a block of scores to the statistics of their sample.
    ///
    /// - Parameters:
    ///   - scores: `[count]`, those that are ``maskedScore`` do not take part.
    ///   - masked: how many these are.
    ///   - beta: 0 or above.
    public static func extend(
        _ statistics: inout SoftmaxStatistics, by scores: UnsafePointer<Float>, count: Int, masked: Int, beta: Float
    ) {
        guard count > masked else { return }
        var peaks = Vector(repeating: statistics.largest)
        forEachVector(count) { index, lanes in peaks = facet_max(peaks, load(scores, index, lanes, rest: maskedScore)) }
        let largest = facet_largest(peaks)
        let shift = Vector(repeating: largest)
        let sharpness = Vector(repeating: 1 + beta)
        var sum = Vector(repeating: 0)
        forEachVector(count) { index, lanes in
            sum += KernelCore.exponential(
                notPositive: (load(scores, index, lanes, rest: maskedScore) - shift) * sharpness)
        }
        let fall = statistics.largest - largest
        statistics.sum = statistics.sum * exp((1 + beta) * fall) + sum.total
        if beta > 0 {
            var importance = Vector(repeating: 0)
            let exponent = Vector(repeating: beta)
            forEachVector(count) { index, lanes in
                importance += KernelCore.exponential((load(scores, index, lanes, rest: maskedScore) - shift) * exponent)
            }
            statistics.importance = statistics.importance * exp(beta * fall) + importance.total
        }
        statistics.largest = largest
        statistics.count += Float(count - masked)
    }

    /// Turns a block of scores into `gradient` times the derivatives of `log D`:
    /// `(1 + beta) exp((1 + beta) x_j) / sum_j' exp((1 + beta) x_j') - beta exp(beta x_j) / sum_j' exp(beta x_j')`.
    ///
    /// - Parameters:
    ///   - scores: `[count]`, overwritten.
    ///   - statistics: of all blocks of the sample.
    ///   - rest: what is subtracted from the derivative of every score that takes part, with beta 0.
    public static func softmaxGradients(
        _ scores: UnsafeMutablePointer<Float>, count: Int, _ statistics: SoftmaxStatistics, beta: Float,
        gradient: Float,
        less rest: Float = 0
    ) {
        guard statistics.count > 0 else { return clear(scores, count: count) }
        let shift = Vector(repeating: statistics.largest)
        let sharpness = Vector(repeating: 1 + beta)
        let factor = Vector(repeating: gradient * (1 + beta) / statistics.sum)
        if rest > 0 {
            let rest = Vector(repeating: rest)
            return forEachVector(count) { index, lanes in
                let x = load(scores, index, lanes)
                let pushed = facet_where_not_below(x, maskedScore / 2, rest)
                store(factor * KernelCore.exponential(notPositive: x - shift) - pushed, scores, index, lanes)
            }
        }
        guard beta > 0 else {
            forEachVector(count) { index, lanes in
                store(
                    factor * KernelCore.exponential(notPositive: load(scores, index, lanes) - shift), scores, index,
                    lanes)
            }
            return
        }
        let exponent = Vector(repeating: beta)
        let relief = Vector(repeating: -gradient * beta / statistics.importance)
        forEachVector(count) { index, lanes in
            let x = load(scores, index, lanes) - shift
            let pulled = factor * KernelCore.exponential(x * sharpness)
            store(relief.multiplied(by: KernelCore.exponential(x * exponent), adding: pulled), scores, index, lanes)
        }
    }

    /// Adds the scores of a block that take part to the total of their sample.
    public static func extendTotal(
        _ statistics: inout SoftmaxStatistics, by scores: UnsafePointer<Float>, count: Int
    ) {
        var sum = Vector(repeating: 0)
        forEachVector(count) { index, lanes in
            let x = load(scores, index, lanes)
            sum += facet_where_not_below(x, maskedScore / 2, x)
        }
        statistics.total += sum.total
    }

    /// Adds `-log(1 - sigmoid(x))` of a block of scores to the total of their sample.
    public static func extendSoftplus(
        _ statistics: inout SoftmaxStatistics, by scores: UnsafePointer<Float>, count: Int
    ) {
        let one = Vector(repeating: 1)
        var sum = Vector(repeating: 0)
        forEachVector(count) { index, lanes in
            let x = load(scores, index, lanes, rest: maskedScore)
            sum += facet_max(x, Vector(repeating: 0)) + logarithm(one + KernelCore.exponential(-facet_abs(x)))
        }
        statistics.total += sum.total
    }

    /// Turns a block of scores into `gradient` times the derivatives of `-log(1 - sigmoid(x))`: `sigmoid(x)`.
    public static func softplusGradients(_ scores: UnsafeMutablePointer<Float>, count: Int, gradient: Float) {
        let factor = Vector(repeating: gradient)
        forEachVector(count) { index, lanes in
            store(factor * sigmoid(load(scores, index, lanes)), scores, index, lanes)
        }
    }

    /// `scores_j = logsumexp_k logits_kj`.
    ///
    /// - Parameters:
    ///   - logits: `[K, items]`, `scores`: `[items]`.
    public static func logSumExp(_ logits: MatrixView, into scores: UnsafeMutablePointer<Float>) {
        let (interests, count) = (logits.rows, logits.columns)
        let logits = logits.start
        forEachVector(count) { index, lanes in
            let (largest, sum) = shares(logits, interests, count, index, lanes)
            store(largest + logarithm(sum), scores, index, lanes)
        }
    }

    /// Turns logits into the derivatives of ``logSumExp(_:into:)`` times those of the scores:
    /// `dlogits_kj = dscores_j softmax_k(logits_kj)`.
    ///
    /// - Parameter logits: `[interests, count]`, K and items, overwritten.
    public static func logSumExpBackward(
        _ logits: UnsafeMutablePointer<Float>, interests: Int, count: Int, dscores: UnsafePointer<Float>
    ) {
        forEachVector(count) { index, lanes in
            let (largest, sum) = shares(logits, interests, count, index, lanes)
            let factor = load(dscores, index, lanes) / sum
            for interest in 0..<interests {
                let index = interest * count + index
                let share = KernelCore.exponential(load(logits, index, lanes) - largest)
                store(factor * share, logits, index, lanes)
            }
        }
    }

    /// The largest of the logits of each item, and the sum of their exponentials relative to it.
    @inline(__always)
    private static func shares(
        _ logits: UnsafePointer<Float>, _ interests: Int, _ count: Int, _ index: Int, _ lanes: Int
    ) -> (largest: Vector, sum: Vector) {
        var largest = load(logits, index, lanes)
        for interest in 1..<max(interests, 1) {
            largest = facet_max(largest, load(logits, interest * count + index, lanes))
        }
        var sum = Vector(repeating: 0)
        for interest in 0..<interests {
            sum += KernelCore.exponential(load(logits, interest * count + index, lanes) - largest)
        }
        return (largest, sum)
    }
}
