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
        fetching =
            settings.sharding == .rows
            ? [
                ExchangeRound(messages: others, bytes: sizes.ids(share)),
                ExchangeRound(messages: others, bytes: sizes.rows(share)),
            ] : []
        // With sharded tables rows go to their owners and stay there.
        let spread: MessageSizes.Part = settings.sharding == .rows ? .dense : .all
        switch settings.rounds {
        case .direct:
            let one = sizes.message(.all, hosts: 1, share: share)
            reducing = [ExchangeRound(messages: others, bytes: one, addedBytes: Double(hosts) * one)]
            let sum = sizes.message(spread, hosts: hosts, share: share)
            spreading = [ExchangeRound(messages: others, bytes: sum)]
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
                let bytes = sizes.message(.all, hosts: 1 << there.count, share: part)
                there.append(
                    ExchangeRound(messages: messages, bytes: bytes, addedBytes: Double(messages + 1) * bytes))
                back.append(
                    ExchangeRound(messages: messages, bytes: sizes.message(spread, hosts: hosts, share: part)))
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

    /// Messages that a host sends in a step.
    public func messagesPerHost(_ cluster: Cluster) -> Int {
        (fetching + reducing + spreading).reduce(0) { $0 + cluster.ranksPerHost * $1.messages }
    }

    /// How long messages are.
    private struct MessageSizes {
        /// What of the parameters travels.
        enum Part { case all, dense }

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
            let parts = parts(ofHosts: count)
            let slice = share / rails
            var bytes = headerBytes + parts * (4 * Double(shape.tables.count) + 4 * Double(shape.denseCount) * slice)
            guard part == .all else { return bytes }
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
