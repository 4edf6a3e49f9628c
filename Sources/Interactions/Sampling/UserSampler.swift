import KernelCore

/// The part of a logical shard in batches of uniformly drawn users: for every slot of the global batch a user, and one
/// of the user's samples, with replacement.
///
/// What a slot of a step holds is a function of (seed, step, slot). Every shard draws the users of all slots and
/// takes those that it owns, so that the number of its samples differs from step to step.
public struct UserSampler: TrainingSampler {
    /// The shard whose samples these are.
    public let shard: Int
    /// Samples of a step over all shards.
    public let batchSize: Int
    /// The newest interactions that a history keeps; 0 keeps all.
    public let historyMax: Int
    /// Seed of the users, their samples and the negatives.
    public let seed: UInt64
    private let store: SequenceStore
    private let shards: LogicalShards
    private let samples: ShardSamples
    private let negatives: NegativeSampler

    /// Parameters as of ``ShardSampler``.
    public init(
        store: SequenceStore, shards: LogicalShards, shard: Int, batchSize: Int, negatives: Int, historyMax: Int,
        seed: UInt64
    ) {
        precondition(store.shards.contains(shard), "the store does not hold shard \(shard)")
        precondition(negatives >= 0 && historyMax >= 0, "numbers of negatives and history items are not negative")
        self.store = store
        self.shards = shards
        self.shard = shard
        self.batchSize = batchSize
        self.historyMax = historyMax
        self.seed = seed
        self.negatives = NegativeSampler(store: store, count: negatives)
        samples = ShardSamples(store: store, shards: shards, shard: shard)
    }

    /// Nothing to prepare: steps do not depend on epochs.
    public mutating func beginEpoch(_ epoch: Int) {}

    /// Fills a batch with the samples of those slots of the step whose users the shard owns.
    ///
    /// - Parameter step: the step of the training, from 1; the step within the epoch does not matter.
    /// - Returns: the number of samples, perhaps 0.
    @discardableResult
    public func fill(_ batch: PackedBatch, stepOfEpoch: Int, step: Int) -> Int {
        batch.reset(candidatesPerTarget: 1 + negatives.count)
        let iteration = UInt32(truncatingIfNeeded: step)
        let users = shards.sampledUsers
        for slot in 0..<UInt32(batchSize) {
            var stream = RandomStream(seed: seed, purpose: .examples, iteration: iteration, element: slot)
            let user = users[Int(stream.next(below: UInt32(users.count)))]
            guard shards.shard(ofUser: Int(user)) == shard, let local = localUser(user) else { continue }
            let own = samples.range(ofLocal: local)
            let position = Int(samples.positions[own.lowerBound + Int(stream.next(below: UInt32(own.count)))])
            let candidates = store.append(
                local: local, position: position, historyMax: historyMax, name: slot, to: batch)
            candidates[0] = store.items[store.offsets[local] + position]
            var draws = RandomStream(seed: seed, purpose: .negatives, iteration: iteration, element: slot)
            negatives.draw(forLocal: local, from: &draws, into: candidates + 1)
        }
        return batch.count
    }

    /// The index of a user among the local users of the shard, which are ascending.
    private func localUser(_ user: Int32) -> Int? {
        var lower = samples.localUsers.lowerBound
        var upper = samples.localUsers.upperBound
        while lower < upper {
            let middle = (lower + upper) / 2
            if store.users[middle] < user { lower = middle + 1 } else { upper = middle }
        }
        return lower < samples.localUsers.upperBound && store.users[lower] == user ? lower : nil
    }
}
