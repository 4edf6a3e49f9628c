import Evaluation
import Interactions
import MPI

/// What a rank keeps of a data set: the users of its logical shards, and what must be known of the whole.
public struct TrainingData {
    public let name: String
    public let userCount: Int
    public let itemCount: Int
    public let negativesPerRow: Int?
    public let shards: LogicalShards
    public let store: SequenceStore
    public let popularity: PopularityBaseline
    public let kind: SampleKind

    /// Reads the data set and keeps this rank's part. Collective: what is wrong on one rank ends all.
    ///
    /// - Parameters:
    ///   - shardCount: the number of logical shards.
    ///   - itemLimit: items that a trained model knows; a data set with more is refused.
    public init(
        folder: String, kind: SampleKind, shardCount: Int, itemLimit: Int? = nil, world: Communicator
    ) throws {
        self = try world.together {
            guard world.size <= shardCount else {
                throw TrainingError(
                    .usage, "\(world.size) ranks for \(shardCount) logical shards",
                    remedy: "start at most \(shardCount) ranks, or choose more shards with --logical-shards")
            }
            let dataset = try InteractionDataset.load(folder: folder)
            if let itemLimit { try dataset.requireItems(within: itemLimit) }
            let shards = try LogicalShards(dataset: dataset, kind: kind, count: shardCount)
            return TrainingData(dataset, kind, shards, owned: shards.owned(byRank: world.rank, of: world.size))
        }
    }

    private init(_ dataset: InteractionDataset, _ kind: SampleKind, _ shards: LogicalShards, owned: Range<Int>) {
        name = dataset.name
        userCount = dataset.userCount
        itemCount = dataset.itemCount
        negativesPerRow = dataset.negativesPerRow
        self.shards = shards
        self.kind = kind
        store = SequenceStore(dataset: dataset, shards: shards, range: owned)
        popularity = PopularityBaseline(dataset)
    }

    /// The protocol to rank by: `wanted`, or what the data set has negatives for.
    public func ranking(_ wanted: RankingProtocol?) throws(TrainingError) -> RankingProtocol {
        guard let wanted else { return negativesPerRow == nil ? .full : .sampled }
        guard wanted == .full || negativesPerRow != nil else {
            throw TrainingError(
                .usage, "\(name) stores no negatives to rank among",
                remedy: "rank all items with --evaluation full")
        }
        return wanted
    }
}
