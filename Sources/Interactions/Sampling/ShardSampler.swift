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
    /// Train items of the user whose negatives are drawn; empty between samples.
    private let marks: ItemMarks
    private var epoch: UInt32?

    /// From so many negatives on it pays to mark the items of the user, instead of bisecting for every draw.
    private static let negativesWorthMarks = 16

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
        marks = ItemMarks(itemCount: store.itemCount)
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
            store.trainItems.withUnsafeBufferPointer { trainItems in
                let own = UnsafeBufferPointer(
                    rebasing: trainItems[store.trainOffsets[local]..<store.trainOffsets[local + 1]])
                var stream = RandomStream(seed: seed, purpose: .negatives, moment: epoch, element: sample)
                if negatives < ShardSampler.negativesWorthMarks {
                    for draw in 0..<negatives {
                        candidates[draw + 1] = stream.nextItem(itemCount) { own.containsSorted($0) }
                    }
                } else {
                    marks.insert(own)
                    for draw in 0..<negatives {
                        candidates[draw + 1] = stream.nextItem(itemCount) { marks.contains($0) }
                    }
                    marks.removeAll(own)
                }
            }
        }
        return end - start
    }
}

extension RandomStream {
    /// An item of 1...`itemCount` that is not refused.
    @inline(__always)
    fileprivate mutating func nextItem(_ itemCount: UInt32, refusing isRefused: (Int32) -> Bool) -> Int32 {
        while true {
            let item = 1 + Int32(next(below: itemCount))
            if !isRefused(item) { return item }
        }
    }
}

extension UnsafeBufferPointer<Int32> {
    /// Whether ascending elements contain one, by bisection without a branch on the elements, which would be
    /// mispredicted half of the time.
    @inline(__always)
    fileprivate func containsSorted(_ element: Int32) -> Bool {
        guard var base = baseAddress, !isEmpty else { return false }
        var length = count
        while length > 1 {
            let half = length >> 1
            base += base[half] <= element ? half : 0
            length &-= half
        }
        return base.pointee == element
    }
}
