import KernelCore

/// The messages of a step between hosts: which rounds there are, and how many bytes they have. The sizes are those of
/// `SliceMessage`: touched rows with their numbers, or with a bit for every row where that is shorter.
public struct Exchange: Sendable, Equatable {
    /// Rounds in which ids and rows are fetched before anything is computed; none unless tables are sharded.
    public let fetching: [ExchangeRound]
    /// Rounds after which the sums of all slices are at their owners.
    public let reducing: [ExchangeRound]
    /// Rounds after which every host has what it needs of the sums.
    public let spreading: [ExchangeRound]
    /// The share of a rank's slices that it has before the last round of ``spreading``, to begin Adam with.
    public let shareAtHand: Double

    /// Bytes of numbers and lengths at the beginning of a message: of `MessageRound` and `SliceMessage`.
    private static let headerBytes = 16.0

    /// The rounds of a step on several hosts; none on one.
    public init(_ shape: ModelShape, _ settings: StepSettings, _ cluster: Cluster) {
        let hosts = cluster.hosts
        guard hosts > 1 else {
            (fetching, reducing, spreading, shareAtHand) = ([], [], [], 1)
            return
        }
        let sizes = MessageSizes(shape, settings, cluster)
        let others = hosts - 1
        let share = 1 / Double(hosts)
        let rails = Double(cluster.ranksPerHost)
        /// A round in which every host sends to each other one what it has for it.
        func toAll(_ bytes: Double, addedBytes: Double = 0) -> ExchangeRound {
            let slices = cluster.traffic?.direct.there.first ?? 0
            return ExchangeRound(
                messages: others, bytes: bytes, addedBytes: addedBytes, uplinkBytes: Double(slices) * rails * bytes)
        }
        fetching = settings.sharding == .rows ? [toAll(sizes.ids(share)), toAll(sizes.rows(share))] : []
        // With sharded tables rows go to their owners and stay there; with moments of tables sharded, all rows come back.
        let spread: MessageSizes.Part =
            settings.sharding == .rows ? .dense : settings.optimizerSharding == .all ? .values : .touched
        switch settings.rounds {
        case .direct:
            let one = sizes.message(.touched, hosts: 1, share: share)
            reducing = [toAll(one, addedBytes: Double(hosts) * one)]
            spreading = [toAll(sizes.message(spread, hosts: hosts, share: share))]
            shareAtHand = share
        case .halving:
            var there: [ExchangeRound] = []
            var back: [ExchangeRound] = []
            // The largest group of hosts that add up the slices of all of them; it splits into two halves in each round.
            var group = hosts
            while group > 1 {
                let half = (group + 1) / 2
                // Where the number is odd, one host gets two messages, and sends two on the way back.
                let messages = group % 2 == 1 ? 2 : 1
                let part = Double(half) / Double(hosts)
                let number = there.count
                let bytes = sizes.message(.touched, hosts: 1 << number, share: part)
                // The bytes of a message are those of the slices of half a group.
                let uplink = rails / Double(half)
                there.append(
                    ExchangeRound(
                        messages: messages, bytes: bytes, addedBytes: Double(messages + 1) * bytes,
                        uplinkBytes: Double(cluster.traffic?.halving.there[number] ?? 0) * uplink * bytes))
                let sum = sizes.message(spread, hosts: hosts, share: part)
                back.append(
                    ExchangeRound(
                        messages: messages, bytes: sum,
                        uplinkBytes: Double(cluster.traffic?.halving.back[number] ?? 0) * uplink * sum))
                group = half
            }
            reducing = there
            // The smallest part travels first.
            spreading = back.reversed()
            shareAtHand = 0.5
        }
    }

    /// Bytes that a host sends in a step, the one that sends the most.
    public func bytesPerHost(_ cluster: Cluster) -> Double {
        (fetching + reducing + spreading).reduce(0) {
            $0 + Double(cluster.ranksPerHost * $1.messages) * $1.bytes
        }
    }

    /// Bytes that cross the uplink of a rack in a step, in one direction; 0 where there are no racks.
    public var bytesPerUplink: Double { (fetching + reducing + spreading).reduce(0) { $0 + $1.uplinkBytes } }

    /// Messages that a host sends in a step.
    public func messagesPerHost(_ cluster: Cluster) -> Int {
        (fetching + reducing + spreading).reduce(0) { $0 + cluster.ranksPerHost * $1.messages }
    }

    /// How long messages are.
    private struct MessageSizes {
        /// What of the tables travels beside the dense parameters.
        enum Part {
            /// The rows that mini-batches touch.
            case touched
            /// The new values of all rows.
            case values
            /// Nothing.
            case dense
        }

        let shape: ModelShape
        let samplesOfHost: Double
        let shardsOfHost: Double
        let rails: Double
        let hosts: Int
        let shards: Int

        init(_ shape: ModelShape, _ settings: StepSettings, _ cluster: Cluster) {
            self.shape = shape
            hosts = cluster.hosts
            shards = settings.logicalShards
            samplesOfHost = Double(settings.batchSize) / Double(hosts)
            shardsOfHost = Double(shards) / Double(hosts)
            rails = Double(cluster.ranksPerHost)
        }

        /// Complete subtrees of the tree over the shards that so many neighbouring hosts have together, the mean: one for
        /// aligned powers of two. What are no halves of a subtree travel side by side.
        private func parts(ofHosts count: Int) -> Double {
            let blocks = stride(from: 0, to: hosts, by: count).map { first in
                let last = min(first + count, hosts)
                return TreeSum.completeSubtrees(of: first * shards / hosts..<last * shards / hosts, shards: shards)
                    .count
            }
            return max(Double(blocks.reduce(0, +)) / Double(blocks.count), 1)
        }

        /// A message of a rail with a share of the parameters, of the sums over so many hosts.
        func message(_ part: Part, hosts count: Int, share: Double) -> Double {
            let count = min(count, hosts)
            let parts = part == .values ? 1 : parts(ofHosts: count)
            let slice = share / rails
            var bytes = headerBytes + parts * (4 * Double(shape.tables.count) + 4 * Double(shape.denseCount) * slice)
            if part == .values { return bytes + 4 * Double(shape.tableCount) * slice }
            guard part == .touched else { return bytes }
            for table in shape.tables {
                let rows = table.touchedRows(
                    samples: samplesOfHost * Double(count) / parts, shards: shardsOfHost * Double(count) / parts)
                let list = rows * slice
                let bits = (Double(table.rows) * slice / 32).rounded(.up)
                bytes += parts * (4 * min(list, bits) + 4 * list * Double(table.columns))
            }
            return bytes
        }

        /// The numbers of the rows that a host asks another one for, by rail.
        func ids(_ share: Double) -> Double {
            headerBytes + shape.tables.reduce(0) { $0 + 4 * touched($1) * share / rails }
        }

        /// The rows themselves.
        func rows(_ share: Double) -> Double {
            headerBytes + shape.tables.reduce(0) { $0 + 4 * touched($1) * Double($1.columns) * share / rails }
        }

        private func touched(_ table: ModelShape.Table) -> Double {
            table.touchedRows(samples: samplesOfHost, shards: shardsOfHost)
        }
    }
}
