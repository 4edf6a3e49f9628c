import Differentiation
import DistributedOptimizer
import Recommenders
import Training

/// What the host of rank 0, which has the most, needs of memory.
public struct MemoryForecast: Sendable, Equatable {
    /// Bytes of parameters, moments and gradients: those of the plan of the training.
    public let optimizer: Double
    /// Bytes of the best parameters and, at rank 0, of the copy that a checkpoint is written from.
    public let copies: Double
    /// Bytes of the values of mini-batches.
    public let activations: Double
    /// Bytes of messages that come and go.
    public let messages: Double
    /// Bytes of the data set: all of it while it is read, and the sequences of the host's users.
    public let data: Double
    /// Bytes of the programs, and of maps from the rows of tables to their gradients.
    public let programs: Double

    /// Bytes of all.
    public var total: Double { optimizer + copies + activations + messages + data + programs }

    /// Bytes of an interaction as it is read: user, item, time.
    static let bytesRead = 16.0
    /// Bytes of an interaction in a sequence: item, time, split, and the item once more among those of the user.
    static let bytesKept = 17.0
    /// Bytes that each rank keeps of every user: shard, order, first sample, and whether there are samples.
    private static let bytesOfUser = 16.0
    /// Bytes that each rank keeps of every item: twice how often it occurs.
    private static let bytesOfItem = 8.0
    /// Bytes of a program that has nothing to do yet: code, Open MPI, a small data set, at a guess from small trainings.
    static let bytesOfProgram = 40e6

    /// - Parameters:
    ///   - plan: of the training with all rows on every host.
    ///   - interactions: of the data set.
    init(
        _ plan: OptimizerPlan, _ shape: ModelShape, _ settings: StepSettings, _ cluster: Cluster,
        _ exchange: Exchange, users: Int, items: Int, interactions: Double
    ) {
        let node = Array(0..<cluster.ranksPerHost)
        let bytes = node.reduce(0) { sum, rank in
            let bytes = plan.byteCount(
                ofRank: rank, among: node, slice: cluster.hosts > 1 ? plan.slice(rank, of: cluster.ranks) : nil)
            return sum + bytes.own + bytes.shared
        }
        // What a host does not have of tables that are sharded; what it has fetched of them it has instead.
        let absent =
            settings.sharding == .rows
            ? 4 * Double(shape.tableCount) * (1 - 1 / Double(cluster.hosts)) : 0
        let hosts = Double(cluster.hosts)
        let fetched =
            settings.sharding == .rows && cluster.hosts > 1
            ? shape.gradientBytes(
                samples: Double(settings.batchSize) / hosts, shards: Double(settings.logicalShards) / hosts)
                - 4 * Double(shape.denseCount) : 0
        // Of moments that only the owner of a slice has, the plan counts no others.
        let copiesOfTables = Double(plan.copies - (settings.optimizerSharding == .all && cluster.hosts > 1 ? 2 : 0))
        optimizer = Double(bytes) - copiesOfTables * absent + fetched
        // Ranks that divide tables keep their part of the best parameters, and write checkpoints without a copy, as those do
        // that divide moments.
        let dividesAny = settings.sharding == .rows || settings.optimizerSharding != .none
        let copiesOfHost = dividesAny && cluster.hosts > 1 ? 1 : 2 + plan.copies
        copies = Double(copiesOfHost) * (4 * Double(shape.parameterCount) - absent)
        let rails = Double(cluster.ranksPerHost)
        activations = rails * shape.activationBytes(settings.samplesOfShard)
        // Those of a round are there at the same time, out and in, and the sums that come last stay.
        let rounds = exchange.reducing + exchange.spreading + exchange.fetching
        messages = 2 * rails * rounds.reduce(0) { $0 + Double($1.messages) * $1.bytes }
        data = interactions * (Self.bytesRead + Self.bytesKept / hosts)
        let maps = shape.tables.reduce(0) { $0 + 4 * Double($1.rows) }
        programs =
            rails
            * (Self.bytesOfProgram + maps + Self.bytesOfUser * Double(users) + Self.bytesOfItem * Double(items))
    }
}
