import KernelCore

/// The sequences of the users of a range of shards, and nothing of anybody else: what a rank keeps of a data set.
///
/// A user's sequence is the stable sort by time of its interactions in train, dev and test, in this order. A position
/// in it is an interaction whose history is everything before it. All columns are flat; a *local user* is an index
/// into them, in the order of the shards, by number within a shard.
public final class SequenceStore: Sendable {
    /// The shards whose users are here.
    public let shards: Range<Int>
    /// The number of users of the whole data set.
    public let userCount: Int
    /// The number of items of the whole data set.
    public let itemCount: Int
    /// The number of negatives that every dev and test row lists; nil: none.
    public let negativesPerRow: Int?
    /// Whether ``times`` are times; when not, they are only an order.
    public let hasTimes: Bool
    /// Number of every local user.
    public let users: [Int32]
    /// `[users + 1]`: the sequence of local user u is `offsets[u]..<offsets[u + 1]` of the following columns.
    public let offsets: [Int]
    /// The item of each interaction, by number.
    public let items: [Int32]
    /// Times of the interactions; positions in the sequence where the data set has no times.
    public let times: [Int64]
    /// Raw values of ``Split``.
    public let splits: [UInt8]
    /// The smallest positive gap between two times of every local user; `Int64.max` when there is none.
    public let smallestTimeGaps: [Int64]
    /// `[users + 1]` into ``trainItems``.
    public let trainOffsets: [Int]
    /// Distinct train items of every local user, ascending.
    public let trainItems: [Int32]

    /// `[users]`: the name of the sample at position 0.
    let firstSampleNames: [UInt32]
    /// `[shards.count + 1]`: the local users of every shard.
    let shardOffsets: [Int]
    let devRows: EvaluationTable
    let testRows: EvaluationTable

    /// Dev or test rows in the order of local users and positions.
    struct EvaluationTable: Sendable {
        var localUsers: [Int32] = []
        var positions: [Int32] = []
        /// Row of the table in the file.
        var fileRows: [Int32] = []
        /// `[rows, negativesPerRow]`
        var negatives: [Int32] = []
        /// `[shards.count + 1]`
        var shardOffsets: [Int] = [0]
    }

    /// - Parameter range: shards to keep, of `shards`, which must belong to `dataset`.
    /// - Complexity: linear in the interactions of the data set (one pass) and of the range (memory).
    public init(dataset: InteractionDataset, shards: LogicalShards, range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= shards.count, "shards out of range")
        self.shards = range
        userCount = dataset.userCount
        itemCount = dataset.itemCount
        negativesPerRow = dataset.negativesPerRow
        hasTimes = dataset.hasTimes

        var users: [Int32] = []
        var shardOffsets = [0]
        for shard in range {
            users += shards.users(of: shard)
            shardOffsets.append(users.count)
        }
        let sequences = TimeOrderedSequences(dataset, users: users)
        offsets = sequences.offsets
        items = sequences.items
        times = sequences.times
        splits = sequences.splits
        smallestTimeGaps = users.indices.map { sequences.smallestTimeGap(of: $0) }
        (trainOffsets, trainItems) = sequences.distinctTrainItems()
        devRows = sequences.evaluationTable(.dev, dataset.dev, shardOffsets: shardOffsets)
        testRows = sequences.evaluationTable(.test, dataset.test, shardOffsets: shardOffsets)
        firstSampleNames = users.map { shards.firstSampleName(ofUser: Int($0)) }
        self.users = users
        self.shardOffsets = shardOffsets
    }

    /// The local users of a shard.
    public func localUsers(of shard: Int) -> Range<Int> {
        shardOffsets[shard - shards.lowerBound]..<shardOffsets[shard - shards.lowerBound + 1]
    }

    /// The distinct train items of a local user, ascending.
    public func trainItems(ofLocal user: Int) -> ArraySlice<Int32> {
        trainItems[trainOffsets[user]..<trainOffsets[user + 1]]
    }

    /// Positions of the history of `position`, cut to the newest `historyMax` (0: not cut), as indices of the columns.
    @inline(__always)
    func history(ofLocal user: Int, before position: Int, historyMax: Int) -> Range<Int> {
        let start = offsets[user]
        let length = historyMax > 0 ? min(position, historyMax) : position
        return start + position - length..<start + position
    }

    /// The mean length of the histories of the training samples here, cut to the newest `historyMax`; nil without samples.
    public func meanHistoryLength(_ kind: SampleKind, historyMax: Int) -> Double? {
        var count = 0
        var sum = 0
        for user in users.indices {
            for position in 0..<offsets[user + 1] - offsets[user]
            where splits[offsets[user] + position] == Split.train.rawValue
                && (position > 0 || kind == .everyInteraction)
            {
                count += 1
                sum += min(position, historyMax)
            }
        }
        return count > 0 ? Double(sum) / Double(count) : nil
    }

    /// The name of the sample at a position: the number of its interaction among those of all users.
    @inline(__always)
    func sampleName(ofLocal local: Int, position: Int) -> UInt32 { firstSampleNames[local] + UInt32(position) }

    /// Adds a range of a user's sequence to a batch, as a history without target.
    ///
    /// - Parameter positions: in the user's sequence.
    @inline(__always)
    func appendHistory(local: Int, positions: Range<Int>, name: UInt32, to batch: PackedBatch) {
        let range = offsets[local] + positions.lowerBound..<offsets[local] + positions.upperBound
        items.withUnsafeBufferPointer { items in
            times.withUnsafeBufferPointer { times in
                batch.appendHistory(
                    user: users[local], name: name,
                    smallestTimeGap: smallestTimeGaps[local], items: UnsafeBufferPointer(rebasing: items[range]),
                    times: UnsafeBufferPointer(rebasing: times[range]))
            }
        }
    }

    /// Adds the history of a position to a batch, and returns where its candidates are to be written.
    @inline(__always)
    func append(
        local: Int, position: Int, historyMax: Int, name: UInt32, to batch: PackedBatch
    ) -> UnsafeMutablePointer<Int32> {
        let range = history(ofLocal: local, before: position, historyMax: historyMax)
        return items.withUnsafeBufferPointer { items in
            times.withUnsafeBufferPointer { times in
                batch.append(
                    user: users[local], name: name,
                    smallestTimeGap: smallestTimeGaps[local], items: UnsafeBufferPointer(rebasing: items[range]),
                    times: UnsafeBufferPointer(rebasing: times[range]))
            }
        }
    }

    /// Asks for what a sample is made of: a history, its target behind it, and the train items of the user.
    ///
    /// - Parameter history: indices of the columns; the target is the next one.
    @inline(__always)
    func prefetch(local: Int, history: Range<Int>) {
        // The processor finds the rest of what is longer by itself.
        let most = 64
        items.withUnsafeBufferPointer { items in
            Kernel.prefetch(items.baseAddress! + history.lowerBound, count: min(history.count, most))
            Kernel.prefetch(items.baseAddress! + history.upperBound, count: 1)
        }
        times.withUnsafeBufferPointer { times in
            Kernel.prefetch(times.baseAddress! + history.lowerBound, count: min(history.count, most))
        }
        trainItems.withUnsafeBufferPointer { items in
            let own = trainOffsets[local]..<trainOffsets[local + 1]
            guard !own.isEmpty else { return }
            Kernel.prefetch(items.baseAddress! + own.lowerBound, count: min(own.count, most))
        }
    }
}
