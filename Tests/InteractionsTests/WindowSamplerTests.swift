import Interactions
import Testing

/// Windows of sequences with a target at every position.
@Suite struct WindowSamplerTests {
    /// A target with everything that a step gives for it.
    struct Target: Hashable {
        let id: UInt32
        let history: [Int32]
        let candidates: [Int32]
    }

    /// The targets of an epoch by step, each with its history as far as the window has it.
    private func epoch(_ sampler: inout WindowSampler, _ epoch: Int) -> [[Target]] {
        sampler.beginEpoch(epoch)
        let batch = PackedBatch()
        var steps: [[Target]] = []
        while sampler.fill(batch, stepOfEpoch: steps.count) > 0 {
            guard let rows = batch.targetRows else { break }
            let width = batch.candidatesPerTarget
            steps.append(
                (0..<batch.targetCount).map { target in
                    let row = Int(rows[target])
                    let sequence = (0..<batch.count).first { batch.histories.range($0).contains(row) } ?? 0
                    return Target(
                        id: batch.targetNames[target],
                        history: (batch.histories.start(sequence)...row).map { batch.historyItems[$0] },
                        candidates: (target * width..<(target + 1) * width).map { batch.candidates[$0] })
                })
        }
        return steps
    }

    private func targets(
        _ rule: WindowRule, shards count: Int = 3, batchSize: Int = 12, negatives: Int = 2, epoch number: Int = 1
    ) throws -> [Target] {
        let (shards, store) = try LogicalShardsTests.dataset().wholeStore(shards: count, windows: rule)
        return (0..<count).flatMap { shard in
            var sampler = WindowSampler(
                store: store, shards: shards, shard: shard, batchSize: batchSize, negatives: negatives, seed: 1)
            return epoch(&sampler, number).joined()
        }
    }

    /// The samples of the same data, each with its own history.
    private func samples(historyMax: Int) throws -> [Target] {
        let (shards, store) = try LogicalShardsTests.dataset().wholeStore(shards: 1)
        var sampler = ShardSampler(
            store: store, shards: shards, shard: 0, batchSize: 1000, negatives: 2, historyMax: historyMax, seed: 1)
        sampler.beginEpoch(1)
        let batch = PackedBatch()
        var found: [Target] = []
        var step = 0
        while sampler.fill(batch, stepOfEpoch: step) > 0 {
            for index in 0..<batch.count {
                found.append(
                    Target(
                        id: batch.sampleNames[index], history: Array(batch.history(index)),
                        candidates: (index * 3..<(index + 1) * 3).map { batch.candidates[$0] }))
            }
            step += 1
        }
        return found
    }

    @Test(arguments: [1, 2, 3, 6])
    func `each sample is the target of one window, with its negatives and the end of its history`(stride: Int) throws {
        let known = Dictionary(uniqueKeysWithValues: try samples(historyMax: 6).map { ($0.id, $0) })
        let targets = try targets(WindowRule(historyMax: 6, stride: stride))
        #expect(targets.count == known.count && Set(targets.map(\.id)).count == targets.count)
        for target in targets {
            let sample = try #require(known[target.id])
            #expect(target.candidates == sample.candidates)
            #expect(Array(sample.history.suffix(target.history.count)) == target.history)
            #expect(target.history.count >= min(sample.history.count, 6 - stride + 1))
        }
    }

    @Test func `windows of one target are the samples of a training of the newest positions`() throws {
        #expect(Set(try targets(WindowRule(historyMax: 6, stride: 1))) == Set(try samples(historyMax: 6)))
    }

    @Test func `a stride of 0 gives each user the newest window alone`() throws {
        let rule = WindowRule(historyMax: 3, stride: 0)
        let targets = try targets(rule)
        let (shards, _) = try LogicalShardsTests.dataset().wholeStore(shards: 1, windows: rule)
        #expect(shards.sampleCount == shards.sampledUsers.count)
        let all = try self.targets(WindowRule(historyMax: 3, stride: 3))
        #expect(targets.count < all.count && Set(targets).isSubset(of: Set(all)))
    }

    @Test func `targets do not depend on the number of shards, and change their order with the epoch`() throws {
        let rule = WindowRule(historyMax: 5, stride: 5)
        let one = try targets(rule, shards: 1)
        #expect(Set(try targets(rule, shards: 4)) == Set(one))
        let next = try targets(rule, shards: 1, epoch: 2)
        #expect(next.map(\.id) != one.map(\.id) && Set(next.map(\.id)) == Set(one.map(\.id)))
        #expect(Set(next) != Set(one), "other negatives")
    }

    @Test func `shards hold about the same number of windows, and a step takes its quota of each`() throws {
        let rule = WindowRule(historyMax: 4, stride: 2)
        let (shards, store) = try LogicalShardsTests.dataset().wholeStore(shards: 3, windows: rule)
        let counts = (0..<3).map { shards.sampleCount(of: $0) }
        #expect(counts.max()! - counts.min()! <= 4)
        for shard in 0..<3 {
            var sampler = WindowSampler(
                store: store, shards: shards, shard: shard, batchSize: 13, negatives: 0, seed: 1)
            #expect(sampler.windowCount == shards.sampleCount(of: shard))
            sampler.beginEpoch(0)
            let batch = PackedBatch()
            sampler.fill(batch, stepOfEpoch: 0)
            #expect(batch.count == sampler.quota && batch.targetCount >= batch.count)
            let steps = try shards.stepsPerEpoch(batchSize: 13)
            #expect(sampler.fill(batch, stepOfEpoch: steps) == 0)
        }
    }
}
