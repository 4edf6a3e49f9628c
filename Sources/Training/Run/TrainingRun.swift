import Differentiation
import DistributedOptimizer
import Evaluation
import FileIO
import Interactions
import KernelCore
import MPI
import ModelFiles
import Recommenders
import Reporting

/// One training of one model in one stage, on all ranks together.
///
/// Every rank computes the gradients of its shards and takes part in the optimizer's step; rank 0 decides about the best epoch
/// and the end, and writes the files.
public final class TrainingRun {
    var configuration: TrainingConfiguration
    let control: RunControl
    let entry: RecommenderEntry
    let data: TrainingData
    let world: Communicator
    let console: Console
    let progress: ProgressBar
    let folder: RunFolder
    let replica: ModelReplica
    let ranking: RankingProtocol
    let dev: Evaluator
    let stalls: StallDetector
    /// Complete on rank 0; elsewhere without results, log and seconds.
    var state = TrainingState()
    /// Epochs whose dev metrics are known, on all ranks.
    var evaluatedEpochs = 0
    var stopping: EarlyStopping
    /// The parameters that are kept, on rank 0: those of the best epoch so far, or of the last one.
    var kept: ParameterStorage?
    var log: MetricsLog?
    /// On rank 0: the claim to the run, which whoever made it gives back.
    var fence: RunFence?
    var checkpoints: CheckpointWriter?
    /// Measures the phases of the steps; paused between epochs.
    let phases = PhaseClock()
    /// The metrics file, the trace and what else shows the training while it runs, on every rank; nil: none was asked for.
    var observation: TrainingObservation? { didSet { phases.timeline = observation?.timeline } }
    /// The event files of `--tensorboard`, on rank 0; nil: they were not asked for.
    var events: TensorBoardLog?
    var diagnosis = TrainingDiagnosis()
    /// The popularity baseline on dev, at rank 0, once ``rankedPopularityOnDev()`` was called.
    private var popularityOnDev: RankingMetrics?
    private var hasRankedPopularity = false
    /// Seconds by phase that the epoch had when this process resumed it, at rank 0: as ``TrainingState/epochPhases``.
    private var phasesBefore: [Double] = []
    /// When the seconds began that ``countSeconds()`` adds to the state next.
    private var uncountedSince = ContinuousClock.now
    /// Seconds of the epoch so far in which steps waited for copies of checkpoints.
    var copySeconds = 0.0
    /// Seconds from the beginning of the command, or of its stage, to the end of the first step that this process took.
    private(set) var startSeconds: Double?

    var isRoot: Bool { world.rank == 0 }
    var layout: ParameterLayout { replica.layout }
    var model: any Recommender { replica.model }
    var optimizer: any DistributedOptimizer { replica.optimizer }
    var worker: ShardWorker { replica.worker }
    var stepsPerEpoch: Int { replica.stepsPerEpoch }

    /// Builds the model and shares out the memory. Collective.
    ///
    /// - Parameter configuration: complete; `ranking` nil takes what the data set offers.
    public init(
        _ configuration: TrainingConfiguration, control: RunControl = RunControl(), entry: RecommenderEntry,
        data: TrainingData, stalls: StallDetector, world: Communicator, console: Console
    ) throws {
        self.control = control
        self.entry = entry
        self.data = data
        self.stalls = stalls
        self.world = world
        self.console = console
        progress = ProgressBar(on: console)
        folder = RunFolder(configuration.output)
        let configuration = try world.collectively { try data.resolve(configuration) }
        self.configuration = configuration
        ranking = configuration.ranking ?? .full
        replica = try ModelReplica(configuration, entry: entry, data: data, world: world)
        stopping = EarlyStopping(
            notRising: data.hasDev ? configuration.earlyStop : 0, patience: configuration.patience,
            countsRises: configuration.sampling == .epoch)
        dev = Evaluator(
            store: data.store, kind: data.kind, split: .dev, historyMax: configuration.options.historyMax,
            ranking: ranking, historyScores: configuration.historyScores,
            measures: configuration.measures.filter(\.isOfPositions), comparesInterests: true,
            score: configuration.objective.score, mixture: replica.worker.objective.mixture,
            neighbours: data.neighbourScores(for: configuration), seed: configuration.seed)
        phases.pause()
        replica.worker.phases = phases
        replica.optimizer.phases = phases
    }

    /// Trains to the end, tests once with the kept parameters and writes the result. Collective.
    ///
    /// Where it is asked to stop before, it writes a checkpoint and returns.
    public func run() throws -> RunOutcome {
        try prepare()
        while try !isFinished() {
            if evaluatedEpochs == state.epoch {
                try writeFirstCheckpoint()
                beginEpoch()
            }
            guard try trainEpoch() else { return try stop() }
            do { try evaluateEpoch() } catch is EvaluationAbandoned { return try stop() }
        }
        progress.finish()
        if control.checkpoints.isOn { try writeCheckpoint() }
        let result: TrainingResult?
        do { result = try test() } catch is EvaluationAbandoned { return try stop() }
        noteValues()
        try writeTrace()
        try optimizer.close()
        return .finished(result.map(FinishedRun.init))
    }

    private func beginEpoch() {
        state.epoch += 1
        state.stepsOfEpoch = 0
        state.epochLoss = 0
        state.epochSamples = 0
        state.epochSeconds = 0
        state.epochPhases = nil
    }

    /// Trains what is left of the epoch, or less where the number of steps ends.
    ///
    /// - Returns: false where a rank was asked to stop before, the same on all ranks.
    private func trainEpoch() throws -> Bool {
        let steps = min(
            stepsPerEpoch, configuration.maxSteps.map { $0 - state.step + state.stepsOfEpoch } ?? stepsPerEpoch)
        worker.beginEpoch(state.epoch)
        let epochs = configuration.maxSteps.map { min(configuration.epochs, ($0 - 1) / max(stepsPerEpoch, 1) + 1) }
        if entry.training.isTrained {
            progress.beginEpoch(
                state.epoch, of: epochs ?? configuration.epochs, steps: steps, completed: state.stepsOfEpoch)
        }
        phasesBefore = state.epochPhases ?? []
        phases.clear()
        copySeconds = 0
        let span = observation?.timeline?.open(.epoch, number: state.epoch)
        defer {
            phases.pause()
            if let span { observation?.timeline?.close(span) }
        }
        uncountedSince = .now
        while state.stepsOfEpoch < steps {
            stalls.note(.computing, step: state.step + 1)
            phases.beginStep(state.step + 1)
            try worker.fetchRows(stepOfEpoch: state.stepsOfEpoch, step: state.step + 1, for: optimizer)
            try worker.computeGradients(stepOfEpoch: state.stepsOfEpoch, step: state.step + 1, into: optimizer)
            // Behind the last one everything is read.
            if state.stepsOfEpoch + 1 < steps {
                worker.announceReads(stepOfEpoch: state.stepsOfEpoch + 1, step: state.step + 2, to: optimizer)
            }
            stalls.note(.exchanging, step: state.step + 1)
            // Adds up the gradients of all ranks and updates the parameters. All ranks have to stop after the same step, so
            // the request of one travels with the gradients.
            let summary = try optimizer.step(state.step + 1, flag: control.stop.isMade)
            let stopIsRequested = summary.flag
            if startSeconds == nil { startSeconds = (ContinuousClock.now - control.begin).inSeconds }
            if !summary.isFinite { try refuse(summary) }
            try refuseDivergence(summary)
            state.step += 1
            state.stepsOfEpoch += 1
            state.epochLoss += summary.loss
            state.epochSamples += summary.sampleCount
            state.samples += summary.sampleCount
            progress.update(
                step: state.stepsOfEpoch, samples: summary.sampleCount,
                loss: state.epochLoss / Double(state.epochSamples))
            if stopIsRequested {
                countSeconds()
                return false
            }
            publish(.training)
            try writeCheckpointIfDue()
        }
        countSeconds()
        return true
    }

    /// Seconds of steps that are not in the state yet.
    var uncountedSeconds: Double { phases.isRunning ? (ContinuousClock.now - uncountedSince).inSeconds : 0 }

    /// Moves the seconds since the last call into the state, and lets the clock of the phases stand.
    func countSeconds() {
        phases.pause()
        let before =
            phasesBefore + [Double](repeating: 0, count: max(StepPhase.allCases.count + 1 - phasesBefore.count, 0))
        state.epochPhases = zip(before, phases.seconds + [copySeconds]).map(+)
        let now = ContinuousClock.now
        let seconds = (now - uncountedSince).inSeconds
        state.epochSeconds += seconds
        state.trainSeconds += seconds
        uncountedSince = now
    }

    /// Ranks dev, remembers the best, writes a line to the log.
    private func evaluateEpoch() throws {
        stalls.note(.evaluating, step: state.step)
        publish(.evaluating)
        let start = PhaseClock.now
        // What is ranked and kept is the average, where there is one.
        try optimizer.swapAverage()
        let metrics: RankingMetrics?
        do {
            metrics = try withSpan(.evaluation) {
                optimizer.propagator?.materializeAll()
                return try dev.metrics(
                    of: model, on: worker.tape, topK: configuration.topK, world: world,
                    rows: optimizer.rowFetch.map { FetchedRows($0, of: model, optimizer) },
                    isAbandoned: isEvaluationAbandoned)
            }
        } catch let error as EvaluationAbandoned {
            // All ranks throw it: what is written now must be the state between two steps.
            try optimizer.swapAverage()
            throw error
        }
        evaluatedEpochs += 1
        let phaseSeconds = try phaseSeconds(evaluation: Double(PhaseClock.now - start) * 1e-9)
        let isCompared =
            data.hasDev && entry.training.isTrained
            && TrainingDiagnosis.comparesWithPopularity(
                epoch: state.epoch, step: state.step, steps: state.stepsOfEpoch)
        let popularity = isCompared ? try rankedPopularityOnDev() : nil
        stalls.note(.writing, step: state.step)
        let isKept = metrics.map { stopping.add($0.selection) || configuration.keep == .last } ?? false
        if let dividedTables { try keepParts(dividedTables, isKept: isKept) }
        try world.collectively {
            guard let metrics else { return }
            if isKept {
                state.bestMetrics = metrics
                // Of every epoch in the log.
                state.bestMetrics?.interests = nil
            }
            if isKept, dividedTables == nil {
                let storage = ParameterStorage(layout)
                storage.values.copy(from: optimizer.parameters, layout)
                kept = storage
                try writeModel(storage)
            }
            state.results = stopping.results
            state.bestEpoch = stopping.bestEpoch
            var line: JSONValue = [
                "epoch": .integer(state.epoch),
                "step": .integer(state.step),
                "train_loss": .number(state.epochLoss / Double(max(state.epochSamples, 1))),
                "seconds": .number(state.epochSeconds),
                "samples_per_second": .number(Double(state.epochSamples) / state.epochSeconds),
                "dev": data.hasDev ? metrics.json : .null,
                "learning_rate": .number(replica.adam.learningRate(at: max(state.step, 1))),
                "interests": metrics.interests?.lineJSON ?? .null,
            ]
            line["phase_seconds"] = phaseSeconds
            let advice = advice(on: line, popularity: popularity)
            if !advice.isEmpty { line["warnings"] = .array(advice.map { .string($0) }) }
            try fence?.verify()
            try log?.append(line)
            state.log.append(line.compact)
            try addEvents(of: line)
            noteFindings(metrics)
            defer { advice.forEach(console.warning) }
            let shown = metrics.named.prefix(2).map { "\($0.name) \(NumberText.fixed($0.value, decimals: 4))" }
            let summary = data.hasDev ? "dev " + shown.joined(separator: " ") : ""
            // A model that is not trained has no epochs.
            guard entry.training.isTrained else { return summary.isEmpty ? () : console.info(summary) }
            let mark = data.hasDev && stopping.bestEpoch == state.epoch ? " *" : ""
            progress.endEpoch(summary: summary + mark)
        }
        try optimizer.swapAverage()
        try writeTrace()
    }

    /// Does something that shows in the timelines.
    private func withSpan<Result>(_ kind: Timeline.Kind, _ body: () throws -> Result) rethrows -> Result {
        let span = observation?.timeline?.open(kind, number: state.epoch)
        defer { if let span { observation?.timeline?.close(span) } }
        return try body()
    }

    /// Ranks dev by popularity, the first time that it is called. Collective.
    private func rankedPopularityOnDev() throws(MPIError) -> RankingMetrics? {
        guard !hasRankedPopularity else { return popularityOnDev }
        hasRankedPopularity = true
        popularityOnDev = try data.popularity.metrics(
            store: data.store, kind: data.kind, split: .dev, historyMax: configuration.options.historyMax,
            ranking: ranking, historyScores: configuration.historyScores, topK: configuration.topK,
            measures: configuration.measures, world: world)
        return popularityOnDev
    }

    /// Seconds of the epoch by phase, as in a line of `metrics.jsonl`: the mean over the ranks, at rank 0; nil elsewhere.
    /// Collective.
    private func phaseSeconds(evaluation: Double) throws(MPIError) -> JSONValue? {
        guard let sums = try world.reduce(phases.seconds + [evaluation], .sum, at: 0) else { return nil }
        let before = phasesBefore + [Double](repeating: 0, count: max(sums.count - phasesBefore.count, 0))
        var means = sums.map { $0 / Double(world.size) }
        // Of an epoch that was resumed, the seconds before are those of rank 0 alone.
        for phase in StepPhase.allCases { means[phase.rawValue] += before[phase.rawValue] }
        let names = StepPhase.allCases.map(\.name) + ["evaluation", "checkpoint"]
        let values = means + [state.epochPhases?.last ?? 0]
        return .object(zip(names, values).map { JSONValue.Member($0, .number($1)) })
    }

    /// Whether the training has come to its end, on all ranks.
    private func isFinished() throws -> Bool {
        guard state.epoch > 0, evaluatedEpochs == state.epoch else { return false }
        let isLast =
            !entry.training.isTrained || state.epoch >= configuration.epochs
            || configuration.maxSteps.map { state.step >= $0 } ?? false
        return try world.broadcast((isLast || stopping.shouldStop) ? 1 : 0, from: 0) == 1
    }

    func writeModel(_ storage: ParameterStorage) throws {
        try fence?.verify()
        try ModelFile.write(
            storage.values, layout, to: folder.model, ids: idsOfRows, metadata: modelMetadata)
    }

    /// What the rows of tables in a file of parameters belong to.
    var idsOfRows: [(name: String, vocabulary: Vocabulary)] {
        var ids = [(name: ModelFile.itemIds, vocabulary: data.itemIds)]
        if model.users != nil { ids.append((ModelFile.userIds, data.userIds)) }
        return ids
    }

    /// Rank 0: what a file of parameters says of itself.
    var modelMetadata: [(key: String, value: String)] {
        [("model", entry.name), ("dataset", data.name), ("epoch", String(keptEpoch))]
    }

    /// The epoch whose parameters are kept, of those that are evaluated.
    private var keptEpoch: Int { configuration.keep == .last ? stopping.results.count : stopping.bestEpoch }

    /// Puts the kept parameters in the place of the last ones, or these back.
    private func exchangeKept() {
        if let kept { optimizer.parameters.swap(with: kept.values, layout, optimizer.kept) }
    }

    /// Ranks test with the kept parameters, or dev where test is to be left alone.
    private func test() throws -> TrainingResult? {
        guard data.hasTest else { return try resultOfAll() }
        exchangeKept()
        try optimizer.broadcastParameters()
        optimizer.propagator?.materializeAll()
        stalls.note(.evaluating, step: state.step)
        let split = configuration.leavesTestAlone ? Split.dev : .test
        let evaluator = Evaluator(
            store: data.store, kind: data.kind, split: split, historyMax: configuration.options.historyMax,
            ranking: ranking, historyScores: configuration.historyScores, measures: configuration.measures,
            score: configuration.objective.score, mixture: worker.objective.mixture,
            neighbours: data.neighbourScores(for: configuration), seed: configuration.seed)
        let rowsWithoutHistory = try world.allReduce(evaluator.rowsWithoutHistory, .sum)
        let found: RankingMetrics?
        do {
            found = try withSpan(.evaluation) {
                try evaluator.metrics(
                    of: model, on: worker.tape, topK: configuration.topK, world: world,
                    rows: optimizer.rowFetch.map { FetchedRows($0, of: model, optimizer) },
                    isAbandoned: isEvaluationAbandoned)
            }
        } catch {
            // A training that is stopped here, and is extended later, continues with the last parameters.
            exchangeKept()
            throw error
        }
        exchangeKept()
        let popularity = try data.popularity.metrics(
            store: data.store, kind: data.kind, split: split, historyMax: configuration.options.historyMax,
            ranking: ranking, historyScores: configuration.historyScores, topK: configuration.topK,
            measures: configuration.measures, world: world)
        let popularityOnDev = data.hasDev && split == .test ? try rankedPopularityOnDev() : nil
        stalls.note(.writing, step: state.step)
        return try world.collectively {
            guard let kept, let dev = state.bestMetrics, let found, let popularity else { return nil }
            let metrics = TrainingResult.Metrics(
                test: split == .test ? found : nil, dev: split == .dev ? found : dev, popularity: popularity,
                popularityOnDev: popularityOnDev, rowsWithoutHistory: rowsWithoutHistory, ranking: ranking,
                historyScores: configuration.historyScores)
            return try write(result(metrics, digest: digest(of: kept)))
        }
    }

    /// The result of a training on all interactions: nothing is left to test with.
    private func resultOfAll() throws -> TrainingResult? {
        stalls.note(.writing, step: state.step)
        return try world.collectively {
            guard let kept else { return nil }
            return try write(result(nil, digest: digest(of: kept)))
        }
    }

    /// Rank 0: the digest of the kept parameters; where it does not have all of them, that of their file.
    private func digest(of kept: ParameterStorage) throws -> String {
        guard dividedTables != nil else { return ModelFile.digest(kept.values, layout) }
        return try ModelFile.digest(of: SafetensorsFile(path: folder.model), layout)
    }

    private func result(_ metrics: TrainingResult.Metrics?, digest: String) -> TrainingResult {
        TrainingResult(
            model: entry.name, dataset: data.name, metrics: metrics,
            bestEpoch: data.hasDev ? stopping.bestEpoch : nil, keptEpoch: keptEpoch, epochs: state.epoch,
            steps: state.step, parameters: layout.parameterCount, ranks: world.size, startSeconds: startSeconds,
            trainSeconds: state.trainSeconds, samplesPerSecond: Double(state.samples) / state.trainSeconds,
            parametersDigest: digest, data: data.fingerprint)
    }

    private func write(_ result: TrainingResult) throws -> TrainingResult {
        try fence?.verify()
        try AtomicFile.write(result.json.pretty, to: folder.result)
        return result
    }
}

extension Duration {
    /// Seconds as a number.
    package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
