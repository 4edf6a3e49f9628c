import Differentiation
import DistributedOptimizer
import Evaluation
import Recommenders
import Training

/// What a benchmark has measured.
public struct BenchmarkResult: Sendable {
    /// The useful work of the steps of a pass, over all ranks.
    public struct StepWork: Sendable {
        /// The work of the forward passes, from the histories to the loss.
        public let forward: Work
        /// The work of the backward passes, from the loss to the gradients.
        public let backward: Work
        /// Additions of neighbours' vectors, for a model that propagates its tables.
        public let propagation: Work
        /// The work of Adam, which moves every parameter in every step.
        public let optimizer: Work

        /// The work of all phases of the steps.
        public var total: Work { forward + backward + propagation + optimizer }
    }

    /// One type of operation, in the steps of one rank that were taken to time it.
    public struct TimedOperation: Sendable {
        /// The type of the operation without `Operation`, or the name of a work on the tape that is none.
        public let name: String
        /// How often it was computed.
        public let count: Int
        /// Seconds of all its forward passes.
        public let forwardSeconds: Double
        /// Seconds of all its backward passes.
        public let backwardSeconds: Double
        /// The useful work of all its passes.
        public let cost: OperationCost

        /// Seconds of all its passes, there and back.
        public var seconds: Double { forwardSeconds + backwardSeconds }
    }

    /// One ranking of all dev rows.
    public struct Ranking: Sendable {
        /// Which items the true item of a row was ranked among.
        public let ranking: RankingProtocol
        /// Dev rows that were ranked, of all ranks.
        public let rows: Int
        /// Seconds of the fastest of the passes, by the slowest rank.
        public let seconds: Double
    }

    /// Name of the model in the catalogue.
    public let model: String
    /// The stage that was measured; nil for a model without stages.
    public let stage: TrainingStage?
    /// Name of the data set.
    public let dataset: String
    /// Ranks that took the steps together.
    public let ranks: Int
    /// Samples of a step, over all ranks.
    public let batchSize: Int
    /// Parts that the users are divided into.
    public let logicalShards: Int
    /// Number of trainable values.
    public let parameters: Int
    /// What was asked for.
    public let options: BenchmarkOptions
    /// Steps of a pass over all samples; where users are drawn, steps between two validations.
    public let stepsPerEpoch: Int
    /// Seconds of each pass, by the slowest rank.
    public let passSeconds: [Double]
    /// Samples of the fastest pass.
    public let samples: Int
    /// Items of the histories of these samples; nil for a model that reads none.
    public let tokens: Int?
    /// Seconds of the fastest pass in each phase, the mean over the ranks, in the order of ``StepPhase/allCases``.
    public let phases: [Double]
    /// Seconds a step that the slowest rank needs to add up gradients, alone; nil where that is part of `exchange`.
    public let additionSeconds: Double?
    /// The useful work of the fastest pass.
    public let work: StepWork
    /// The most memory of each rank, in bytes; nil where the system does not tell.
    public let peakBytes: [Int]?
    /// Calls of malloc in the fastest pass, over all ranks; nil unless they are counted.
    public let allocations: Int?
    /// The ranking of dev; nil unless it was asked for.
    public let ranking: Ranking?
    /// Empty unless they were asked for.
    public let operations: [TimedOperation]
    /// Nil unless it was asked for.
    public let exchange: ExchangeComparison?
    /// What the machine can do at best, measured after the steps by the same ranks.
    public let limits: MachineLimits
    /// The digest of the parameters after the warm-up and the passes, as in the result of a training; nil where no rank has
    /// all of them.
    public let parametersDigest: String?

    /// Seconds of the fastest pass.
    public var seconds: Double { passSeconds.min() ?? .nan }
    /// Seconds of a step, the mean over the fastest pass.
    public var secondsPerStep: Double { seconds / Double(options.steps) }
    /// Steps a second in the fastest pass.
    public var stepsPerSecond: Double { 1 / secondsPerStep }
    /// Samples a second in the fastest pass, of all ranks.
    public var samplesPerSecond: Double { Double(samples) / seconds }
    /// Items of histories a second in the fastest pass, of all ranks; nil for a model that reads none.
    public var tokensPerSecond: Double? { tokens.map { Double($0) / seconds } }
    /// Seconds of the steps of an epoch at the speed of the fastest pass, without the ranking of dev.
    public var secondsPerEpoch: Double { secondsPerStep * Double(stepsPerEpoch) }

    /// Seconds of the fastest pass in a phase.
    public func seconds(in phase: StepPhase) -> Double { phases[phase.rawValue] }

    /// The useful work of a phase; nil for one that has none.
    public func work(in phase: StepPhase) -> Work? {
        switch phase {
        case .forward: work.forward
        case .backward: work.backward
        case .propagation: work.propagation
        case .optimizer: work.optimizer
        case .batch, .exchange, .waiting: nil
        }
    }

    /// Useful operations a second, of all ranks.
    public var operationsPerSecond: Double { Double(work.total.operations) / seconds }
    /// Bytes a second that the useful work reads and writes, of all ranks.
    public var bytesPerSecond: Double { Double(work.total.bytes) / seconds }
    /// Bytes a second while the optimizer works, of all ranks.
    public var optimizerBytesPerSecond: Double { Double(work.optimizer.bytes) / seconds(in: .optimizer) }
    /// Useful operations, of what all ranks together can do at best.
    public var shareOfArithmetic: Double { operationsPerSecond / limits.arithmetic.allRanks }
    /// Of what large matrix products of OpenBLAS reach on all ranks together; nil where these are far below what the
    /// processor can do.
    public var shareOfProduct: Double? {
        guard let product = limits.product, !limits.libraryIsSlow else { return nil }
        return operationsPerSecond / product.allRanks
    }
    /// Of what the triad reaches on all ranks together: the memory that all phases have to touch.
    public var stepShareOfTriad: Double { bytesPerSecond / limits.triad.allRanks }
    /// The optimizer's, of what the triad reaches on all ranks together.
    public var shareOfTriad: Double { optimizerBytesPerSecond / limits.triad.allRanks }
}
