import KernelCore

/// The windows of one logical shard, with a target at every position: in every epoch each window once, in an order that
/// depends on the seed, the epoch and the shard only.
public struct WindowSampler: TrainingSampler {
    /// The shard whose windows these are.
    public let shard: Int
    /// Number of windows that the shard gives to a step, while it has any.
    public let quota: Int
    /// The number of negatives that are drawn for every target.
    public let negatives: Int
    /// Seed of the order and of the negatives.
    public let seed: UInt64
    private let store: SequenceStore
    private let windows: [ShardWindows.Window]
    private var permutation: [Int32]
    private let sampler: NegativeSampler
    private var epoch: UInt32?

    /// - Parameters:
    ///   - store: holds the users of `shard`.
    ///   - shards: with a rule of windows.
    ///   - batchSize: windows of a step over all shards.
    ///   - negatives: drawn for every target.
    public init(
        store: SequenceStore, shards: LogicalShards, shard: Int, batchSize: Int, negatives: Int, seed: UInt64
    ) {
        precondition(store.shards.contains(shard), "the store does not hold shard \(shard)")
        guard let rule = shards.windows else { preconditionFailure("the shards are not divided by windows") }
        self.store = store
        self.shard = shard
        self.negatives = negatives
        self.seed = seed
        quota = shards.quota(of: shard, batchSize: batchSize)
        sampler = NegativeSampler(store: store, count: negatives)
        windows = ShardWindows(store: store, shard: shard, rule: rule).windows
        permutation = [Int32](repeating: 0, count: windows.count)
    }

    /// The number of windows of an epoch.
    public var windowCount: Int { windows.count }

    /// Mean number of rows of a window; nil without windows.
    public var meanLength: Double? {
        windows.isEmpty
            ? nil : Double(windows.reduce(0) { $0 + Int($1.end - $1.start) }) / Double(windows.count)
    }

    /// Sets the order of an epoch, whatever was before: Fisher-Yates from the order of users and windows.
    public mutating func beginEpoch(_ epoch: Int) {
        let iteration = UInt32(truncatingIfNeeded: epoch)
        self.epoch = iteration
        permutation.shuffle(seed: seed, epoch: iteration, shard: shard)
    }

    /// Fills a batch with the windows of a step of the epoch, whichever step of the training it is.
    ///
    /// - Returns: the number of targets, 0 when the shard has run out in this epoch.
    @discardableResult
    public func fill(_ batch: PackedBatch, stepOfEpoch: Int, step: Int) -> Int {
        fill(batch, stepOfEpoch: stepOfEpoch)
    }

    /// Fills a batch with the windows of a step of the epoch: at each target the true item and the negatives as candidates.
    ///
    /// The negatives of a target are a function of (seed, epoch, name of the target).
    ///
    /// - Parameter stepOfEpoch: the step within the epoch, from 0.
    /// - Returns: the number of targets, 0 when the shard has run out in this epoch.
    @discardableResult
    public func fill(_ batch: PackedBatch, stepOfEpoch: Int) -> Int {
        guard let epoch else { preconditionFailure("beginEpoch was not called") }
        batch.reset(candidatesPerTarget: 1 + negatives, ownTargets: true)
        let (start, overflow) = stepOfEpoch.multipliedReportingOverflow(by: quota)
        guard stepOfEpoch >= 0, !overflow, start < permutation.count else { return 0 }
        for slot in start..<min(start + quota, permutation.count) {
            append(windows[Int(permutation[slot])], epoch, to: batch)
        }
        return batch.targetCount
    }

    private func append(_ window: ShardWindows.Window, _ epoch: UInt32, to batch: PackedBatch) {
        let local = Int(window.local)
        let (first, end) = (Int(window.start), Int(window.end))
        let row = batch.histories.total
        store.appendHistory(
            local: local, positions: first..<end, name: store.sampleName(ofLocal: local, position: end), to: batch)
        let sequence = store.offsets[local]
        for position in Int(window.firstTarget)...end where store.splits[sequence + position] == Split.train.rawValue {
            let name = store.sampleName(ofLocal: local, position: position)
            let candidates = batch.appendTarget(behind: row + position - 1 - first, name: name)
            candidates[0] = store.items[sequence + position]
            var stream = RandomStream(seed: seed, purpose: .negatives, iteration: epoch, element: name)
            sampler.draw(forLocal: local, from: &stream, into: candidates + 1)
        }
    }
}
