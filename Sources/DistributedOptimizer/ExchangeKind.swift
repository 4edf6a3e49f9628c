/// How the ranks exchange gradients; never changes a result.
public enum ExchangeKind: RawRepresentable, Sendable, Hashable, CaseIterable {
    /// Shared memory within a node, messages between nodes.
    case automatic
    /// Shared memory alone: for ranks of one node.
    case shared
    /// Messages between all ranks.
    case messages
    /// As if every so many ranks were a node by themselves: several nodes on one.
    case groups(Int)

    /// The kinds without a number.
    public static var allCases: [ExchangeKind] { [.automatic, .shared, .messages] }

    private static let groupPrefix = "groups-"

    /// The kind of a name: `auto`, `shared`, `messages`, or `groups-4` for groups of four; nil for other names.
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

    /// The name that ``init(rawValue:)`` reads.
    public var rawValue: String {
        switch self {
        case .automatic: "auto"
        case .shared: "shared"
        case .messages: "messages"
        case .groups(let size): Self.groupPrefix + String(size)
        }
    }
}
