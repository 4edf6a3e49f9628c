import Evaluation
import Interactions
import MPI
import Recommenders

/// What a rank keeps of a data set: the users of its logical shards, and what must be known of the whole.
public struct TrainingData {
    public let name: String
    public let userCount: Int
    public let itemCount: Int
    public let negativesPerRow: Int?
    public let shards: LogicalShards
    public let store: SequenceStore
    public let popularity: PopularityBaseline
    /// `[itemCount + 1]`: the train interactions of each item, by id.
    public let itemCounts: [Float]
    public let kind: SampleKind
    /// The folder, for messages.
    let folder: String
    /// What tells the data set from others.
    public let fingerprint: DatasetFingerprint
    /// The train interactions of all users, for a model that needs them.
    public let graph: InteractionGraph?

    /// Reads the data set, one rank of every node for all ranks there, and keeps this rank's part. Collective: what is
    /// wrong on one rank ends all.
    ///
    /// - Parameters:
    ///   - shardCount: the number of logical shards.
    ///   - needsGraph: whether ``graph`` is wanted; every rank has all of it.
    ///   - itemLimit, userLimit: items and users that a trained model knows; a data set with more is refused.
    public init(
        folder: String, kind: SampleKind, shardCount: Int, needsGraph: Bool = false, itemLimit: Int? = nil,
        userLimit: Int? = nil, world: Communicator
    ) throws {
        try self.init(kind: kind, shardCount: shardCount, needsGraph: needsGraph, world: world) {
            let dataset = try InteractionDataset.load(folder: folder)
            if let itemLimit { try dataset.requireItems(within: itemLimit) }
            if let userLimit { try dataset.requireUsers(within: userLimit) }
            return dataset
        }
    }

    /// Keeps this rank's part of the data set that `load` returns. Collective.
    ///
    /// - Parameter load: called on one rank of every node; returns the same data set on all of them.
    init(
        kind: SampleKind, shardCount: Int, needsGraph: Bool = false, world: Communicator,
        load: () throws -> InteractionDataset
    ) throws {
        try world.together {
            guard world.size <= shardCount else {
                throw TrainingError(
                    .usage, "\(world.size) ranks for \(shardCount) logical shards",
                    remedy: "start at most \(shardCount) (mpirun -n \(shardCount)), "
                        + "or add --logical-shards \(world.size): another number of shards is another training")
            }
        }
        let dataset = try InteractionDataset.loadedOncePerNode(world: world, load)
        self = try world.together {
            let shards = try LogicalShards(dataset: dataset, kind: kind, count: shardCount)
            return TrainingData(
                dataset, kind, shards, owned: shards.owned(byRank: world.rank, of: world.size), needsGraph: needsGraph)
        }
    }

    private init(
        _ dataset: InteractionDataset, _ kind: SampleKind, _ shards: LogicalShards, owned: Range<Int>, needsGraph: Bool
    ) {
        name = dataset.name
        userCount = dataset.userCount
        itemCount = dataset.itemCount
        negativesPerRow = dataset.negativesPerRow
        self.shards = shards
        self.kind = kind
        folder = dataset.folder
        fingerprint = DatasetFingerprint(dataset)
        store = SequenceStore(dataset: dataset, shards: shards, range: owned)
        itemCounts = dataset.train.items.reduce(into: [Float](repeating: 0, count: dataset.itemCount + 1)) {
            $0[Int($1)] += 1
        }
        graph = needsGraph ? InteractionGraph(dataset) : nil
        popularity = PopularityBaseline(itemCounts: itemCounts)
    }

    /// What a model for these data is built from, or for a model that knows more users and items.
    func context(
        _ options: ModelOptions, stage: TrainingStage?, userCount: Int? = nil, itemCount: Int? = nil
    ) -> ModelContext {
        ModelContext(
            options, stage: stage, userCount: userCount ?? self.userCount, itemCount: itemCount ?? self.itemCount,
            itemCounts: itemCounts, graph: graph)
    }

    /// The protocol to rank by: the one that is asked for, or what the data set has negatives for.
    public func ranking(for configuration: TrainingConfiguration) throws(TrainingError) -> RankingProtocol {
        let ranking = try ranking(configuration.ranking)
        guard ranking == .sampled else { return ranking }
        let problem = "is about all items, and stored negatives are ranked"
        let remedy = "rank all items with --evaluation full, or choose"
        if configuration.historyScores != .exclude {
            throw TrainingError(
                .usage, "--history-scores \(configuration.historyScores.rawValue) \(problem)",
                remedy: "\(remedy) --history-scores exclude")
        }
        if let measure = configuration.measures.first(where: \.needsAllItems) {
            throw TrainingError(
                .usage, "--measures \(measure.rawValue) \(problem)", remedy: "\(remedy) others, or --measures none")
        }
        return ranking
    }

    private func ranking(_ wanted: RankingProtocol?) throws(TrainingError) -> RankingProtocol {
        guard let wanted else { return negativesPerRow == nil ? .full : .sampled }
        guard wanted == .full || negativesPerRow != nil else {
            throw TrainingError(
                .usage, "\(name) stores no negatives to rank among",
                remedy: "rank all items with --evaluation full")
        }
        return wanted
    }
}
