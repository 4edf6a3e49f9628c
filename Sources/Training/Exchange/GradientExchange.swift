import Differentiation
import KernelCore
import MPI
import Options

/// What a step did, the same on every rank.
public struct StepSummary: Sendable, Equatable {
    public let samples: Int
    /// Sum of the losses of the samples, added in the order of the shards.
    public let loss: Double
    /// Whether a rank wants the training to end after this step.
    public let asksToStop: Bool
    /// Whether the loss and all gradients are finite numbers; if not, the parameters are of no use any more.
    public var isFinite: Bool
}

/// Where the parameters and the gradients of the shards live, and how the ranks come to the same new parameters.
///
/// The gradients of the S shards are added in the tree of ``TreeSum``; the owner of each slice of the parameters adds
/// it up. How the numbers travel (``SharedMemoryExchange``, ``MultiNodeExchange``) does not change a bit of the result.
package protocol GradientExchange: AnyObject {
    /// The parameters that this rank reads.
    var parameters: ParameterValues { get }

    /// The moments of the optimizer, complete on rank 0 at least.
    var moments: (first: ParameterValues, second: ParameterValues) { get }

    /// What the model reads in place of the tables, where it propagates them: kept up to date with the parameters.
    var propagator: Propagator? { get }

    /// What measures the phases of ``update(step:)``; nil: nothing does.
    var phases: PhaseClock? { get set }

    /// Where the gradient of `shard`, one of this rank's, is to be recorded: of one shard after the other, in their order.
    func gradient(ofShard shard: Int) -> GradientView

    /// To be called when the gradient of `shard` is complete, and for a shard without samples, too. It may have been
    /// added to that of other shards when this returns.
    func finish(shard: Int)

    /// The gradients of this rank as the last step left them, each of one shard or of several that are added already.
    var ownGradients: [(shards: Range<Int>, gradient: GradientView)] { get }

    /// Adds up the gradients of all shards and takes one optimizer step. Collective.
    ///
    /// Takes no step where the loss is not finite: then all ranks learn it from the summary.
    ///
    /// - Parameter step: 1 for the first one.
    func update(step: Int) throws(MPIError) -> StepSummary

    /// Adds up what this rank adds up in ``update(step:)`` once more and drops the sums, where the optimizer takes them
    /// as they are made and the addition has no time of its own.
    ///
    /// - Returns: whether there was such an addition.
    func repeatAddition() -> Bool

    /// What sends the gradients of a step once more and in other ways, to be measured; nil where nothing is sent, since
    /// all ranks share memory.
    func messageTrial() -> MessageTrial?

    /// Makes the parameters of rank 0 everybody's. Collective.
    func distributeParameters() throws(MPIError)

    /// Makes the parameters and the moments of rank 0 everybody's. Collective.
    func distributeState() throws(MPIError)

    /// Gives shared memory back. Collective.
    func close() throws(MPIError)
}

extension GradientExchange {
    /// The values that the model computes with.
    var modelValues: ParameterValues { propagator?.values ?? parameters }
}

/// How the ranks exchange gradients.
public enum ExchangeKind: RawRepresentable, Sendable, Hashable, CaseIterable, OptionValue {
    /// Shared memory within a node, messages between nodes.
    case automatic
    case shared
    /// Messages between all ranks.
    case messages
    /// As if every so many ranks were a node by themselves: several nodes on one.
    case groups(Int)

    public static var allCases: [ExchangeKind] { [.automatic, .shared, .messages] }

    private static let groupPrefix = "groups-"

    public init?(rawValue: String) {
        switch rawValue {
        case "auto": self = .automatic
        case "shared": self = .shared
        case "messages": self = .messages
        default:
            guard rawValue.hasPrefix(Self.groupPrefix), let size = Int(rawValue.dropFirst(Self.groupPrefix.count)),
                size > 0
            else { return nil }
            self = .groups(size)
        }
    }

    public var rawValue: String {
        switch self {
        case .automatic: "auto"
        case .shared: "shared"
        case .messages: "messages"
        case .groups(let size): Self.groupPrefix + String(size)
        }
    }
}

/// What an exchange has to know.
struct ExchangePlan {
    let layout: ParameterLayout
    let gradientLayout: GradientLayout
    let optimizer: Adam.Settings
    let shardCount: Int
    /// Shards of each rank.
    let ownedShards: [Range<Int>]
    /// Of the model's tables, if it asks for one.
    let propagation: GraphPropagation?
    /// Whether ranks add the gradients of their shards as they come (``ShardAdditions``).
    let accumulatesOnArrival: Bool

    /// What a rank does with the gradients of its shards.
    func additions(ofRank rank: Int) -> ShardAdditions {
        ShardAdditions(owned: ownedShards[rank], of: shardCount, accumulatesOnArrival: accumulatesOnArrival)
    }

    /// The gradients that lie in the memory of a node of the ranks `ranks`, by the shards that they are the sums of.
    func inputs(ofRanks ranks: some Sequence<Int>) -> [TreeSum.Node] {
        ranks.flatMap { additions(ofRank: $0).subtrees }
    }
}
