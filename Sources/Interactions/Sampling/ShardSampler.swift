import KernelCore

/// The training samples of one logical shard: in every epoch each of them once, in an order that depends on the seed,
/// the epoch and the shard only.
public struct ShardSampler {
    public let shard: Int
    /// Number of samples that the shard gives to a step, while it has any.
    public let quota: Int
    public let negatives: Int
    public let historyMax: Int
    public let seed: UInt64
    private let store: SequenceStore
    /// Local user and position of every sample, by user and position.
    private let sampleUsers: [Int32]
    private let samplePositions: [Int32]
    private var permutation: [Int32]
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
        var users: [Int32] = []
        var positions: [Int32] = []
        users.reserveCapacity(shards.sampleCount(of: shard))
        positions.reserveCapacity(shards.sampleCount(of: shard))
        for local in store.localUsers(of: shard) {
            for slot in store.offsets[local]..<store.offsets[local + 1] {
                let position = slot - store.offsets[local]
                guard store.splits[slot] == Split.train.rawValue, position > 0 || shards.kind == .everyInteraction
                else { continue }
                users.append(Int32(local))
                positions.append(Int32(position))
            }
        }
        sampleUsers = users
        samplePositions = positions
        permutation = [Int32](repeating: 0, count: users.count)
    }

    /// The number of samples of an epoch.
    public var sampleCount: Int { sampleUsers.count }

    /// Sets the order of an epoch, whatever was before: Fisher-Yates from the order of users and positions.
    public mutating func beginEpoch(_ epoch: Int) {
        let moment = UInt32(truncatingIfNeeded: epoch)
        self.epoch = moment
        var stream = RandomStream(seed: seed, purpose: .order, moment: moment, element: UInt32(shard))
        let count = permutation.count
        permutation.withUnsafeMutableBufferPointer { order in
            for index in 0..<count { order[index] = Int32(index) }
            guard count > 1 else { return }
            for index in stride(from: count - 1, to: 0, by: -1) {
                order.swapAt(index, Int(stream.next(below: UInt32(index + 1))))
            }
        }
    }

    /// Fills a batch with the samples of a step of the epoch: the true item and the negatives as candidates.
    ///
    /// Negatives are uniform over all items, drawn again while the user has the item in train; repeats among them are
    /// possible. They are a function of (seed, epoch, global sample id).
    /// - Returns: the number of samples, 0 when the shard has run out in this epoch.
    @discardableResult
    public func fill(_ batch: PackedBatch, step: Int) -> Int {
        guard let epoch else { preconditionFailure("beginEpoch was not called") }
        batch.reset(candidatesPerSample: 1 + negatives)
        let (start, overflow) = step.multipliedReportingOverflow(by: quota)
        guard step >= 0, !overflow, start < permutation.count else { return 0 }
        let end = min(start + quota, permutation.count)
        let itemCount = UInt32(store.itemCount)
        for place in start..<end {
            let index = Int(permutation[place])
            let local = Int(sampleUsers[index])
            let position = Int(samplePositions[index])
            let sample = store.firstSamples[local] + UInt32(position)
            let candidates = store.append(local: local, position: position, historyMax: historyMax, to: batch)
            candidates[0] = store.items[store.offsets[local] + position]
            guard negatives > 0 else { continue }
            var stream = RandomStream(seed: seed, purpose: .negatives, moment: epoch, element: sample)
            store.trainItems.withUnsafeBufferPointer { trainItems in
                let range = store.trainOffsets[local]..<store.trainOffsets[local + 1]
                for draw in 1...negatives {
                    var item: Int32
                    repeat {
                        item = 1 + Int32(stream.next(below: itemCount))
                    } while trainItems.containsSorted(item, in: range)
                    candidates[draw] = item
                }
            }
        }
        return end - start
    }
}

extension UnsafeBufferPointer<Int32> {
    /// Whether an ascending range contains an element, by bisection.
    @inline(__always)
    fileprivate func containsSorted(_ element: Int32, in range: Range<Int>) -> Bool {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low < range.upperBound && self[low] == element
    }
}
