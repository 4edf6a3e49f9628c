import KernelCore

/// The users of a data set, divided once into shards that hold about the same number of training samples: interactions,
/// or windows of sequences.
///
/// The division depends on the data set, the kind of samples and the number of shards only: ranks own blocks of
/// shards, and whoever owns a shard computes the same.
public struct LogicalShards: Sendable {
    /// The number of shards, S.
    public let count: Int
    /// Which interactions count as training samples.
    public let kind: SampleKind
    /// How sequences are cut where the samples are windows of them; nil: each interaction is a sample of its own.
    public let windows: WindowRule?
    private let folder: String
    /// The users that have training samples, ascending.
    public let sampledUsers: [Int32]
    /// Shard of every user by number; -1 for users without interactions.
    private let shards: [Int32]
    /// Users by shard, ascending within a shard.
    private let orderedUsers: [Int32]
    private let userOffsets: [Int]
    private let sampleCounts: [Int]
    /// Number of interactions of all users with a smaller number: where the names of a user's samples begin.
    private let firstSampleNames: [UInt32]

    /// Users with many samples first, each to the shard that has the fewest so far (of equal ones the first); users
    /// without samples fill up the shards with the fewest users.
    /// - Parameters:
    ///   - windows: how sequences are cut where the samples are windows of them.
    ///   - needsSamples: whether a data set without a training sample is refused; to rank, none is needed.
    /// - Complexity: O(U log U + U S) for U users.
    public init(
        dataset: InteractionDataset, kind: SampleKind, count: Int, windows: WindowRule? = nil,
        needsSamples: Bool = true
    ) throws(DatasetError) {
        guard count >= 1, count <= 1 << 20 else {
            throw DatasetError(
                .configuration, file: dataset.folder, problem: "\(count) logical shards",
                recoverySuggestion: "choose 1 to \(1 << 20), and at least as many as ranks")
        }
        let census = UserCensus(dataset)
        self.count = count
        self.kind = kind
        self.windows = windows
        folder = dataset.folder
        firstSampleNames = census.firstInteractions()

        let users = census.presentUsers()
        let samples = users.map { user in
            let targets = census.sampleCount(of: Int(user), kind)
            return windows?.count(ofTargets: targets) ?? targets
        }
        guard !needsSamples || samples.contains(where: { $0 > 0 }) else {
            throw DatasetError(
                .invalid, file: dataset.train.file, problem: "no training sample: no user has two interactions",
                recoverySuggestion:
                    "sequential models learn from interactions that have a history; use a larger data set")
        }
        var sampleCounts = [Int](repeating: 0, count: count)
        var userCounts = sampleCounts
        var shards = [Int32](repeating: -1, count: dataset.userCount + 1)
        let order = users.indices.sorted { (samples[$0], users[$1]) > (samples[$1], users[$0]) }
        for index in order {
            let load = samples[index] > 0 ? sampleCounts : userCounts
            var best = 0
            for shard in 1..<max(count, 1) where load[shard] < load[best] { best = shard }
            shards[Int(users[index])] = Int32(best)
            sampleCounts[best] += samples[index]
            userCounts[best] += 1
        }
        var offsets = [Int](repeating: 0, count: count + 1)
        var orderedUsers = [Int32](repeating: 0, count: users.count)
        offsets.withUnsafeMutableBufferPointer { offsets in
            CountingSort.forEachElement(
                of: users.count, ends: UnsafeMutableBufferPointer(rebasing: offsets[1...])
            ) {
                Int(shards[Int(users[$0])])
            } _: { index, slot in
                orderedUsers[slot] = users[index]
            }
        }
        sampledUsers = zip(users, samples).filter { $0.1 > 0 }.map(\.0)
        self.shards = shards
        self.sampleCounts = sampleCounts
        self.orderedUsers = orderedUsers
        userOffsets = offsets
    }

    /// The shard of a user; nil for one without interactions.
    public func shard(ofUser user: Int) -> Int? {
        guard shards.indices.contains(user), shards[user] >= 0 else { return nil }
        return Int(shards[user])
    }

    /// The users of a shard, ascending.
    public func users(of shard: Int) -> ArraySlice<Int32> { orderedUsers[userOffsets[shard]..<userOffsets[shard + 1]] }

    /// The number of training samples of a shard.
    public func sampleCount(of shard: Int) -> Int { sampleCounts[shard] }

    /// The number of training samples of all shards: an epoch.
    public var sampleCount: Int { sampleCounts.reduce(0, +) }

    /// The shards of a rank: contiguous blocks whose sizes differ by at most one, empty when there are more ranks than
    /// shards.
    public func owned(byRank rank: Int, of ranks: Int) -> Range<Int> {
        precondition(ranks >= 1 && (0..<ranks).contains(rank), "rank \(rank) of \(ranks)")
        return rank * count / ranks..<(rank + 1) * count / ranks
    }

    /// The number of samples that a shard gives to a step of `batchSize` samples, while it has any.
    public func quota(of shard: Int, batchSize: Int) -> Int {
        batchSize / count + (shard < batchSize % count ? 1 : 0)
    }

    /// The number of steps after which every shard has run out.
    public func stepsPerEpoch(batchSize: Int) throws(DatasetError) -> Int {
        guard batchSize >= count else {
            throw DatasetError(
                .configuration, file: folder, problem: "a batch of \(batchSize) samples for \(count) logical shards",
                recoverySuggestion: "every logical shard gives at least one sample to a batch: "
                    + "choose a larger batch size or fewer logical shards")
        }
        var steps = 0
        for shard in 0..<count {
            let quota = quota(of: shard, batchSize: batchSize)
            steps = max(steps, (sampleCounts[shard] + quota - 1) / quota)
        }
        return steps
    }

    /// Where the names of a user's samples begin: a sample is named by this + its position in the user's sequence. The
    /// name does not depend on shards or ranks, and keys the random numbers of the sample.
    func firstSampleName(ofUser user: Int) -> UInt32 { firstSampleNames[user] }
}

/// What has to be known of every user before users are distributed: counts, no sequences.
private struct UserCensus {
    private var interactions: [Int32]
    private var trainInteractions: [Int32]
    /// Whether the first interaction in time order is one of train.
    private var startsInTrain: [Bool]

    init(_ dataset: InteractionDataset) {
        let none = [Int32](repeating: 0, count: dataset.userCount + 1)
        interactions = none
        trainInteractions = none
        startsInTrain = [Bool](repeating: false, count: none.count)
        var earliest = [Int64](repeating: .max, count: none.count)
        for (table, isTrain) in [(dataset.train, true), (dataset.dev, false), (dataset.test, false)] {
            for row in 0..<table.count {
                let user = Int(table.users[row])
                interactions[user] += 1
                if isTrain { trainInteractions[user] += 1 }
                // Strictly: at equal times train comes first.
                if table.times[row] < earliest[user] || interactions[user] == 1 {
                    earliest[user] = table.times[row]
                    startsInTrain[user] = isTrain
                }
            }
        }
    }

    func presentUsers() -> [Int32] {
        interactions.indices.lazy.filter { interactions[$0] > 0 }.map { Int32($0) }
    }

    func sampleCount(of user: Int, _ kind: SampleKind) -> Int {
        switch kind {
        case .everyInteraction: Int(trainInteractions[user])
        case .sequential: Int(trainInteractions[user]) - (startsInTrain[user] ? 1 : 0)
        }
    }

    func firstInteractions() -> [UInt32] {
        var sum: UInt32 = 0
        return interactions.map { count in
            defer { sum += UInt32(count) }
            return sum
        }
    }
}
