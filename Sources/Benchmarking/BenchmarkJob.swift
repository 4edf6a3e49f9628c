import Interactions
import KernelCore
import MPI
import Recommenders
import Reporting
import Training

/// Measures the training steps of one model, on a data set or on synthetic data.
///
/// The steps are those of a training: the same options lead to the same parameters, bit by bit. No file is written. A
/// stage that continues another starts from parameters that are not trained, which takes as long.
public struct BenchmarkJob: Sendable {
    /// What stands for the name of the data set where none is read.
    public static let syntheticName = "synthetic data"

    let job: TrainingJob
    let options: BenchmarkOptions
    let readsFolder: Bool

    /// - Parameters:
    ///   - configuration: complete but for the stage; an empty name of the data set stands for synthetic data.
    ///   - stage: nil takes the last one of the model.
    public init(
        _ configuration: TrainingConfiguration, stage: TrainingStage?, options: BenchmarkOptions
    ) throws(TrainingError) {
        try options.validate()
        readsFolder = !configuration.dataset.isEmpty
        var configuration = configuration
        if !readsFolder { configuration.dataset = Self.syntheticName }
        let last = try configuration.entry.stages.last
        job = try TrainingJob(configuration, stage: (stage ?? last).map { .only($0) } ?? .all)
        guard job.entry.training.isTrained else {
            throw TrainingError(
                .usage, "\(job.entry.name) is not trained",
                recoverySuggestion: "choose a model that takes training steps")
        }
        self.options = options
    }

    /// Measures. Collective.
    ///
    /// - Returns: what was found at rank 0, nil elsewhere.
    public func run(world: Communicator, console: Console) throws -> BenchmarkResult? {
        try Kernel.flushingSubnormals { try measure(world: world, console: console) }
    }

    private func measure(world: Communicator, console: Console) throws -> BenchmarkResult? {
        var configuration = job.configuration
        try configuration.warnOfUnusedOptions(on: console)
        configuration.stage = job.stages.last ?? nil
        let entry = job.entry
        let folder = configuration.dataFolder
        let data = try TrainingData(
            kind: entry.training.samples, shardCount: configuration.logicalShards, windows: configuration.windows,
            needsGraph: entry.needs.contains(.graph),
            neighbours: options.ranking == nil ? nil : configuration.countedNeighbours, world: world
        ) {
            guard readsFolder else {
                return try SyntheticDataset(SyntheticDataset.Options()).dataset(name: Self.syntheticName)
            }
            let dataset = try InteractionDataset.load(folder: folder)
            if job.drawsNegatives { try dataset.requireNegatives() }
            return dataset
        }
        let size =
            "\(NumberText.grouped(data.userCount)) users, \(NumberText.grouped(data.itemCount)) items, "
            + "\(NumberText.grouped(data.shards.sampleCount)) \(configuration.targets == .all ? "windows" : "samples")"
        console.info("\(data.name): \(size)")
        data.warnings.forEach(console.warning)
        if let holes = data.holesInIds { console.info(holes) }
        if let ranking = options.ranking {
            configuration.ranking = ranking
            configuration.ranking = try world.collectively { try data.ranking(for: configuration) }
        }
        let run = try BenchmarkRun(configuration, entry: entry, data: data, options: options, world: world)
        return try run.run()
    }
}
