import KernelCore

/// The training samples of one logical shard: in every epoch each of them once, in an order that depends on the seed,
/// the epoch and the shard only.
public struct ShardSampler: TrainingSampler {
    /// The shard whose samples these are.
    public let shard: Int
    /// Number of samples that the shard gives to a step, while it has any.
    public let quota: Int
    /// The number of negatives that are drawn for every sample.
    public let negatives: Int
    /// The newest interactions that a history keeps; 0 keeps all.
    public let historyMax: Int
    /// Seed of the order and of the negatives.
    public let seed: UInt64
    private let store: SequenceStore
    private let samples: ShardSamples
    private var permutation: [Int32]
    private let sampler: NegativeSampler
    private var epoch: UInt32?

    /// - Parameters:
    ///   - store: holds the users of `shard`.
    ///   - batchSize: samples of a step over all shards.
    ///   - negatives: drawn for every sample.
    ///   - historyMax: newest interactions that a history keeps; 0 keeps all.
    public init(
        store: SequenceStore, shards: LogicalShards, shard: Int, batchSize: Int, negatives: Int, historyMax: Int,
        seed: UInt64
    ) {
        precondition(store.shards.contains(shard), "the store does not hold shard \(shard)")
        precondition(negatives >= 0 && historyMax >= 0, "numbers of negatives and history items are not negative")
        self.store = store
        self.shard = shard
        self.negatives = negatives
        self.historyMax = historyMax
        self.seed = seed
        quota = shards.quota(of: shard, batchSize: batchSize)
        sampler = NegativeSampler(store: store, count: negatives)
        samples = ShardSamples(store: store, shards: shards, shard: shard)
        permutation = [Int32](repeating: 0, count: samples.count)
    }

    /// The number of samples of an epoch.
    public var sampleCount: Int { samples.count }

    /// Sets the order of an epoch, whatever was before: Fisher-Yates from the order of users and positions.
    public mutating func beginEpoch(_ epoch: Int) {
        let iteration = UInt32(truncatingIfNeeded: epoch)
        self.epoch = iteration
        permutation.shuffle(seed: seed, epoch: iteration, shard: shard)
    }

    /// Fills a batch with the samples of a step of the epoch, whichever step of the training it is.
    ///
    /// - Returns: the number of samples, 0 when the shard has run out in this epoch.
    @discardableResult
    public func fill(_ batch: PackedBatch, stepOfEpoch: Int, step: Int) -> Int { fill(batch, stepOfEpoch: stepOfEpoch) }

    /// Fills a batch with the samples of a step of the epoch: the true item and the negatives as candidates.
    ///
    /// The negatives are a function of (seed, epoch, name of the sample).
    ///
    /// - Parameter stepOfEpoch: the step within the epoch, from 0.
    /// - Returns: the number of samples, 0 when the shard has run out in this epoch.
    @discardableResult
    public func fill(_ batch: PackedBatch, stepOfEpoch: Int) -> Int {
        guard let epoch else { preconditionFailure("beginEpoch was not called") }
        batch.reset(candidatesPerTarget: 1 + negatives)
        let (start, overflow) = stepOfEpoch.multipliedReportingOverflow(by: quota)
        guard stepOfEpoch >= 0, !overflow, start < permutation.count else { return 0 }
        let end = min(start + quota, permutation.count)
        for first in stride(from: start, to: end, by: Self.groupSize) {
            fill(batch, slots: first..<min(first + Self.groupSize, end), epoch: epoch)
        }
        return end - start
    }

    /// What is known of a sample before its history is read.
    private struct Place {
        let local: Int32
        let position: Int32
        var user: Int32 = 0
        var name: UInt32 = 0
        var smallestTimeGap: Int64 = 0
        /// The index of the sample's interaction in the columns of the store.
        var interaction = 0
    }

    /// Samples that are looked up together: as many as one kilobyte has room for, the most that is taken from the stack.
    private static let groupSize = 32

    /// Adds the samples of some slots of the order.
    ///
    /// They lie anywhere in memory, and each number says where the next one is. So the numbers of one kind are read for
    /// all samples before those of the next kind: the processor waits for all of them at once.
    private func fill(_ batch: PackedBatch, slots: Range<Int>, epoch: UInt32) {
        withUnsafeTemporaryAllocation(of: Place.self, capacity: Self.groupSize) { places in
            for (index, slot) in slots.enumerated() {
                let sample = Int(permutation[slot])
                places.initializeElement(
                    at: index, to: Place(local: samples.users[sample], position: samples.positions[sample]))
            }
            for index in 0..<slots.count {
                let (local, position) = (Int(places[index].local), Int(places[index].position))
                places[index].user = store.users[local]
                places[index].name = store.sampleName(ofLocal: local, position: position)
                places[index].smallestTimeGap = store.smallestTimeGaps[local]
                places[index].interaction = store.offsets[local] + position
                store.prefetch(local: local, history: history(of: places[index]))
            }
            for index in 0..<slots.count { append(places[index], to: batch, epoch: epoch) }
        }
    }

    /// The history of a sample, as indices of the columns.
    private func history(of place: Place) -> Range<Int> {
        let length = historyMax > 0 ? min(Int(place.position), historyMax) : Int(place.position)
        return place.interaction - length..<place.interaction
    }

    /// Adds a sample with its negatives.
    private func append(_ place: Place, to batch: PackedBatch, epoch: UInt32) {
        let history = history(of: place)
        let candidates = store.items.withUnsafeBufferPointer { items in
            store.times.withUnsafeBufferPointer { times in
                batch.append(
                    user: place.user, name: place.name, smallestTimeGap: place.smallestTimeGap,
                    items: UnsafeBufferPointer(rebasing: items[history]),
                    times: UnsafeBufferPointer(rebasing: times[history]))
            }
        }
        candidates[0] = store.items[place.interaction]
        var stream = RandomStream(seed: seed, purpose: .negatives, iteration: epoch, element: place.name)
        sampler.draw(forLocal: Int(place.local), from: &stream, into: candidates + 1)
    }
}

extension [Int32] {
    /// 0, 1, 2... in an order that depends on the seed, the epoch and the shard: Fisher-Yates.
    mutating func shuffle(seed: UInt64, epoch: UInt32, shard: Int) {
        var stream = RandomStream(seed: seed, purpose: .order, iteration: epoch, element: UInt32(shard))
        let count = count
        withUnsafeMutableBufferPointer { order in
            for index in 0..<count { order[index] = Int32(index) }
            guard count > 1 else { return }
            for index in stride(from: count - 1, to: 0, by: -1) {
                order.swapAt(index, Int(stream.next(below: UInt32(index + 1))))
            }
        }
    }
}
