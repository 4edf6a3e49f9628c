import Interactions
import KernelCore
import MPI
import Recommenders
import Reporting
import Training

/// Measures a ``Calibration`` on the ranks that there are.
struct CalibrationJob {
    /// Valid, with the stage.
    let configuration: TrainingConfiguration
    let entry: RecommenderEntry
    /// Whether negatives are drawn among the items that a user has not.
    let drawsNegatives: Bool
    /// Size of a catalogue that is made up where no data set is read: as asked, or smaller.
    let madeUp: (users: Int, items: Int)

    /// So many users and items are made up at most: their tables are larger than all caches.
    static let most = (users: 20_000, items: 200_000)

    /// Measures. Collective.
    func run(world: Communicator, console: Console) throws -> Calibration {
        try Kernel.flushingSubnormals { try measure(world: world, console: console) }
    }

    private func measure(world: Communicator, console: Console) throws -> Calibration {
        let readsFolder = configuration.dataset != ForecastJob.syntheticName
        var size = (users: 0, items: 0)
        var known: InteractionDataset?
        let computing = ComputingMeasurement(configuration, entry: entry, world: world) {
            if let known { return known }
            let dataset =
                readsFolder ? try InteractionDataset.load(folder: configuration.dataFolder) : try madeUpDataset()
            if drawsNegatives { try dataset.requireNegatives() }
            known = dataset
            size = (dataset.userCount, dataset.itemCount)
            return dataset
        }
        let result = try computing.run()
        size = (try world.broadcast(size.users, from: 0), try world.broadcast(size.items, from: 0))
        let memory = MemoryMeasurement(world: world)
        let adam = try memory.adamPasses()
        let addition = try memory.additionRate(columns: max(configuration.options.embeddingSize, 1))
        let barrier = try memory.barrier()
        let network = try NetworkMeasurement(world: world).run()
        let node = try world.splitBySharedMemory(key: world.rank)
        let probe = ModelProbe(configuration, entry: entry, meanHistory: result.lengths.mean)
        let operations = try world.collectively {
            try probe.shape(
                users: size.users, items: size.items, popularity: RowPopularity(zipf: 1, count: size.items)
            ).operations
        }
        return Calibration(
            machine: BuildDescription.current.processor, ranks: try world.broadcast(node.size, from: 0),
            model: entry.name, stage: configuration.stage?.rawValue ?? "", users: size.users, items: size.items,
            meanHistory: result.lengths.mean, historyDeviation: result.lengths.deviation, steps: result.points,
            operations: operations, adam: adam, additionRate: addition, barrier: barrier, network: network)
    }

    private func madeUpDataset() throws -> InteractionDataset {
        var options = SyntheticDataset.Options()
        options.users = madeUp.users
        options.items = madeUp.items
        options.clusters = max(min(options.clusters, options.items), options.items / 1_000)
        options.interests = 1...min(4, options.clusters)
        options.meanInteractions = min(options.meanInteractions, max(5, Double(options.items) / 4))
        options.negatives = 0
        return try SyntheticDataset(options).dataset(name: ForecastJob.syntheticName)
    }
}
