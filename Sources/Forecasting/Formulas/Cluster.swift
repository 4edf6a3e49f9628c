/// The hosts that a training is forecast for, and the network between them.
public struct Cluster: Sendable, Equatable {
    /// Ranks of the training.
    public let ranks: Int
    /// Ranks of each host.
    public let ranksPerHost: Int
    /// The link of a host, the same in both directions.
    public let network: Network

    /// A network without a bottleneck between the links of the hosts.
    public struct Network: Sendable, Equatable {
        /// Seconds of an empty message.
        public let latency: Double
        /// Seconds of a rank's processor for a message that it sends and one that it receives.
        public let overhead: Double
        /// Bytes of messages a second through the link of a host, in each direction.
        public let bytesPerSecond: Double

        /// A network of these properties.
        public init(latency: Double, overhead: Double, bytesPerSecond: Double) {
            self.latency = latency
            self.overhead = overhead
            self.bytesPerSecond = bytesPerSecond
        }

        /// The share of a link that carries messages: 1,448 of the 1,538 bytes that a full frame takes on Ethernet (IEEE
        /// 802.3: preamble, header, checksum and gap), with IPv4 and TCP with time stamps in it.
        public static let payloadShare = 1448.0 / 1538
    }

    /// - Parameters:
    ///   - ranks: at least 1.
    ///   - ranksPerHost: fewer ranks are all on one host.
    public init(ranks: Int, ranksPerHost: Int, network: Network) {
        self.ranks = ranks
        self.ranksPerHost = min(ranksPerHost, ranks)
        self.network = network
    }

    /// Hosts, of which the last one may have fewer ranks.
    public var hosts: Int { (ranks + ranksPerHost - 1) / ranksPerHost }

    /// One host of the same kind, full of ranks.
    public var oneHost: Cluster { Cluster(ranks: ranksPerHost, ranksPerHost: ranksPerHost, network: network) }
}
