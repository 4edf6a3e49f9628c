import FileIO
import Interactions
import MPI
import Recommenders
import Reporting
import Training

/// Forecasts the steps of a training on clusters, from formulas and what one machine was measured to need.
public struct ForecastJob: Sendable {
    /// What stands for the name of the data set where none is read.
    public static let syntheticName = "synthetic data"

    private let configuration: TrainingConfiguration
    private let entry: RecommenderEntry
    private let drawsNegatives: Bool
    private let options: ForecastOptions

    /// - Parameters:
    ///   - configuration: complete but for the stage; an empty name of the data set stands for data that are made up.
    ///   - stage: nil takes the last one of the model.
    public init(
        _ configuration: TrainingConfiguration, stage: TrainingStage?, options: ForecastOptions
    ) throws(TrainingError) {
        try options.validate()
        var configuration = configuration
        if configuration.dataset.isEmpty { configuration.dataset = Self.syntheticName }
        let last = try configuration.entry.stages.last
        let job = try TrainingJob(configuration, stage: (stage ?? last).map { .only($0) } ?? .all)
        entry = job.entry
        guard entry.training.isTrained else {
            throw TrainingError(
                .usage, "\(entry.name) is not trained", recoverySuggestion: "choose a model that takes training steps")
        }
        guard !entry.needs.contains(.graph) else {
            throw TrainingError(
                .usage, "\(entry.name) propagates tables over a graph, which is not forecast",
                recoverySuggestion: "measure it with trainer benchmark, or choose another model")
        }
        guard options.sharding != .rows || configuration.objective.loss != .fullSoftmax else {
            throw TrainingError(
                .usage, "--table-sharding rows: the full softmax reads every row on every host",
                recoverySuggestion: "choose --loss sampled-softmax, or leave --table-sharding out")
        }
        configuration = job.configuration
        configuration.stage = job.stages.last ?? nil
        self.configuration = configuration
        drawsNegatives = job.drawsNegatives
        self.options = options
        for ranks in options.ranks { _ = try size(ranks) }
    }

    /// Measures the machine, unless a calibration is read, and forecasts. Collective.
    ///
    /// - Returns: the forecast at rank 0; nil elsewhere, and where only the machine was to be measured.
    public func run(world: Communicator, console: Console) throws -> ForecastResult? {
        let calibration: Calibration
        if let path = options.calibration {
            guard let read = try world.collectively({ world.rank == 0 ? try Calibration(readingFrom: path) : nil })
            else { return nil }
            calibration = read
        } else {
            console.info(
                "measuring \(entry.name) on \(NumberText.counted(world.size, "ranks")) of this machine, about 20 seconds"
            )
            calibration = try CalibrationJob(
                configuration: configuration, entry: entry, drawsNegatives: drawsNegatives,
                madeUp: (
                    min(options.users ?? CalibrationJob.most.users, CalibrationJob.most.users),
                    min(options.items ?? CalibrationJob.most.items, CalibrationJob.most.items)
                )
            ).run(world: world, console: console)
            if let path = options.calibrationOutput {
                try world.collectively {
                    if world.rank == 0 { try AtomicFile.write(calibration.json.pretty + "\n", to: path) }
                }
                console.info("the calibration is in \(path)")
            }
        }
        return try world.collectively {
            guard world.rank == 0, !options.ranks.isEmpty else { return nil }
            let result = try forecast(by: calibration)
            result.assumptions.forEach(console.info)
            if let path = options.schedule { try AtomicFile.write(result.schedule, to: path) }
            return result
        }
    }

    /// The forecast of what was asked for.
    package func forecast(by calibration: Calibration) throws -> ForecastResult {
        var assumptions: [String] = []
        let items = options.items ?? calibration.items
        let users = options.users ?? calibration.users
        let interactions = options.interactions.map(Double.init) ?? ForecastOptions.interactionsOfUser * Double(users)
        let mean = options.meanHistory ?? max(calibration.meanHistory, 1)
        let probe = ModelProbe(configuration, entry: entry, meanHistory: mean)
        let shape = try probe.shape(users: users, items: items, popularity: try popularity(items: items))
        let cost = CalibratedCost(calibration, for: shape)
        let ranksPerHost = options.ranksPerHost(measured: calibration.ranks)
        let network = try network(calibration, ranksPerHost: ranksPerHost, &assumptions)
        if ranksPerHost > calibration.ranks {
            assumptions.append(
                "\(ranksPerHost) ranks share a host, and \(calibration.ranks == 1 ? "one was" : "\(calibration.ranks) were") "
                    + "measured: memory is taken to be no faster for them\n"
                    + "measure as many: mpirun -n \(ranksPerHost) trainer forecast --calibrate FILE ...")
        }
        if calibration.model != entry.name || calibration.stage != configuration.stage?.rawValue ?? "" {
            assumptions.append(
                "the calibration is of \(calibration.model): times are scaled by operations\n"
                    + "measure \(entry.name) itself with --calibrate")
        }
        let (layout, recommender) = try probe.layout(users: users, items: items)
        let model = ForecastModel(
            configuration: configuration, shape: shape, layout: layout, items: recommender.items.table,
            users: recommender.users?.table, cost: cost, network: network, ranksPerHost: ranksPerHost,
            hosts: options.hosts, userCount: users, itemCount: items, interactions: interactions)
        let canShard = configuration.objective.loss != .fullSoftmax
        let isWeak = options.samplesPerRank != nil
        let search = ForecastSearch(
            model: model, shardings: options.sharding.map { [$0] } ?? (canShard ? [.none, .rows] : [.none]),
            rounds: options.rounds.map { [$0] } ?? StepSettings.ExchangeRounds.allCases,
            hostMemory: options.hostMemory, isWeak: isWeak)
        // What is advised may be another way than the one that was asked for.
        let advice = ForecastSearch(
            model: model, shardings: canShard ? [.none, .rows] : [.none], rounds: search.rounds,
            hostMemory: options.hostMemory, isWeak: isWeak)
        let points = try options.ranks.map { ranks in
            let cluster = model.cluster(ranks: ranks)
            let size = try size(ranks)
            let found = search.best(cluster, batchSize: size.batchSize, logicalShards: size.logicalShards)
            return ForecastResult.Point(
                cluster: cluster, settings: found.settings, step: found.step,
                efficiency: model.efficiency(found.settings, cluster, isWeak: isWeak),
                usefulShare: model.usefulShare(found.settings, cluster), memory: found.memory,
                limit: search.limit(found.step, found.memory),
                smallest: advice.smallest(cluster) { model.efficiency($0, cluster, isWeak: true) },
                smallestUseful: advice.smallest(cluster) { model.usefulShare($0, cluster) },
                ways: StepSettings.ExchangeRounds.allCases.map { rounds in
                    model.step(
                        model.settings(
                            batchSize: size.batchSize, logicalShards: size.logicalShards, found.settings.sharding,
                            rounds),
                        cluster)
                })
        }
        let most = ForecastSearch.mostShards
        let scale = points.first.map { cost.scale(samples: $0.settings.samplesOfShard) } ?? 1
        return ForecastResult(
            model: entry.name, users: users, items: items, parameters: shape.parameterCount,
            meanHistory: shape.meanHistory, isWeak: isWeak, hostMemory: options.hostMemory, network: network,
            points: points,
            cheapest: advice.cheapest(
                try options.ranks.map {
                    let size = try size($0)
                    return (model.cluster(ranks: $0), size.batchSize, size.logicalShards)
                }), firstBreak: search.firstBreak(upTo: most) { try? size($0) }, mostRanks: most,
            calibration: calibration, scale: scale, assumptions: assumptions)
    }

    private func popularity(items: Int) throws -> RowPopularity {
        guard options.popularityExponent == nil, configuration.dataset != Self.syntheticName, options.items == nil
        else { return RowPopularity(zipf: options.popularityExponent ?? 1, count: items) }
        let dataset = try InteractionDataset.load(folder: configuration.dataFolder)
        var counts = [Int32](repeating: 0, count: items)
        for row in 0..<dataset.train.count {
            let item = Int(dataset.train.items[row]) - 1
            if counts.indices.contains(item) { counts[item] += 1 }
        }
        return RowPopularity(counts: counts)
    }

    /// Batch and logical shards of a number of ranks.
    private func size(_ ranks: Int) throws(TrainingError) -> (batchSize: Int, logicalShards: Int) {
        let shards = options.logicalShards ?? max(ranks, 1)
        guard shards >= ranks, shards <= ForecastSearch.mostShards else {
            throw TrainingError(
                .usage, "\(ranks) ranks for \(shards) logical shards",
                recoverySuggestion: shards < ranks
                    ? "add --logical-shards \(ranks), or leave it out for one of each rank"
                    : "at most \(ForecastSearch.mostShards) are possible: choose fewer --ranks")
        }
        let batch = options.samplesPerRank.map { $0 * ranks } ?? configuration.batchSize
        guard batch >= shards else {
            throw TrainingError(
                .usage, "a batch of \(batch) samples for \(shards) logical shards",
                recoverySuggestion: "every shard gives a sample to a step: choose a larger --batch-size, or "
                    + "--samples-per-rank, which lets it grow with the ranks")
        }
        return (batch, shards)
    }

    private func network(
        _ calibration: Calibration, ranksPerHost: Int, _ assumptions: inout [String]
    ) throws(TrainingError) -> Cluster.Network {
        let measured = calibration.network
        let isOneHost = (options.hosts ?? 1) == 1 && options.ranks.allSatisfy { $0 <= ranksPerHost }
        let bytes =
            options.linkBytesPerSecond ?? measured.flatMap { $0.secondsPerByte > 0 ? 1 / $0.secondsPerByte : nil }
        let latency = options.latency ?? measured?.latency
        guard let bytes, let latency else {
            guard isOneHost else {
                throw TrainingError(
                    .usage, "nothing is known of the network between hosts",
                    recoverySuggestion:
                        "say it with --link 25gbit --latency 5us, or measure it: start --calibrate on two hosts")
            }
            return Cluster.Network(latency: 0, overhead: 0, bytesPerSecond: .infinity)
        }
        let overhead = options.messageOverhead ?? measured?.overhead
        if overhead == nil {
            assumptions.append(
                "nobody has measured what a message takes of a processor: 1 us is assumed (--message-overhead)")
        }
        var racks: Cluster.Network.Racks?
        if let hosts = options.hostsPerRack, let rate = options.rackBytesPerSecond {
            racks = Cluster.Network.Racks(hosts: hosts, bytesPerSecond: rate)
        }
        return Cluster.Network(
            latency: latency, overhead: overhead ?? ForecastOptions.assumedOverhead, bytesPerSecond: bytes, racks: racks
        )
    }
}
