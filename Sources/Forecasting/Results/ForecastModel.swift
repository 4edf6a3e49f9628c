import Differentiation
import DistributedOptimizer
import Recommenders
import Training

/// The formulas with everything that they are about: a model, a catalogue, a machine.
struct ForecastModel {
    let configuration: TrainingConfiguration
    let shape: ModelShape
    let layout: ParameterLayout
    /// The tables of the layout whose rows a mini-batch names.
    let items: Parameter
    let users: Parameter?
    let cost: CalibratedCost
    let network: Cluster.Network
    /// Of a host that is full.
    let ranksPerHost: Int
    /// Hosts that every number of ranks is spread over; nil: as many as are needed.
    var hosts: Int?
    let userCount: Int
    let itemCount: Int
    let interactions: Double
    /// Values of a parameter, its moments, and its average.
    var copies: Int { configuration.optimizer.averaging > 0 ? 4 : 3 }

    func cluster(ranks: Int) -> Cluster {
        Cluster(ranks: ranks, ranksPerHost: hosts.map { max(ranks / $0, 1) } ?? ranksPerHost, network: network)
    }

    /// The cluster of full hosts.
    func cluster(hosts: Int) -> Cluster {
        Cluster(ranks: hosts * ranksPerHost, ranksPerHost: ranksPerHost, network: network)
    }

    func settings(
        batchSize: Int, logicalShards: Int, _ sharding: TableSharding,
        _ rounds: StepSettings.ExchangeRounds
    ) -> StepSettings {
        StepSettings(
            batchSize: batchSize, logicalShards: logicalShards, sharding: sharding,
            optimizerSharding: configuration.optimizerSharding, rounds: rounds,
            clipsGradient: configuration.optimizer.clipNorm > 0,
            addsOnArrival: ShardWorker.accumulatesOnArrival(configuration), copies: copies,
            deferredValues: plan(batchSize: batchSize, logicalShards: logicalShards, ranks: 1).deferredValues)
    }

    func step(_ settings: StepSettings, _ cluster: Cluster) -> StepForecast {
        StepForecast(shape, settings, cluster, cost)
    }

    /// Samples a second of a rank, in those of a rank of one full host that has the same mini-batches.
    ///
    /// - Parameter isWeak: whether every rank has as many samples on one host; otherwise the batch is the same.
    func efficiency(_ settings: StepSettings, _ cluster: Cluster, isWeak: Bool) -> Double {
        let one = cluster.oneHost
        let shardsOfRank = (settings.logicalShards + cluster.ranks - 1) / cluster.ranks
        let alone: StepSettings
        if isWeak {
            let shards = shardsOfRank * one.ranks
            alone = self.settings(
                batchSize: max(Int((settings.samplesOfShard * Double(shards)).rounded()), shards),
                logicalShards: shards, .none, settings.rounds)
        } else {
            alone = self.settings(
                batchSize: settings.batchSize, logicalShards: settings.logicalShards, .none, settings.rounds)
        }
        func samplesOfRank(_ settings: StepSettings, _ cluster: Cluster) -> Double {
            Double(settings.batchSize) / Double(cluster.ranks) / step(settings, cluster).total
        }
        return samplesOfRank(settings, cluster) / samplesOfRank(alone, one)
    }

    /// Samples a second of a rank, in those of one that computes very large mini-batches and does nothing else.
    func usefulShare(_ settings: StepSettings, _ cluster: Cluster) -> Double {
        cost.leastSeconds(samples: Double(settings.batchSize) / Double(cluster.ranks)) / step(settings, cluster).total
    }

    /// What a training of these settings takes from the memory of the host of rank 0.
    func memory(_ settings: StepSettings, _ cluster: Cluster) -> MemoryForecast {
        MemoryForecast(
            plan(batchSize: settings.batchSize, logicalShards: settings.logicalShards, ranks: cluster.ranks), shape,
            settings, cluster, Exchange(shape, settings, cluster), users: userCount, items: itemCount,
            interactions: interactions)
    }

    /// What the trainer would make its optimizer for.
    private func plan(batchSize: Int, logicalShards: Int, ranks: Int) -> OptimizerPlan {
        var configuration = configuration
        configuration.batchSize = batchSize
        configuration.logicalShards = logicalShards
        let objective = Objective(
            configuration.objective, negatives: configuration.negatives, batchSize: batchSize,
            ModelProbe.context(configuration, users: userCount, items: itemCount), in: ParameterLayout().root)
        return OptimizerPlan(
            layout: layout,
            gradientLayout: GradientLayout(layout, rowCapacity: ShardWorker.rowCapacity(configuration, objective)),
            adam: configuration.optimizer, shardCount: logicalShards,
            ownedShards: (0..<ranks).map { $0 * logicalShards / ranks..<($0 + 1) * logicalShards / ranks },
            propagation: nil, accumulatesOnArrival: ShardWorker.accumulatesOnArrival(configuration),
            optimizerSharding: configuration.optimizerSharding,
            deferredTables: configuration.deferredTables(items: items, users: users, objective))
    }
}
