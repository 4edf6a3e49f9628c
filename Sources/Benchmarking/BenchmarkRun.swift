import Differentiation
import DistributedOptimizer
import Evaluation
import MPI
import ModelFiles
import Recommenders
import Training

/// Takes the steps of a benchmark and measures them. Every rank has one.
final class BenchmarkRun {
    private let configuration: TrainingConfiguration
    private let entry: RecommenderEntry
    private let data: TrainingData
    private let options: BenchmarkOptions
    private let world: Communicator
    private let trained: ModelReplica
    private let phases = PhaseClock()
    private var step = 0
    private var epoch = 1
    private var stepOfEpoch = 0

    /// What one pass was, on all ranks together.
    private struct Pass {
        let seconds: Double
        let phases: [Double]
        let samples: Int
        let tokens: Int
        let work: BenchmarkResult.StepWork
        let allocations: Int?
    }

    /// Builds the model and shares out the memory. Collective.
    init(
        _ configuration: TrainingConfiguration, entry: RecommenderEntry, data: TrainingData, options: BenchmarkOptions,
        world: Communicator
    ) throws {
        self.configuration = configuration
        self.entry = entry
        self.data = data
        self.options = options
        self.world = world
        trained = try ModelReplica(configuration, entry: entry, data: data, world: world)
    }

    /// Measures everything that the options ask for. Collective.
    ///
    /// - Returns: what was found at rank 0, nil elsewhere.
    func run() throws -> BenchmarkResult? {
        let optimizer = trained.optimizer
        if world.rank == 0 || optimizer.kept != nil {
            optimizer.parameters.initialize(trained.layout, optimizer.kept, seed: configuration.seed)
        }
        try optimizer.broadcastParameters()
        trained.worker.beginEpoch(epoch)
        let profile = OperationProfile(measuresTime: false)
        trained.worker.tape.profile = profile
        trained.worker.phases = phases
        optimizer.phases = phases

        _ = try advance(options.warmUpSteps)
        var fastest: Pass?
        var passSeconds: [Double] = []
        for _ in 0..<options.passes {
            let pass = try measurePass(profile)
            passSeconds.append(pass.seconds)
            if pass.seconds <= passSeconds.min() ?? .infinity { fastest = pass }
        }
        trained.worker.phases = nil
        optimizer.phases = nil
        trained.worker.tape.profile = nil
        // What is measured from here on needs memory of its own.
        let peaks = try world.allGather(ProcessMemory.peakBytes ?? 0)
        let hasAllRows = world.rank == 0 && optimizer.kept == nil
        let digest = hasAllRows ? ModelFile.digest(optimizer.parameters, trained.layout) : nil
        let additionSeconds = try measureAddition()
        let ranking = try measureRanking()
        let comparison = options.comparesExchange ? try compareExchange() : nil
        let operations = options.timesOperations ? try measureOperations() : []
        try optimizer.close()
        let limits = try MachineLimits(world: world)
        guard world.rank == 0, let fastest else { return nil }
        return BenchmarkResult(
            model: entry.name, stage: configuration.stage, dataset: data.name, ranks: world.size,
            batchSize: configuration.batchSize, logicalShards: configuration.logicalShards,
            parameters: trained.layout.parameterCount, options: options, stepsPerEpoch: trained.stepsPerEpoch,
            passSeconds: passSeconds, samples: fastest.samples,
            tokens: data.kind == .sequential ? fastest.tokens : nil, phases: fastest.phases,
            additionSeconds: additionSeconds, work: fastest.work, peakBytes: peaks.contains(0) ? nil : peaks,
            allocations: fastest.allocations, ranking: ranking, operations: operations, exchange: comparison,
            limits: limits,
            parametersDigest: digest)
    }

    /// Takes the next steps of the training.
    ///
    /// - Parameter beforeUpdate: called when the gradients of a step have been computed.
    /// - Returns: their samples, over all ranks.
    private func advance(_ count: Int, beforeUpdate: () throws -> Void = {}) throws -> Int {
        var samples = 0
        for number in 0..<count {
            if stepOfEpoch == trained.stepsPerEpoch {
                epoch += 1
                stepOfEpoch = 0
                trained.worker.beginEpoch(epoch)
            }
            step += 1
            try trained.worker.fetchRows(stepOfEpoch: stepOfEpoch, step: step, for: trained.optimizer)
            try trained.worker.computeGradients(stepOfEpoch: stepOfEpoch, step: step, into: trained.optimizer)
            // What a pass leaves to later steps would be no work of anybody.
            if number + 1 < count, stepOfEpoch + 1 < trained.stepsPerEpoch {
                trained.worker.announceReads(stepOfEpoch: stepOfEpoch + 1, step: step + 1, to: trained.optimizer)
            }
            try beforeUpdate()
            samples += try trained.optimizer.step(step, flag: false).sampleCount
            stepOfEpoch += 1
        }
        return samples
    }

    private func measurePass(_ profile: OperationProfile) throws -> Pass {
        profile.clear()
        let tokensBefore = trained.worker.tokens
        let propagatedBefore = trained.optimizer.propagator?.work ?? .none
        try world.barrier()
        let allocationsBefore = ProcessMemory.allocationCount
        phases.restart()
        let samples = try advance(options.steps)
        let allocations = ProcessMemory.allocationCount.map { $0 - (allocationsBefore ?? 0) }
        let times = phases.finish()
        let propagated = trained.optimizer.propagator?.work ?? .none
        let total = profile.total
        let work = BenchmarkResult.StepWork(
            forward: try sum(total.forward), backward: try sum(total.backward),
            propagation: try sum(
                Work(
                    operations: propagated.operations - propagatedBefore.operations,
                    bytes: propagated.bytes - propagatedBefore.bytes)),
            optimizer: optimizerWork)
        return Pass(
            seconds: try world.allReduce(times.reduce(0, +), .maximum),
            phases: try times.map { try world.allReduce($0, .sum) / Double(world.size) }, samples: samples,
            tokens: try world.allReduce(trained.worker.tokens - tokensBefore, .sum), work: work,
            allocations: try allocations.map { try world.allReduce($0, .sum) })
    }

    private func sum(_ work: Work) throws(MPIError) -> Work {
        Work(
            operations: try world.allReduce(work.operations, .sum), bytes: try world.allReduce(work.bytes, .sum))
    }

    /// Adam on every parameter in every step of a pass: 16 operations; parameters and two moments read and written.
    private var optimizerWork: Work {
        let count = trained.layout.parameterCount * options.steps
        return Work(16 * count, floats: 6 * count)
    }

    /// Seconds that a rank needs to add up the gradients of a step, where the optimizer does it on the way.
    private func measureAddition() throws -> Double? {
        try world.barrier()
        var hasAddition = true
        let repetitions = 10
        let time = ContinuousClock().measure {
            for _ in 0..<repetitions { hasAddition = trained.optimizer.repeatAddition() }
        }
        // The gradients lie in memory that others read.
        let seconds = try world.allReduce(time.inSeconds / Double(repetitions), .maximum)
        return hasAddition ? seconds : nil
    }

    /// Ranks dev as often as there are passes.
    private func measureRanking() throws -> BenchmarkResult.Ranking? {
        guard options.ranking != nil, let ranking = configuration.ranking else { return nil }
        let evaluator = Evaluator(
            store: data.store, kind: data.kind, split: .dev, historyMax: configuration.options.historyMax,
            ranking: ranking, score: configuration.objective.score, mixture: trained.worker.objective.mixture,
            neighbours: data.neighbourScores(for: configuration), seed: configuration.seed)
        var fastest = Double.infinity
        var rows = 0
        for _ in 0..<options.passes {
            try world.barrier()
            let start = ContinuousClock.now
            trained.optimizer.propagator?.materializeAll()
            let metrics = try evaluator.metrics(
                of: trained.model, on: trained.worker.tape, topK: configuration.topK, world: world,
                rows: trained.optimizer.rowFetch.map { FetchedRows($0, of: trained.model, trained.optimizer) })
            fastest = min(fastest, try world.allReduce((ContinuousClock.now - start).inSeconds, .maximum))
            rows = metrics?.rows ?? rows
        }
        return BenchmarkResult.Ranking(ranking: ranking, rows: rows, seconds: fastest)
    }

    /// Compares the exchange with others, in further steps.
    private func compareExchange() throws -> ExchangeComparison {
        guard let trial = trained.optimizer.messageTrial() else {
            return try world.collectively {
                guard trained.optimizer.division == nil else {
                    throw TrainingError(
                        .usage, "--compare-exchange is about the sums of whole gradients",
                        recoverySuggestion: "leave --table-sharding and --optimizer-sharding out")
                }
                throw TrainingError(
                    .usage, "--compare-exchange is about nodes, and all ranks share the memory of one",
                    recoverySuggestion:
                        "start on several nodes, or send messages on one with --exchange messages and two ranks")
            }
        }
        let measurement = try ExchangeMeasurement(trial, world: world)
        _ = try advance(options.steps, beforeUpdate: measurement.measureStep)
        return try measurement.finish()
    }

    /// Times each operation in further steps.
    ///
    /// - Returns: those of this rank.
    private func measureOperations() throws -> [BenchmarkResult.TimedOperation] {
        let profile = OperationProfile(measuresTime: true)
        trained.worker.tape.profile = profile
        // The first steps make the entries.
        _ = try advance(2)
        profile.clear()
        _ = try advance(options.steps)
        trained.worker.tape.profile = nil
        return profile.entries.map {
            BenchmarkResult.TimedOperation(
                name: $0.name, count: $0.count, forwardSeconds: $0.forwardTime.inSeconds,
                backwardSeconds: $0.backwardTime.inSeconds, cost: $0.cost)
        }
    }
}
