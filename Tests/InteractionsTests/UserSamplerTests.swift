import Interactions
import Testing

@Suite struct UserSamplerTests {
    private func sampler(
        _ store: SequenceStore, _ shards: LogicalShards, _ shard: Int, batchSize: Int = 40, seed: UInt64 = 1
    ) -> UserSampler {
        UserSampler(
            store: store, shards: shards, shard: shard, batchSize: batchSize, negatives: 3, historyMax: 6, seed: seed)
    }

    @Test(arguments: [SampleKind.sequential, .everyInteraction], [1, 3, 5])
    func `the shards together fill every slot of a batch once, with a sample of its user`(
        kind: SampleKind, count: Int
    ) throws {
        let dataset = try LogicalShardsTests.dataset()
        let (shards, store) = try dataset.wholeStore(kind, shards: count)
        let batch = PackedBatch()
        for step in 1...5 {
            var slots: Set<UInt32> = []
            for shard in 0..<count {
                #expect(sampler(store, shards, shard).fill(batch, stepOfEpoch: 0, step: step) == batch.count)
                for index in 0..<batch.count {
                    #expect(slots.insert(batch.sampleArray[index]).inserted)
                    let user = batch.userArray[index]
                    #expect(shards.shard(ofUser: Int(user)) == shard)
                    let local = try #require(store.users.firstIndex(of: user))
                    let sequence = Array(store.items[store.offsets[local]..<store.offsets[local + 1]])
                    let history = batch.historyArrays[index]
                    let candidates = batch.candidateArrays[index]
                    // The true item follows its history, in train.
                    #expect(
                        sequence.indices.contains { position in
                            sequence[position] == candidates[0]
                                && Array(sequence[..<position].suffix(6)) == history
                                && store.splits[store.offsets[local] + position] == Split.train.rawValue
                                && (position > 0 || kind == .everyInteraction)
                        })
                    #expect(candidates.count == 4)
                    #expect(candidates.dropFirst().allSatisfy { !store.trainItems(ofLocal: local).contains($0) })
                }
            }
            #expect(slots == Set(0..<40))
        }
    }

    @Test func `users are drawn alike, whatever the length of their sequence`() throws {
        let dataset = try LogicalShardsTests.dataset()
        let (shards, store) = try dataset.wholeStore(.sequential, shards: 1)
        let sampler = sampler(store, shards, 0, batchSize: 1000)
        let batch = PackedBatch()
        var counts: [Int32: Int] = [:]
        for step in 1...40 {
            sampler.fill(batch, stepOfEpoch: 0, step: step)
            for user in batch.userArray { counts[user, default: 0] += 1 }
        }
        let users = shards.sampledUsers
        #expect(Set(counts.keys) == Set(users))
        let expected = 40_000 / Double(users.count)
        // Chi-squared with n - 1 degrees of freedom: mean n - 1, deviation sqrt(2 (n - 1)).
        let statistic = counts.values.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        let degrees = Double(users.count - 1)
        #expect(abs(statistic - degrees) < 6 * (2 * degrees).squareRoot())
    }

    @Test func `a step depends on seed and step alone`() throws {
        let dataset = try LogicalShardsTests.dataset()
        let (shards, store) = try dataset.wholeStore(.sequential, shards: 2)
        func contents(_ step: Int, seed: UInt64 = 1, after: Int? = nil) -> [[Int32]] {
            let sampler = sampler(store, shards, 1, seed: seed)
            let batch = PackedBatch()
            if let after { sampler.fill(batch, stepOfEpoch: 3, step: after) }
            sampler.fill(batch, stepOfEpoch: 7, step: step)
            return batch.candidateArrays + batch.historyArrays
        }
        #expect(contents(9) == contents(9, after: 8))
        #expect(contents(9) != contents(10))
        #expect(contents(9) != contents(9, seed: 2))
    }
}
