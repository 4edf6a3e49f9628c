import DistributedOptimizer

/// The hosts that a training is forecast for, and the network between them.
public struct Cluster: Sendable, Equatable {
    /// Ranks of the training.
    public let ranks: Int
    /// Ranks of each host.
    public let ranksPerHost: Int
    /// The link of a host, the same in both directions.
    public let network: Network
    /// Slices of hosts that cross the uplinks of racks, in each way to exchange; nil: there are no racks.
    let traffic: (direct: RackTraffic, halving: RackTraffic)?

    /// The links of hosts, and of the racks that they stand in.
    public struct Network: Sendable, Equatable {
        /// Seconds of an empty message.
        public let latency: Double
        /// Seconds of a rank's processor for a message that it sends and one that it receives.
        public let overhead: Double
        /// Bytes of messages a second through the link of a host, in each direction.
        public let bytesPerSecond: Double
        /// The racks; nil: there is no bottleneck between the links of the hosts.
        public let racks: Racks?

        /// Racks of hosts, which are full one behind the other in the order of the ranks.
        public struct Racks: Sendable, Equatable {
            /// Hosts of a rack.
            public let hosts: Int
            /// Bytes of messages a second between a rack and all others, in each direction.
            public let bytesPerSecond: Double

            /// Racks of so many hosts.
            public init(hosts: Int, bytesPerSecond: Double) {
                self.hosts = hosts
                self.bytesPerSecond = bytesPerSecond
            }
        }

        /// A network of these properties.
        public init(latency: Double, overhead: Double, bytesPerSecond: Double, racks: Racks? = nil) {
            self.latency = latency
            self.overhead = overhead
            self.bytesPerSecond = bytesPerSecond
            self.racks = racks
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
        let hosts = Self.hosts(ranks: ranks, ranksPerHost: self.ranksPerHost)
        traffic = network.racks.map { racks in
            let places = RackTraffic.racks(ofNodes: hosts, nodesPerRack: racks.hosts)
            return (RackTraffic(.direct, racks: places), RackTraffic(.halving, racks: places))
        }
    }

    /// Whether all that makes them is the same: what crosses racks follows from it.
    public static func == (a: Cluster, b: Cluster) -> Bool {
        (a.ranks, a.ranksPerHost) == (b.ranks, b.ranksPerHost) && a.network == b.network
    }

    private static func hosts(ranks: Int, ranksPerHost: Int) -> Int { (ranks + ranksPerHost - 1) / ranksPerHost }

    /// Hosts, of which the last one may have fewer ranks.
    public var hosts: Int { Self.hosts(ranks: ranks, ranksPerHost: ranksPerHost) }

    /// One host of the same kind, full of ranks.
    public var oneHost: Cluster { Cluster(ranks: ranksPerHost, ranksPerHost: ranksPerHost, network: network) }
}
