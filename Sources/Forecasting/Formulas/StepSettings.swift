import DistributedOptimizer

/// How a step is divided and exchanged.
public struct StepSettings: Sendable, Equatable {
    /// In which rounds gradients travel between hosts.
    public enum ExchangeRounds: String, Sendable, CaseIterable {
        /// Each to each other one, in two rounds.
        case direct
        /// Halves of halves, in twice log2 of the hosts rounds.
        case halving
    }

    /// Samples of a step, over all ranks.
    public let batchSize: Int
    /// Mini-batches of a step, over all ranks.
    public let logicalShards: Int
    /// Where rows lie.
    public let sharding: TableSharding
    /// Where moments lie.
    public let optimizerSharding: OptimizerSharding
    /// How gradients travel.
    public let rounds: ExchangeRounds
    /// Whether the gradient of a step is measured as a whole before Adam.
    public let clipsGradient: Bool
    /// Whether a rank adds the gradients of its shards as they come, as under the full softmax.
    public let addsOnArrival: Bool
    /// Values that there are of each parameter: itself, two moments, and the average where there is one.
    public let copies: Int
    /// Values of the tables whose rows take their steps when they are read, several at once.
    public let deferredValues: Int

    /// - Parameters:
    ///   - batchSize: at least as many as shards.
    ///   - logicalShards: at least as many as ranks.
    public init(
        batchSize: Int, logicalShards: Int, sharding: TableSharding = .none,
        optimizerSharding: OptimizerSharding = .none, rounds: ExchangeRounds = .direct, clipsGradient: Bool = false,
        addsOnArrival: Bool = false, copies: Int = 3, deferredValues: Int = 0
    ) {
        self.batchSize = batchSize
        self.logicalShards = logicalShards
        self.sharding = sharding
        self.optimizerSharding = optimizerSharding
        self.rounds = rounds
        self.clipsGradient = clipsGradient
        self.addsOnArrival = addsOnArrival
        self.copies = copies
        self.deferredValues = deferredValues
    }

    /// Samples of a mini-batch, the mean.
    public var samplesOfShard: Double { Double(batchSize) / Double(logicalShards) }
}
