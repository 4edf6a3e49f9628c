import Evaluation
import Interactions

/// Everything that a training has to know, beside its numbers in memory, to continue as if it had never stopped.
///
/// A step is a function of parameters, moments, step number, configuration and data; samplers and dropout are functions
/// of (seed, epoch, step). So the number of steps of the epoch is all that there is to remember of them.
package struct TrainingState: Sendable, Equatable, Codable {
    /// Steps that are done.
    package var step = 0
    /// The epoch of the last step, counted from 1.
    package var epoch = 0
    /// Steps of this epoch that are done.
    package var stepsOfEpoch = 0
    /// The sum of the losses of this epoch's samples so far.
    package var epochLoss = 0.0
    /// Samples of this epoch so far, over all ranks.
    package var epochSamples = 0
    /// Seconds of this epoch's steps so far; ranking dev does not count.
    package var epochSeconds = 0.0
    /// Seconds of this epoch so far at rank 0, by ``DistributedOptimizer/StepPhase`` and then for copies of checkpoints; nil
    /// in checkpoints of earlier versions.
    package var epochPhases: [Double]?
    /// Mean loss of the first step; nil before it, and in checkpoints of earlier versions.
    package var firstLoss: Double?
    /// Samples of all steps that are done, over all ranks.
    package var samples = 0
    /// Seconds of all steps that are done; ranking dev does not count.
    package var trainSeconds = 0.0
    /// Dev results of all epochs that were evaluated, the oldest first.
    package var results: [Double] = []
    /// The epoch of the best of these results, counted from 1; 0 where there are none.
    package var bestEpoch = 0
    /// Dev metrics of the epoch whose parameters are kept; nil where none was evaluated.
    package var bestMetrics: RankingMetrics?
    /// The lines of `metrics.jsonl`.
    package var log: [String] = []

    /// The state before the first step.
    package init() {}

    /// Names of the checkpoint format.
    private enum CodingKeys: String, CodingKey {
        case step, epoch
        case stepsOfEpoch = "place"
        case epochLoss, epochSamples, epochSeconds, epochPhases, firstLoss, samples, trainSeconds, results, bestEpoch,
            bestMetrics
        case log
    }

    /// Whether the epoch is over and its dev metrics are known; also before the first one.
    package var isEvaluated: Bool { results.count == epoch }

    /// What does not fit together, for a state that was read from a file.
    ///
    /// - Parameter stepsPerEpoch: of the training that is resumed.
    package func inconsistency(stepsPerEpoch: Int) -> String? {
        let numbers = [step, epoch, stepsOfEpoch, epochSamples, samples, bestEpoch]
        if numbers.contains(where: { $0 < 0 }) { return "a number is negative" }
        // So that the numbers of the steps to come can be added.
        if let firstLoss, !firstLoss.isFinite { return "the first loss is \(firstLoss)" }
        if max(samples, epochSamples) > 1 << 53 { return "\(samples) samples" }
        if let bestMetrics, !bestMetrics.isConsistent { return "the best metrics do not fit together" }
        if log.contains(where: { $0.utf8.contains(UInt8(ascii: "\n")) }) { return "a line of the log is more than one" }
        if stepsOfEpoch > stepsPerEpoch { return "step \(stepsOfEpoch) of an epoch of \(stepsPerEpoch) steps" }
        if results.count != epoch && results.count + 1 != epoch { return "\(results.count) results in epoch \(epoch)" }
        if log.count != results.count { return "\(log.count) lines of the log, \(results.count) results" }
        if bestEpoch > results.count || (bestEpoch > 0) != (bestMetrics != nil) || (bestEpoch > 0) == results.isEmpty {
            return "the best epoch is \(bestEpoch) of \(results.count)"
        }
        let (before, overflow) = max(epoch - 1, 0).multipliedReportingOverflow(by: stepsPerEpoch)
        if overflow || step != before + stepsOfEpoch {
            return "step \(step) is not step \(stepsOfEpoch) of epoch \(epoch)"
        }
        if step > Int(UInt32.max) { return "step \(step)" }
        return nil
    }
}
