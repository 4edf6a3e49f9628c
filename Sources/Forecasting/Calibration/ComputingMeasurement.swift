import DistributedOptimizer
import Interactions
import MPI
import Recommenders
import Training

/// Measures how long a rank computes in steps of several sizes. Every rank has one.
struct ComputingMeasurement {
    private let configuration: TrainingConfiguration
    private let entry: RecommenderEntry
    private let dataset: () throws -> InteractionDataset
    private let world: Communicator

    /// Mini-batches of a rank, and samples of each.
    private static let sizes: [(shards: Int, samples: [Int])] = [
        (1, [1, 2, 4, 8, 16, 32, 64, 128]), (4, [1, 4, 16, 64]),
    ]
    /// Seconds that the steps of one size take.
    private static let duration = 0.3
    private static let warmUpSteps = 3
    private static let stepsOfSize = 8...400

    /// What was found.
    struct Result {
        let points: [StepTimeFit.Point]
        let lengths: HistoryLengths
    }

    /// The steps of one size, on this rank.
    private struct Steps {
        var seconds: [Double] = []
        var samples = 0
        var tokens = 0
    }

    /// - Parameter dataset: called on one rank of every node, for each number of shards; the same on all of them.
    init(
        _ configuration: TrainingConfiguration, entry: RecommenderEntry, world: Communicator,
        dataset: @escaping () throws -> InteractionDataset
    ) {
        self.configuration = configuration
        self.entry = entry
        self.dataset = dataset
        self.world = world
    }

    /// Measures. Collective.
    func run() throws -> Result {
        var points: [StepTimeFit.Point] = []
        var lengths = HistoryLengths(count: 0, sum: 0, squares: 0)
        for (shards, sizes) in Self.sizes {
            let data = try TrainingData(
                kind: entry.training.samples, shardCount: shards * world.size, windows: configuration.windows,
                world: world, load: dataset)
            if entry.training.samples == .sequential, configuration.windows == nil {
                lengths = try HistoryLengths(data.store, historyMax: configuration.options.historyMax, world: world)
            }
            for samples in sizes {
                let steps = try measure(shards: shards, samples: samples, data)
                let count = max(steps.seconds.count, 1)
                let all = try world.allReduce(
                    [
                        steps.seconds.isEmpty ? 0 : steps.seconds.median,
                        Double(steps.samples) / Double(count * shards),
                        Double(steps.tokens) / Double(max(steps.samples, 1)),
                    ], .sum
                ).map { $0 / Double(world.size) }
                guard all[1] > 0 else { continue }
                points.append(StepTimeFit.Point(shards: shards, samples: all[1], seconds: all[0]))
                if configuration.windows != nil {
                    lengths = HistoryLengths(count: 1, sum: all[2], squares: all[2] * all[2])
                }
            }
        }
        return Result(points: points, lengths: lengths)
    }

    /// The steps of a training with so many mini-batches a rank. Collective.
    private func measure(shards: Int, samples: Int, _ data: TrainingData) throws -> Steps {
        var configuration = configuration
        configuration.logicalShards = shards * world.size
        configuration.batchSize = samples * configuration.logicalShards
        let replica = try ModelReplica(configuration, entry: entry, data: data, world: world)
        let optimizer = replica.optimizer
        if world.rank == 0 { optimizer.parameters.initialize(replica.layout, seed: configuration.seed) }
        try optimizer.broadcastParameters()
        var (step, stepOfEpoch, epoch) = (0, 0, 1)
        replica.worker.beginEpoch(epoch)
        /// Takes a step; Adam runs too, as it drives out of the caches what the next one reads.
        func advance() throws -> (seconds: Double, samples: Int, tokens: Int) {
            if stepOfEpoch == replica.stepsPerEpoch {
                epoch += 1
                stepOfEpoch = 0
                replica.worker.beginEpoch(epoch)
            }
            step += 1
            let tokens = replica.worker.tokens
            let start = ContinuousClock.now
            try replica.worker.computeGradients(stepOfEpoch: stepOfEpoch, step: step, into: optimizer)
            let seconds = (ContinuousClock.now - start).inSeconds
            stepOfEpoch += 1
            let samples = optimizer.recordedGradients.reduce(0) { $0 + $1.gradient.sampleCount }
            _ = try optimizer.step(step, flag: false)
            return (seconds, samples, replica.worker.tokens - tokens)
        }
        let begin = ContinuousClock.now
        for _ in 0..<Self.warmUpSteps { _ = try advance() }
        let warmUp = try world.allReduce((ContinuousClock.now - begin).inSeconds, .maximum)
        let wanted = Int(min(Self.duration * Double(Self.warmUpSteps) / max(warmUp, 1e-6), 1e6))
        var steps = Steps()
        for _ in 0..<min(max(wanted, Self.stepsOfSize.lowerBound), Self.stepsOfSize.upperBound) {
            let taken = try advance()
            // At the end of an epoch there are fewer samples.
            guard configuration.sampling == .users || taken.samples >= shards * samples else { continue }
            steps.seconds.append(taken.seconds)
            steps.samples += taken.samples
            steps.tokens += taken.tokens
        }
        try optimizer.close()
        return steps
    }
}
