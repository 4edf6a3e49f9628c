import KernelCore

/// What the messages of a node hold in an exchange by halving, and what becomes of it.
///
/// A message holds, for each slice that is given away, one sum for each part: the largest complete subtrees of all shards
/// that the sender and those it has received from have. Two parts become one as soon as both halves of a subtree are
/// there, and nothing else is ever added: so the sums have the bits of the tree over all shards.
struct HalvingParts {
    /// A sum that a node has of a slice.
    struct Input {
        /// Where it lies.
        enum Origin {
            /// In the memory of the node.
            case gradient
            /// Part `part` of message `message` of those that the node receives.
            case message(_ message: Int, part: Int)
        }

        let subtree: TreeSum.Subtree
        let origin: Origin
    }

    /// A message that the node receives.
    struct Message {
        let source: Int
        /// The slices that it is about, in its order.
        let slices: [Int]
        let parts: [TreeSum.Subtree]
    }

    /// What the node sends in a round.
    struct Sending {
        let destination: Int
        let slices: [Int]
        /// Each with the sums that it is made of.
        let parts: [(subtree: TreeSum.Subtree, inputs: [Input])]
    }

    /// One for each round.
    let sendings: [Sending]
    /// All that come, in the order of the rounds; those of each round by themselves.
    let messages: [Message]
    let messagesOfRounds: [Range<Int>]
    /// What the sum over the node's own slice is made of.
    let total: [Input]

    init(_ plan: RailPlan, _ schedule: HalvingSchedule) {
        let own = plan.node
        let rounds = schedule.rounds[own]
        var inputs = plan.gradients.map { Input(subtree: $0, origin: .gradient) }
        // Of every node before a round.
        var parts = plan.subtrees
        var sendings: [Sending] = []
        var messages: [Message] = []
        var messagesOfRounds: [Range<Int>] = []
        for (number, round) in rounds.enumerated() {
            sendings.append(
                Sending(
                    destination: round.destination, slices: round.given,
                    parts: parts[own].map { ($0, Self.inputs(inputs, of: $0)) }))
            let firstMessage = messages.count
            for source in round.sources {
                for (part, subtree) in parts[source].enumerated() {
                    inputs.append(Input(subtree: subtree, origin: .message(messages.count, part: part)))
                }
                messages.append(Message(source: source, slices: round.kept, parts: parts[source]))
            }
            messagesOfRounds.append(firstMessage..<messages.count)
            parts = schedule.joining(parts, number, shards: plan.shardCount)
        }
        self.sendings = sendings
        self.messages = messages
        self.messagesOfRounds = messagesOfRounds
        total = Self.inputs(inputs, of: TreeSum.Subtree(0, plan.shardCount))
    }

    /// Those of `inputs` that lie in a subtree, by rising shards.
    private static func inputs(_ inputs: [Input], of subtree: TreeSum.Subtree) -> [Input] {
        inputs.filter { subtree.lower <= $0.subtree.lower && $0.subtree.upper <= subtree.upper }
            .sorted { $0.subtree.lower < $1.subtree.lower }
    }
}

extension HalvingSchedule {
    /// The parts that each node has behind a round.
    ///
    /// - Parameters:
    ///   - parts: of each node before it, by rising shards.
    ///   - round: counted from 0.
    ///   - shards: of all nodes.
    func joining(_ parts: [[TreeSum.Subtree]], _ round: Int, shards: Int) -> [[TreeSum.Subtree]] {
        parts.indices.map { node in
            guard round < rounds[node].count else { return parts[node] }
            let all = rounds[node][round].sources.reduce(into: parts[node]) { $0 += parts[$1] }
            return TreeSum.joining(all.sorted { $0.lower < $1.lower }, shards: shards)
        }
    }
}
