import Differentiation
import DistributedOptimizer
import Evaluation
import Recommenders
import Training

/// What a benchmark has measured.
public struct BenchmarkResult: Sendable {
    /// The useful work of the steps of a pass, over all ranks.
    public struct StepWork: Sendable {
        public let forward: Work
        public let backward: Work
        /// Additions of neighbours' vectors, for a model that propagates its tables.
        public let propagation: Work
        public let optimizer: Work

        public var total: Work { forward + backward + propagation + optimizer }
    }

    /// One type of operation, in the steps of one rank that were taken to time it.
    public struct TimedOperation: Sendable {
        public let name: String
        public let count: Int
        public let forwardSeconds: Double
        public let backwardSeconds: Double
        public let cost: OperationCost

        public var seconds: Double { forwardSeconds + backwardSeconds }
    }

    /// One ranking of all dev rows.
    public struct Ranking: Sendable {
        public let ranking: RankingProtocol
        public let rows: Int
        public let seconds: Double
    }

    public let model: String
    public let stage: TrainingStage?
    public let dataset: String
    public let ranks: Int
    public let batchSize: Int
    public let logicalShards: Int
    /// Number of trainable values.
    public let parameters: Int
    public let options: BenchmarkOptions
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
    public let work: StepWork
    /// The most memory of each rank, in bytes; nil where the system does not tell.
    public let peakBytes: [Int]?
    /// Calls of malloc in the fastest pass, over all ranks; nil unless they are counted.
    public let allocations: Int?
    public let ranking: Ranking?
    /// Empty unless they were asked for.
    public let operations: [TimedOperation]
    /// Nil unless it was asked for.
    public let exchange: ExchangeComparison?
    public let limits: MachineLimits
    /// Of the parameters after the warm-up and the passes, as in the result of a training.
    public let parametersDigest: String

    /// Seconds of the fastest pass.
    public var seconds: Double { passSeconds.min() ?? .nan }
    public var secondsPerStep: Double { seconds / Double(options.steps) }
    public var stepsPerSecond: Double { 1 / secondsPerStep }
    public var samplesPerSecond: Double { Double(samples) / seconds }
    public var tokensPerSecond: Double? { tokens.map { Double($0) / seconds } }
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
    public var bytesPerSecond: Double { Double(work.total.bytes) / seconds }
    /// Bytes a second while the optimizer works, of all ranks.
    public var optimizerBytesPerSecond: Double { Double(work.optimizer.bytes) / seconds(in: .optimizer) }
    /// Of what large matrix products reach on all ranks together; nil where OpenBLAS computes them by a generic kernel,
    /// which is no limit of the machine.
    public var shareOfProduct: Double? {
        guard let product = limits.product, limits.genericCore == nil else { return nil }
        return operationsPerSecond / product.allRanks
    }
    /// Of what the triad reaches on all ranks together: the memory that all phases have to touch.
    public var stepShareOfTriad: Double { bytesPerSecond / limits.triad.allRanks }
    /// The optimizer's, of what the triad reaches on all ranks together.
    public var shareOfTriad: Double { optimizerBytesPerSecond / limits.triad.allRanks }
}
