/// In how many rounds of messages the nodes exchange gradients; never changes a result.
public enum ExchangeRounds: String, Sendable, CaseIterable {
    /// Whichever takes less time by ``ExchangeCost``.
    case automatic = "auto"
    /// In two: each node sends to each other one, once there and once back.
    case direct
    /// In about twice log2 of the nodes, in each of which a node sends to one other: recursive halving and doubling
    /// (Thakur, Rabenseifner and Gropp 2005, "Optimization of Collective Communication Operations in MPICH").
    case halving
}

/// What messages between two nodes take, as in the model LogGP (Alexandrov et al. 1995).
package struct MessageCost: Sendable {
    /// Seconds until a short message has arrived.
    package let latency: Double
    /// Seconds from one short message to the next, of many that a node sends one behind the other.
    package let gap: Double
    /// Seconds that each byte adds.
    package let secondsPerByte: Double

    /// What was measured, or is assumed.
    package init(latency: Double, gap: Double, secondsPerByte: Double) {
        self.latency = latency
        self.gap = gap
        self.secondsPerByte = secondsPerByte
    }

    /// TCP at 10 Gbit/s, where nobody has measured: the latency and the gap of Open MPI between hosts of the lab.
    package static let assumed = MessageCost(latency: 15e-6, gap: 4e-6, secondsPerByte: 0.8e-9)
}

/// What an exchange sends in a step: the node that has the most of it.
package struct ExchangeCost: Sendable, Equatable {
    /// Messages that wait for each other.
    package let rounds: Int
    /// Messages that a node sends.
    package let messages: Int
    /// Bytes that a node sends or receives.
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

extension ExchangeRounds {
    /// Rounds there, and as many back, between so many nodes.
    package static func halvings(ofNodes nodes: Int) -> Int { Int.bitWidth - max(nodes - 1, 0).leadingZeroBitCount }

    /// What an exchange would send.
    ///
    /// Sums that are complete come to every node in either way. On their way there direct messages hold the rows that one
    /// node has touched; in round r of a halving a node sends on what 2^r of them have, over a part of 1 / 2^(r + 1) of the
    /// parameters. Rows that only one node has touched so travel in several rounds. That is why a halving has fewer
    /// messages and, where tables are large, more bytes.
    ///
    /// - Parameters:
    ///   - nodes: at least 2.
    ///   - bytes: of the gradient of so many nodes, over all parameters.
    package func cost(nodes: Int, bytes: (_ nodes: Int) -> Int) -> ExchangeCost {
        let others = Double(nodes - 1) / Double(nodes)
        let back = Double(bytes(nodes)) * others
        guard self == .halving else {
            return ExchangeCost(rounds: 2, messages: 2 * (nodes - 1), bytes: Double(bytes(1)) * others + back)
        }
        let halvings = Self.halvings(ofNodes: nodes)
        let there = (0..<halvings).reduce(0.0) { $0 + Double(bytes(min(1 << $1, nodes))) / Double(2 << $1) }
        return ExchangeCost(rounds: 2 * halvings, messages: 2 * halvings, bytes: there + back)
    }

    /// The way that takes less time.
    ///
    /// For few nodes that is the direct one: its messages are under way together, so that the latency of a network counts
    /// twice and not twice log2 of the nodes. With the nodes the messages grow in number and become shorter, until sending
    /// them one by one takes longer than the rounds of a halving.
    ///
    /// - Parameters:
    ///   - nodes: of the cluster.
    ///   - network: what messages take.
    ///   - bytes: of the gradient of so many nodes, over all parameters.
    /// - Returns: ``direct`` or ``halving``.
    package static func chosen(
        nodes: Int, on network: MessageCost, bytes: (_ nodes: Int) -> Int
    ) -> ExchangeRounds {
        // Between two nodes both are the same.
        guard nodes > 2 else { return .direct }
        let seconds = [direct, halving].map { $0.cost(nodes: nodes, bytes: bytes).seconds(network) }
        return seconds[1] < seconds[0] ? .halving : .direct
    }
}
