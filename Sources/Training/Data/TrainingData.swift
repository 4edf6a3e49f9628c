import Evaluation
import Interactions
import MPI
import Recommenders
import Reporting

/// What a rank keeps of a data set: the users of its logical shards, and what must be known of the whole.
public struct TrainingData {
    /// Name of the data set: the last part of its folder's path.
    public let name: String
    /// The ids behind the numbers of users.
    public let userIds: Vocabulary
    /// The ids behind the numbers of items.
    public let itemIds: Vocabulary
    /// What was left out of what was read, for the user.
    public let warnings: [String]
    /// Negatives that every row of dev and test lists; nil where they list none.
    public let negativesPerRow: Int?
    /// The division of all users, the same on all ranks.
    public let shards: LogicalShards
    /// The sequences of the users of this rank's shards.
    public let store: SequenceStore
    /// What every model has to beat, from the train interactions of all users.
    public let popularity: PopularityBaseline
    /// `[itemCount + 1]`: the train interactions of each item, by number.
    public let itemCounts: [Int32]
    /// Which interactions give samples and rows: those with a history, or all of them.
    public let kind: SampleKind
    /// The folder, for messages.
    let folder: String
    /// What tells the data set from others, as it is split in its folder.
    public let fingerprint: DatasetFingerprint
    /// Which interactions are samples.
    public let trainsOn: TrainedInteractions
    /// The train interactions of all users, for a model that needs them.
    public let graph: InteractionGraph?
    /// Which items stand near each other in train, for a ranking that adds to scores by it.
    let neighbours: ItemNeighbours?

    /// Reads the data set, one rank of every node for all ranks there, and keeps this rank's part. Collective: what is
    /// wrong on one rank ends all.
    ///
    /// - Parameters:
    ///   - shardCount: the number of logical shards.
    ///   - windows: how sequences are cut where the samples are windows of them.
    ///   - needsSamples: whether there must be something to train on.
    ///   - drawsNegatives: whether negatives are drawn among the items that a user has not in train.
    ///   - needsGraph: whether ``graph`` is wanted; every rank has all of it.
    ///   - rule: how neighbours of items are counted, of which every rank has all; nil: they are not wanted.
    ///   - trainsOn: which interactions are samples; with all there is nothing to rank.
    ///   - known: items and users that a trained model knows; a data set with others is refused.
    ///   - earlier: ids to number by as far as the data set fits them: those of a run of an earlier version of the program,
    ///     which numbered ids that do not occur too; nil for any other run.
    public init(
        folder: String, kind: SampleKind, shardCount: Int, windows: WindowRule? = nil, needsSamples: Bool = true,
        drawsNegatives: Bool = true, needsGraph: Bool = false, neighbours rule: ItemNeighbours.Rule? = nil,
        trainsOn: TrainedInteractions = .train, known: KnownIds = KnownIds(),
        earlier: KnownIds? = nil, world: Communicator
    ) throws {
        func load() throws -> InteractionDataset {
            let dataset = try InteractionDataset.load(folder: folder, known: known)
            guard let earlier, !dataset.userIds.isNumbered || !dataset.itemIds.isNumbered else { return dataset }
            return (try? InteractionDataset.load(folder: folder, known: earlier)) ?? dataset
        }
        try self.init(
            kind: kind, shardCount: shardCount, windows: windows, needsSamples: needsSamples, needsGraph: needsGraph,
            neighbours: rule, trainsOn: trainsOn, world: world
        ) {
            let dataset = try load()
            if drawsNegatives { try dataset.samples(of: trainsOn).requireNegatives() }
            return dataset
        }
    }

    /// Keeps this rank's part of the data set that `load` returns. Collective.
    ///
    /// - Parameter load: called on one rank of every node; returns the same data set on all of them.
    package init(
        kind: SampleKind, shardCount: Int, windows: WindowRule? = nil, needsSamples: Bool = true,
        needsGraph: Bool = false, neighbours rule: ItemNeighbours.Rule? = nil, trainsOn: TrainedInteractions = .train,
        world: Communicator, load: () throws -> InteractionDataset
    ) throws {
        try world.collectively {
            guard world.size <= shardCount else {
                throw TrainingError(
                    .usage, "\(world.size) ranks for \(shardCount) logical shards",
                    recoverySuggestion: "start at most \(shardCount) (mpirun -n \(shardCount)), "
                        + "or add --logical-shards \(world.size): another number of shards is another training")
            }
        }
        let split = try InteractionDataset.loadedOncePerNode(world: world, load)
        if let rule { try MemoryNeed.checkNeighbours(of: split, rule, world: world) }
        self = try world.collectively {
            let dataset = split.samples(of: trainsOn)
            let shards = try LogicalShards(
                dataset: dataset, kind: kind, count: shardCount, windows: windows, needsSamples: needsSamples)
            return TrainingData(
                dataset, kind, shards, owned: shards.owned(byRank: world.rank, of: world.size), needsGraph: needsGraph,
                neighbours: rule, trainsOn: trainsOn, fingerprint: DatasetFingerprint(split))
        }
    }

    private init(
        _ dataset: InteractionDataset, _ kind: SampleKind, _ shards: LogicalShards, owned: Range<Int>,
        needsGraph: Bool, neighbours rule: ItemNeighbours.Rule?, trainsOn: TrainedInteractions,
        fingerprint: DatasetFingerprint
    ) {
        name = dataset.name
        userIds = dataset.userIds
        itemIds = dataset.itemIds
        warnings = dataset.warnings
        negativesPerRow = dataset.negativesPerRow
        self.shards = shards
        self.kind = kind
        folder = dataset.folder
        self.fingerprint = fingerprint
        self.trainsOn = trainsOn
        store = SequenceStore(dataset: dataset, shards: shards, range: owned)
        itemCounts = dataset.train.items.reduce(into: [Int32](repeating: 0, count: dataset.itemCount + 1)) {
            $0[Int($1)] += 1
        }
        graph = needsGraph ? InteractionGraph(dataset) : nil
        neighbours = rule.map { ItemNeighbours(dataset, $0) }
        popularity = PopularityBaseline(itemCounts: itemCounts)
    }

    /// Users of the whole data set.
    public var userCount: Int { userIds.count }
    /// Items of the whole data set.
    public var itemCount: Int { itemIds.count }

    /// What a model for these data is built from.
    func context(_ options: ModelOptions, stage: TrainingStage?) -> ModelContext {
        ModelContext(
            options, stage: stage, userCount: userCount, itemCount: itemCount, itemCounts: itemCounts, graph: graph)
    }

    /// What a ranking adds to scores; nil: nothing.
    package func neighbourScores(for configuration: TrainingConfiguration) -> NeighbourScores? {
        neighbours.map { NeighbourScores($0, weight: configuration.neighbourWeight) }
    }

    /// That the ids have holes, for the user; nil where they have none.
    package var holesInIds: String? {
        let parts = [(userIds, "users"), (itemIds, "items")].compactMap { ids, noun in
            ids.isNumbered
                ? nil
                : ids.largestId.map {
                    "\(NumberText.grouped(ids.count)) \(noun) with ids up to \(NumberText.grouped(Int($0)))"
                }
        }
        guard !parts.isEmpty else { return nil }
        return "\(parts.joined(separator: "; ")): the ids between them are neither drawn nor ranked"
    }

    /// The protocol to rank by: the one that is asked for, or what the data set has negatives for.
    public func ranking(for configuration: TrainingConfiguration) throws(TrainingError) -> RankingProtocol {
        let ranking = try ranking(configuration.ranking)
        guard ranking == .sampled else { return ranking }
        let problem = "is about all items, and stored negatives are ranked"
        let recoverySuggestion = "rank all items with --evaluation full, or choose"
        if configuration.historyScores != .exclude {
            throw TrainingError(
                .usage, "--history-scores \(configuration.historyScores.rawValue) \(problem)",
                recoverySuggestion: "\(recoverySuggestion) --history-scores exclude")
        }
        if let measure = configuration.measures.first(where: \.needsAllItems) {
            throw TrainingError(
                .usage, "--measures \(measure.rawValue) \(problem)",
                recoverySuggestion: "\(recoverySuggestion) others, or --measures none")
        }
        return ranking
    }

    private func ranking(_ wanted: RankingProtocol?) throws(TrainingError) -> RankingProtocol {
        // Nothing is ranked.
        guard trainsOn == .train else { return .full }
        guard let wanted else { return negativesPerRow == nil ? .full : .sampled }
        guard wanted == .full || negativesPerRow != nil else {
            throw TrainingError(
                .usage, "\(name) stores no negatives to rank among",
                recoverySuggestion: "rank all items with --evaluation full")
        }
        return wanted
    }
}

extension InteractionDataset {
    /// The data set whose train interactions are the samples.
    package func samples(of choice: TrainedInteractions) -> InteractionDataset {
        switch choice {
        case .train: self
        case .all: trainingOnAll()
        }
    }
}
