import Differentiation
import Evaluation
import Interactions
import KernelCore
import MPI
import Recommenders
import Reporting

/// One training of one model in one stage, on all ranks together.
///
/// Every rank computes the gradients of its shards and takes part in the exchange; rank 0 decides about the best epoch
/// and the end, and writes the files.
public final class TrainingRun {
    private var configuration: TrainingConfiguration
    private let entry: RecommenderEntry
    private let data: TrainingData
    private let world: Communicator
    private let console: Console
    private let progress: ProgressBar
    private let folder: RunFolder
    private let trained: ModelInTraining
    private let ranking: RankingProtocol
    private let dev: Evaluator
    private var log: MetricsLog?
    private var stopping: EarlyStopping
    /// The parameters of the best epoch so far and their dev metrics, on rank 0.
    private var best: (parameters: ParameterStorage, dev: RankingMetrics)?
    private var step = 0
    private var epoch = 0
    private var samples = 0
    private var trainSeconds = 0.0
    private var epochSeconds = 0.0
    private var epochSamples = 0

    private var isRoot: Bool { world.rank == 0 }
    private var layout: ParameterLayout { trained.layout }
    private var model: any Recommender { trained.model }
    private var exchange: any GradientExchange { trained.exchange }
    private var worker: ShardWorker { trained.worker }
    private var stepsPerEpoch: Int { trained.stepsPerEpoch }

    /// Builds the model and shares out the memory. Collective.
    ///
    /// - Parameter configuration: complete; `ranking` nil takes what the data set offers.
    public init(
        _ configuration: TrainingConfiguration, entry: RecommenderEntry, data: TrainingData, world: Communicator,
        console: Console
    ) throws {
        self.entry = entry
        self.data = data
        self.world = world
        self.console = console
        progress = ProgressBar(on: console)
        folder = RunFolder(configuration.output)
        ranking = try world.together { try data.ranking(for: configuration) }
        var configuration = configuration
        configuration.ranking = ranking
        self.configuration = configuration
        trained = try ModelInTraining(configuration, entry: entry, data: data, world: world)
        stopping = EarlyStopping(
            patience: configuration.earlyStop, oldest: configuration.patience,
            countsRises: configuration.sampling == .epoch)
        dev = Evaluator(
            store: data.store, kind: data.kind, split: .dev, historyMax: configuration.options.historyMax,
            ranking: ranking, historyScores: configuration.historyScores,
            measures: configuration.measures.filter(\.isOfPositions), seed: configuration.seed)
    }

    /// Trains to the end, tests once with the best epoch's parameters and writes the result. Collective.
    ///
    /// - Returns: the result at rank 0, nil elsewhere.
    public func run() throws -> TrainingResult? {
        let leftOut = try world.allReduce(dev.rowsWithoutHistory, .sum)
        if leftOut > 0 {
            console.warning("\(leftOut) dev rows have no history and are not ranked; the metrics are of the others")
        }
        try initializeParameters()
        try world.together {
            guard isRoot else { return }
            try folder.create()
            try folder.removeFindings()
            try folder.write(configuration)
            log = try MetricsLog(creating: folder.metrics)
        }
        var isFinished = false
        while !isFinished {
            epoch += 1
            let loss = try trainEpoch()
            isFinished = try evaluateEpoch(meanLoss: loss)
        }
        progress.finish()
        let result = try test()
        try exchange.close()
        return result
    }

    private func initializeParameters() throws {
        let extractor = configuration.extractor
        try world.together {
            guard isRoot else { return }
            exchange.parameters.initialize(layout, seed: configuration.seed)
            guard let prefix = entry.inheritedPrefix, let extractor else { return }
            try PretrainedParameters.read(extractor, prefix, into: exchange.parameters, layout, configuration)
            if folder.holdsFindings(of: extractor) {
                try folder.keepAsPretrained()
                configuration.extractor = folder.pretrain.path
            }
        }
        try exchange.distributeParameters()
    }

    /// Trains one epoch, or less where the number of steps ends.
    ///
    /// - Returns: the mean loss of its samples.
    private func trainEpoch() throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        let steps = entry.isTrained ? min(stepsPerEpoch, configuration.maxSteps.map { $0 - step } ?? stepsPerEpoch) : 0
        worker.beginEpoch(epoch)
        progress.beginEpoch(epoch, of: configuration.epochs, steps: steps)
        var lossSum = 0.0
        var sampleCount = 0
        for place in 0..<steps {
            step += 1
            worker.computeGradients(place: place, step: step, into: exchange)
            let summary = try exchange.update(step: step)
            if !summary.loss.isFinite { try world.together { try refuse(summary.loss) } }
            lossSum += summary.loss
            sampleCount += summary.samples
            progress.update(step: place + 1, samples: summary.samples, loss: lossSum / Double(sampleCount))
        }
        epochSeconds = (clock.now - start).inSeconds
        epochSamples = sampleCount
        trainSeconds += epochSeconds
        samples += sampleCount
        return lossSum / Double(max(sampleCount, 1))
    }

    private func refuse(_ loss: Double) throws(TrainingError) {
        throw TrainingError(
            .failure, "the loss of step \(step) (epoch \(epoch)) is \(loss)",
            remedy: "lower the learning rate with --lr, or look for extreme options")
    }

    /// Ranks dev, remembers the best, writes a line to the log.
    ///
    /// - Returns: whether the training has come to its end, on all ranks.
    private func evaluateEpoch(meanLoss: Double) throws -> Bool {
        exchange.propagator?.completeAll()
        let metrics = try dev.metrics(of: model, on: worker.tape, topK: configuration.topK, world: world)
        try world.together {
            guard let metrics else { return }
            if stopping.add(metrics.selection) {
                let storage = best?.parameters ?? ParameterStorage(layout)
                storage.values.copy(from: exchange.parameters, layout)
                best = (storage, metrics)
                try writeModel(storage)
            }
            try log?.append([
                "epoch": .integer(epoch),
                "step": .integer(step),
                "train_loss": .number(meanLoss),
                "seconds": .number(epochSeconds),
                "samples_per_second": .number(Double(epochSamples) / epochSeconds),
                "dev": metrics.json,
            ])
            let shown = metrics.named.prefix(2).map { "\($0.name) \(NumberText.fixed($0.value, decimals: 4))" }
            let mark = stopping.bestEpoch == epoch ? " *" : ""
            progress.endEpoch(summary: "dev " + shown.joined(separator: " ") + mark)
        }
        let isLast =
            !entry.isTrained || epoch == configuration.epochs || configuration.maxSteps.map { step >= $0 } ?? false
        return try world.broadcast((isLast || stopping.shouldStop) ? 1 : 0, from: 0) == 1
    }

    private func writeModel(_ storage: ParameterStorage) throws(FileError) {
        try ModelFile.write(
            storage.values, layout, to: folder.model,
            metadata: [("model", entry.name), ("dataset", data.name), ("epoch", String(epoch))])
    }

    /// Restores the best parameters everywhere and ranks test.
    private func test() throws -> TrainingResult? {
        if let best { exchange.parameters.copy(from: best.parameters.values, layout) }
        try exchange.distributeParameters()
        exchange.propagator?.completeAll()
        let test = try Evaluator(
            store: data.store, kind: data.kind, split: .test, historyMax: configuration.options.historyMax,
            ranking: ranking, historyScores: configuration.historyScores, measures: configuration.measures,
            seed: configuration.seed
        ).metrics(of: model, on: worker.tape, topK: configuration.topK, world: world)
        let popularity = try data.popularity.metrics(
            store: data.store, kind: data.kind, split: .test, historyMax: configuration.options.historyMax,
            ranking: ranking, historyScores: configuration.historyScores, topK: configuration.topK,
            measures: configuration.measures, world: world)
        return try world.together {
            guard let best, let test, let popularity else { return nil }
            let result = TrainingResult(
                model: entry.name, dataset: data.name, test: test, dev: best.dev, popularity: popularity,
                ranking: ranking, historyScores: configuration.historyScores, bestEpoch: stopping.bestEpoch,
                epochs: epoch, steps: step,
                parameters: layout.parameterCount, ranks: world.size, trainSeconds: trainSeconds,
                samplesPerSecond: Double(samples) / trainSeconds,
                parametersDigest: ModelFile.digest(best.parameters.values, layout))
            try AtomicFile.write(result.json.pretty, to: folder.result)
            return result
        }
    }
}

extension Duration {
    /// Seconds as a number.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
