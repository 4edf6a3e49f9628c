/// Messages that every rank of a rail sends and receives at the same time, and what is added up of them.
public struct ExchangeRound: Sendable, Equatable {
    /// Messages of a rank, each to another host.
    public let messages: Int
    /// Bytes of each.
    public let bytes: Double
    /// Bytes of gradients that a rank reads to add up what has come.
    public let addedBytes: Double
    /// Bytes that cross the uplink of a rack in one direction, of all its hosts; 0 where there are no racks.
    public let uplinkBytes: Double

    /// A round of a rank.
    public init(messages: Int, bytes: Double, addedBytes: Double = 0, uplinkBytes: Double = 0) {
        self.uplinkBytes = uplinkBytes
        self.messages = messages
        self.bytes = bytes
        self.addedBytes = addedBytes
    }

    /// Bytes of the pieces that longer messages are cut into, as those of a training.
    static let pieceBytes = 64_000.0

    /// Seconds of the parts of a round.
    package struct Seconds: Equatable {
        /// Until the first byte is there, and the processor's work for the messages beyond what the wire takes.
        package var messages = 0.0
        /// On the link of a host.
        package var wire = 0.0
        /// On the uplink of a rack, beyond that.
        package var uplink = 0.0
        /// Adding up.
        package var addition = 0.0

        /// The processor's work for the messages, which is part of the other times where it is longer than the wire's.
        package var handling = 0.0

        /// Of all parts.
        package var total: Double { messages + wire + uplink + addition }

        /// Adds those of another round.
        package static func += (a: inout Seconds, b: Seconds) {
            a.messages += b.messages
            a.wire += b.wire
            a.uplink += b.uplink
            a.addition += b.addition
            a.handling += b.handling
        }
    }

    /// How long the round takes: a latency, then messages one behind the other, which the processor handles while the
    /// link carries others.
    ///
    /// - Parameters:
    ///   - rails: ranks of a host that share its link.
    ///   - additionRate: bytes a second that a rank adds up.
    package func seconds(_ network: Cluster.Network, rails: Int, additionRate: Double) -> Seconds {
        guard messages > 0 else { return Seconds(addition: addedBytes / additionRate) }
        let pieces = max((bytes / Self.pieceBytes).rounded(.up), 1)
        let handling = Double(messages) * pieces * network.overhead
        let wire = Double(rails * messages) * bytes / network.bytesPerSecond
        let uplink = network.racks.map { max(uplinkBytes / $0.bytesPerSecond - wire, 0) } ?? 0
        return Seconds(
            messages: network.latency + max(handling - wire - uplink, 0), wire: wire, uplink: uplink,
            addition: addedBytes / additionRate, handling: handling)
    }
}
