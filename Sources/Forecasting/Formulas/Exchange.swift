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
            var rounds: [ExchangeRound] = []
            var backward: [ExchangeRound] = []
            let levels = hosts.bitWidth - 1 - hosts.leadingZeroBitCount
            // Hosts beyond a power of two give all that they have to another one first, and get all of it at the end.
            if hosts != 1 << levels {
                let all = sizes.message(.all, hosts: 1, share: 1)
                rounds.append(ExchangeRound(messages: 1, bytes: all, addedBytes: 2 * all))
                backward.append(ExchangeRound(messages: 1, bytes: sizes.message(spread, hosts: hosts, share: 1)))
            }
            let folded = Double(hosts) / Double(1 << levels)
            for level in 0..<levels {
                // What a host has is the sum of 2^level hosts by now, of a part of the parameters of which half stays.
                let part = 1 / Double(2 << level)
                let bytes = sizes.message(.all, hosts: folded * Double(1 << level), share: part)
                rounds.append(ExchangeRound(messages: 1, bytes: bytes, addedBytes: 2 * bytes))
                backward.append(
                    ExchangeRound(messages: 1, bytes: sizes.message(spread, hosts: Double(hosts), share: part)))
            }
            reducing = rounds
            // The smallest part travels first.
            spreading = backward.reversed()
            shareAtHand = 0.5
        }
    }

    /// Bytes that a host sends in a step.
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
        /// Complete subtrees of the tree over the shards that a host has: one for aligned powers of two.
        let subtrees: Double

        init(_ shape: ModelShape, _ settings: StepSettings, _ cluster: Cluster) {
            self.shape = shape
            let hosts = cluster.hosts
            samplesOfHost = Double(settings.batchSize) / Double(hosts)
            shardsOfHost = Double(settings.logicalShards) / Double(hosts)
            rails = Double(cluster.ranksPerHost)
            let shards = settings.logicalShards
            let counts = (0..<hosts).map { host in
                TreeSum.completeSubtrees(of: host * shards / hosts..<(host + 1) * shards / hosts, shards: shards).count
            }
            subtrees = Double(counts.reduce(0, +)) / Double(hosts)
        }

        /// A message of a rail with a share of the parameters, summed over so many hosts.
        func message(_ part: Part, hosts: Int, share: Double) -> Double {
            message(part, hosts: Double(hosts), share: share)
        }

        func message(_ part: Part, hosts: Double, share: Double) -> Double {
            // Sums of one host travel by subtree, those of several are complete by then.
            let parts = hosts > 1 ? 1 : max(subtrees, 1)
            let slice = share / rails
            var bytes = headerBytes + parts * (4 * Double(shape.tables.count) + 4 * Double(shape.denseCount) * slice)
            guard part == .all else { return bytes }
            for table in shape.tables {
                let rows = table.touchedRows(
                    samples: samplesOfHost * hosts / parts, shards: shardsOfHost * hosts / parts)
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
