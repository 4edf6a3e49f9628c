import Interactions
import Testing

@Suite struct LogicalShardsTests {
    static func dataset() throws -> InteractionDataset {
        var options = SyntheticDataset.Options()
        options.users = 400
        options.items = 300
        options.clusters = 10
        options.negatives = 9
        return try SyntheticDataset(options).dataset()
    }

    @Test(arguments: [1, 2, 3, 7, 8, 64]) func `every user is in one shard, and samples are balanced`(count: Int) throws
    {
        let dataset = try LogicalShardsTests.dataset()
        let shards = try LogicalShards(dataset: dataset, kind: .sequential, count: count)
        var seen: [Int32] = []
        for shard in 0..<count {
            let users = shards.users(of: shard)
            #expect(Array(users) == users.sorted())
            #expect(users.allSatisfy { shards.shard(ofUser: Int($0)) == shard })
            seen += users
        }
        #expect(seen.sorted() == Array(1...400))
        let samples = (0..<count).map(shards.sampleCount(of:))
        #expect(samples.reduce(0, +) == dataset.train.count - 400)
        #expect(shards.sampleCount == dataset.train.count - 400)
        // No user has fewer than two samples, and the last users to be placed have the fewest.
        #expect((samples.max() ?? 0) - (samples.min() ?? 0) <= 4)
        #expect(shards.shard(ofUser: 0) == nil)
        #expect(shards.shard(ofUser: 401) == nil)
    }

    @Test func `the counts agree with the stores`() throws {
        let dataset = try LogicalShardsTests.dataset()
        for kind in [SampleKind.sequential, .everyInteraction] {
            let (shards, store) = try dataset.wholeStore(kind, shards: 5)
            for shard in 0..<5 {
                let sampler = ShardSampler(
                    store: store, shards: shards, shard: shard, batchSize: 10, negatives: 1, historyMax: 5, seed: 0)
                #expect(sampler.sampleCount == shards.sampleCount(of: shard))
            }
        }
    }

    @Test func `users without samples are spread over the shards`() throws {
        let folder = try TemporaryFolder()
        let lonely = (2...101).map { "\($0) 4\n" }.joined()
        try folder.write("data.txt", "1 1\n1 2\n1 3\n1 5\n" + lonely)
        let shards = try LogicalShards(dataset: try folder.load(), kind: .sequential, count: 4)
        #expect((0..<4).allSatisfy { (25...26).contains(shards.users(of: $0).count) })
    }

    @Test func `ranks own contiguous blocks of nearly equal size`() throws {
        let shards = try LogicalShards(dataset: try LogicalShardsTests.dataset(), kind: .sequential, count: 13)
        for ranks in 1...13 {
            let blocks = (0..<ranks).map { shards.owned(byRank: $0, of: ranks) }
            #expect(blocks.flatMap { Array($0) } == Array(0..<13))
            let sizes = blocks.map(\.count)
            #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
        }
    }

    @Test func `quotas add up to the batch, the first shards get one more`() throws {
        let shards = try LogicalShards(dataset: try LogicalShardsTests.dataset(), kind: .sequential, count: 8)
        #expect((0..<8).map { shards.quota(of: $0, batchSize: 35) } == [5, 5, 5, 4, 4, 4, 4, 4])
        let steps = try shards.stepsPerEpoch(batchSize: 35)
        let expected = (0..<8).map { (shards.sampleCount(of: $0) + ($0 < 3 ? 4 : 3)) / ($0 < 3 ? 5 : 4) }.max()
        #expect(steps == expected)
    }

    @Test func `a batch smaller than the number of shards and no shards are refused`() throws {
        let dataset = try LogicalShardsTests.dataset()
        let shards = try LogicalShards(dataset: dataset, kind: .sequential, count: 8)
        #expect(throws: DatasetError.self) { try shards.stepsPerEpoch(batchSize: 7) }
        let error = #expect(throws: DatasetError.self) {
            try LogicalShards(dataset: dataset, kind: .sequential, count: 0)
        }
        #expect(error?.kind == .configuration)
    }
}
