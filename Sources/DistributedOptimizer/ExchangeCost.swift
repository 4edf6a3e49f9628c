import KernelCore

/// What an exchange sends in a step.
package struct ExchangeCost: Sendable, Equatable {
    /// Messages that wait for each other.
    package let rounds: Int
    /// Messages that a node sends, the one with the most.
    package let messages: Int
    /// Bytes that a node sends or receives: of each round the node and direction with the most.
    package let bytes: Double

    /// An exchange that was counted, or is planned.
    package init(rounds: Int, messages: Int, bytes: Double) {
        self.rounds = rounds
        self.messages = messages
        self.bytes = bytes
    }

    /// What the network takes at least: a latency for each round, a gap for each further message of a round, and the time
    /// of the bytes.
    package func seconds(_ cost: MessageCost) -> Double {
        Double(rounds) * cost.latency + Double(max(messages - rounds, 0)) * cost.gap + bytes * cost.secondsPerByte
    }
}

extension ExchangeCost {
    /// What ``ExchangeRounds/direct`` sends.
    ///
    /// - Parameters:
    ///   - subtrees: the largest complete ones of each node's shards.
    ///   - bytes: of the sum over so many shards and all parameters; of a slice it has its share.
    package static func direct(_ subtrees: [[TreeSum.Subtree]], bytes: (_ shards: Int) -> Int) -> ExchangeCost {
        let nodes = Double(subtrees.count)
        let parts = subtrees.map { Self.bytes(of: $0, bytes) }
        let all = parts.reduce(0, +)
        let there = parts.map { max($0 * (nodes - 1), all - $0) / nodes }.max() ?? 0
        let back = Double(bytes(subtrees.shardCount)) * (nodes - 1) / nodes
        return ExchangeCost(rounds: 2, messages: 2 * (subtrees.count - 1), bytes: there + back)
    }

    /// What ``ExchangeRounds/halving`` sends; arguments as of ``direct(_:bytes:)``.
    package static func halving(_ subtrees: [[TreeSum.Subtree]], bytes: (_ shards: Int) -> Int) -> ExchangeCost {
        let nodes = subtrees.count
        let shardCount = subtrees.shardCount
        let schedule = HalvingSchedule(nodes: nodes)
        let halvings = ExchangeRounds.halvings(ofNodes: nodes)
        let sum = Double(bytes(shardCount))
        var parts = subtrees
        var most = 0.0
        for number in 0..<halvings {
            var there = [(sent: Double, received: Double)](repeating: (0, 0), count: nodes)
            var back = there
            for node in 0..<nodes where number < schedule.rounds[node].count {
                let round = schedule.rounds[node][number]
                let part = Self.bytes(of: parts[node], bytes) * Double(round.given.count) / Double(nodes)
                there[node].sent += part
                there[round.destination].received += part
                // What it has of sums by then are those of its own half.
                let finished = sum * Double(round.kept.count) / Double(nodes)
                back[node].sent += finished * Double(round.sources.count)
                for source in round.sources { back[source].received += finished }
            }
            for way in [there, back] { most += way.map { max($0.sent, $0.received) }.max() ?? 0 }
            parts = schedule.joining(parts, number, shards: shardCount)
        }
        let messages = schedule.rounds.map { $0.reduce(0) { $0 + 1 + $1.sources.count } }.max() ?? 0
        return ExchangeCost(rounds: 2 * halvings, messages: messages, bytes: most)
    }

    private static func bytes(of subtrees: [TreeSum.Subtree], _ bytes: (_ shards: Int) -> Int) -> Double {
        subtrees.reduce(0) { $0 + Double(bytes($1.upper - $1.lower)) }
    }
}

extension [[TreeSum.Subtree]] {
    /// Shards of all of them.
    fileprivate var shardCount: Int { joined().reduce(0) { $0 + $1.upper - $1.lower } }
}
