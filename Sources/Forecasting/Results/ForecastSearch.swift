import DistributedOptimizer
import Training

/// Chooses settings by the formulas: the faster way, the smallest batch that keeps an efficiency, what is first in the way.
struct ForecastSearch {
    let model: ForecastModel
    /// Ways that may be chosen from.
    let shardings: [TableSharding]
    let rounds: [StepSettings.ExchangeRounds]
    /// Bytes of a host; nil: any.
    let hostMemory: Double?
    let isWeak: Bool

    /// The most logical shards of a training.
    static let mostShards = 4096
    /// Samples of a rank that are tried at most.
    private static let mostSamples = 1 << 14

    /// The fastest settings with so many samples and shards; one that does not fit is chosen where none does.
    func best(
        _ cluster: Cluster, batchSize: Int, logicalShards: Int
    ) -> (settings: StepSettings, step: StepForecast, memory: MemoryForecast) {
        let all = shardings.flatMap { sharding in rounds.map { (sharding, $0) } }.map { sharding, rounds in
            let settings = model.settings(
                batchSize: batchSize, logicalShards: logicalShards, sharding, rounds)
            return (settings: settings, step: model.step(settings, cluster), memory: model.memory(settings, cluster))
        }
        let fitting = all.filter { fits($0.memory) }
        // The first of equal ones: on one host there is nothing to choose between.
        return (fitting.isEmpty ? all : fitting).min { $0.step.total < $1.step.total }!
    }

    func fits(_ memory: MemoryForecast) -> Bool { hostMemory.map { memory.total <= $0 } ?? true }

    func limit(_ step: StepForecast, _ memory: MemoryForecast) -> ForecastResult.Limit {
        guard fits(memory) else { return .memory }
        return .part(StepForecast.Part.allCases.max { (step.seconds[$0] ?? 0) < (step.seconds[$1] ?? 0) } ?? .computing)
    }

    /// The smallest batch of powers of two a rank, one mini-batch each, of which `measure` is what is wanted at least; nil:
    /// there is none, or too many ranks for the shards of a training.
    func smallest(_ cluster: Cluster, _ measure: (StepSettings) -> Double) -> ForecastResult.Advice? {
        guard cluster.ranks <= Self.mostShards else { return nil }
        var samples = 1
        while samples <= Self.mostSamples {
            let found = best(cluster, batchSize: samples * cluster.ranks, logicalShards: cluster.ranks)
            let kept = measure(found.settings)
            if kept >= ForecastResult.wantedEfficiency, fits(found.memory) {
                return ForecastResult.Advice(
                    cluster: cluster, settings: found.settings, efficiency: kept, seconds: found.step.total)
            }
            samples *= 2
        }
        return nil
    }

    /// Of several numbers of ranks the one with the least time of hosts for a sample that keeps the wanted efficiency.
    func cheapest(
        _ sizes: [(cluster: Cluster, batchSize: Int, logicalShards: Int)]
    ) -> ForecastResult.Advice? {
        sizes.compactMap { size -> ForecastResult.Advice? in
            let found = best(size.cluster, batchSize: size.batchSize, logicalShards: size.logicalShards)
            let efficiency = model.efficiency(found.settings, size.cluster, isWeak: isWeak)
            guard efficiency >= ForecastResult.wantedEfficiency, fits(found.memory) else { return nil }
            return ForecastResult.Advice(
                cluster: size.cluster, settings: found.settings, efficiency: efficiency, seconds: found.step.total)
        }.min { $0.hostSecondsPerMillion < $1.hostSecondsPerMillion }
    }

    /// What is first in the way when hosts are doubled from one on.
    ///
    /// - Parameter size: batch and shards of a number of ranks; nil: no training has so many ranks.
    func firstBreak(
        upTo mostRanks: Int, size: (_ ranks: Int) -> (batchSize: Int, logicalShards: Int)?
    ) -> ForecastResult.Break? {
        var hosts = 1
        while hosts * model.ranksPerHost <= mostRanks {
            let cluster = model.cluster(hosts: hosts)
            guard let size = size(cluster.ranks) else { return nil }
            let found = best(cluster, batchSize: size.batchSize, logicalShards: size.logicalShards)
            let efficiency = model.efficiency(found.settings, cluster, isWeak: isWeak)
            guard fits(found.memory) else {
                return ForecastResult.Break(ranks: cluster.ranks, limit: .memory, efficiency: efficiency)
            }
            guard efficiency >= ForecastResult.wantedEfficiency else {
                return ForecastResult.Break(
                    ranks: cluster.ranks, limit: .part(grown(found.settings, found.step, cluster)),
                    efficiency: efficiency)
            }
            hosts *= 2
        }
        return nil
    }

    /// The part of a step that has grown most, against that of one host, for each sample of a rank.
    private func grown(_ settings: StepSettings, _ step: StepForecast, _ cluster: Cluster) -> StepForecast.Part {
        let one = cluster.oneHost
        let batch = isWeak ? max(settings.batchSize / cluster.hosts, 1) : settings.batchSize
        let shards = isWeak ? max(settings.logicalShards / cluster.hosts, 1) : settings.logicalShards
        let alone = model.step(
            model.settings(batchSize: max(batch, shards), logicalShards: shards, .none, settings.rounds), one)
        let share = isWeak ? 1 : 1 / Double(cluster.hosts)
        func growth(_ part: StepForecast.Part) -> Double {
            (step.seconds[part] ?? 0) - share * (alone.seconds[part] ?? 0)
        }
        return StepForecast.Part.allCases.max { growth($0) < growth($1) } ?? .computing
    }
}
