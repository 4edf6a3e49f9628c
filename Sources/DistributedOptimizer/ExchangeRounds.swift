import KernelCore

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

extension ExchangeRounds {
    /// Rounds there, and as many back, between so many nodes.
    package static func halvings(ofNodes nodes: Int) -> Int { Int.bitWidth - max(nodes - 1, 0).leadingZeroBitCount }

    /// The way that takes less time.
    ///
    /// For few nodes that is the direct one: its messages are under way together, so that the latency of a network counts
    /// twice and not twice log2 of the nodes. With the nodes the messages grow in number and become shorter, until sending
    /// them one by one takes longer than the rounds of a halving.
    ///
    /// A halving sends on what a node has received. Rows that only one node has touched so travel in several rounds: where
    /// tables are large and messages long, it takes more bytes than it saves messages.
    ///
    /// - Parameters:
    ///   - subtrees: the largest complete ones of each node's shards.
    ///   - network: what messages take.
    ///   - bytes: of the sum over so many shards and all parameters.
    /// - Returns: ``direct`` or ``halving``.
    package static func chosen(
        _ subtrees: [[TreeSum.Subtree]], on network: MessageCost, bytes: (_ shards: Int) -> Int
    ) -> ExchangeRounds {
        // Between two nodes both are the same.
        guard subtrees.count > 2 else { return .direct }
        let direct = ExchangeCost.direct(subtrees, bytes: bytes).seconds(network)
        return ExchangeCost.halving(subtrees, bytes: bytes).seconds(network) < direct ? .halving : .direct
    }
}
