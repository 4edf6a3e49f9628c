import Interactions
import Testing

@Suite struct ShardSamplerTests {
    /// Everything that a step gives, for comparison.
    struct Sample: Hashable {
        let id: UInt32
        let user: Int32
        let history: [Int32]
        let candidates: [Int32]
    }

    func epoch(_ sampler: inout ShardSampler, _ epoch: Int) -> [[Sample]] {
        sampler.beginEpoch(epoch)
        let batch = PackedBatch()
        var steps: [[Sample]] = []
        while sampler.fill(batch, stepOfEpoch: steps.count) > 0 {
            let (users, samples) = (batch.userArray, batch.sampleArray)
            let (histories, candidates) = (batch.historyArrays, batch.candidateArrays)
            steps.append(
                (0..<batch.count).map {
                    Sample(id: samples[$0], user: users[$0], history: histories[$0], candidates: candidates[$0])
                })
        }
        return steps
    }

    func sampler(
        _ store: SequenceStore, _ shards: LogicalShards, _ shard: Int, batchSize: Int = 64, negatives: Int = 3,
        seed: UInt64 = 1
    ) -> ShardSampler {
        ShardSampler(
            store: store, shards: shards, shard: shard, batchSize: batchSize, negatives: negatives, historyMax: 6,
            seed: seed)
    }

    @Test(arguments: [SampleKind.sequential, .everyInteraction])
    func `every sample occurs once an epoch, with its own history`(kind: SampleKind) throws {
        let dataset = try LogicalShardsTests.dataset()
        let (shards, store) = try dataset.wholeStore(kind, shards: 3)
        var ids: Set<UInt32> = []
        var pairs: [Int32: [Int32]] = [:]
        for shard in 0..<3 {
            var sampler = sampler(store, shards, shard, batchSize: 65)
            let steps = epoch(&sampler, 0)
            #expect(steps.dropLast().allSatisfy { $0.count == sampler.quota })
            #expect(steps.count == (sampler.sampleCount + sampler.quota - 1) / sampler.quota)
            for sample in steps.joined() {
                #expect(ids.insert(sample.id).inserted)
                pairs[sample.user, default: []].append(sample.candidates[0])
                let local = try #require(store.users.firstIndex(of: sample.user))
                let sequence = Array(store.items[store.offsets[local]..<store.offsets[local + 1]])
                let position = try #require(sequence.firstIndex(of: sample.candidates[0]))
                #expect(sample.history == Array(sequence[..<position].suffix(6)))
            }
        }
        #expect(ids.count == shards.sampleCount)
        for user in 1...Int32(dataset.userCount) {
            let items = zip(dataset.train.users, dataset.train.items).filter { $0.0 == user }.map(\.1)
            #expect(
                pairs[user, default: []].sorted() == (kind == .sequential ? items.dropFirst() : items[...]).sorted())
        }
    }

    @Test func `the order differs between epochs, shards and seeds, and is the same when repeated`() throws {
        let (shards, store) = try LogicalShardsTests.dataset().wholeStore(shards: 2)
        var first = sampler(store, shards, 0)
        let zero = epoch(&first, 0)
        let one = epoch(&first, 1)
        #expect(zero != one)
        #expect(zero.joined().map(\.id) != one.joined().map(\.id))
        #expect(epoch(&first, 0) == zero, "after another epoch")
        var again = sampler(store, shards, 0)
        #expect(epoch(&again, 1) == one, "without the epoch before")
        var other = sampler(store, shards, 0, seed: 2)
        #expect(epoch(&other, 0).joined().map(\.id) != zero.joined().map(\.id))
        // About one fixed point is expected of a random permutation.
        let fixed = zip(zero.joined(), one.joined()).filter { $0.id == $1.id }.count
        #expect(fixed < 10)
    }

    @Test func `who owns the shards makes no difference`() throws {
        let dataset = try LogicalShardsTests.dataset()
        let (shards, whole) = try dataset.wholeStore(shards: 6)
        for ranks in 1...6 {
            for rank in 0..<ranks {
                let range = shards.owned(byRank: rank, of: ranks)
                let store = SequenceStore(dataset: dataset, shards: shards, range: range)
                for shard in range {
                    var mine = sampler(store, shards, shard)
                    var reference = sampler(whole, shards, shard)
                    #expect(epoch(&mine, 3) == epoch(&reference, 3))
                }
            }
        }
    }

    @Test func `ids and negatives of a sample do not depend on the number of shards`() throws {
        let dataset = try LogicalShardsTests.dataset()
        var all: [Set<Sample>] = []
        for count in [1, 4] {
            let (shards, store) = try dataset.wholeStore(shards: count)
            var samples: Set<Sample> = []
            for shard in 0..<count {
                var sampler = sampler(store, shards, shard)
                samples.formUnion(epoch(&sampler, 2).joined())
            }
            all.append(samples)
        }
        #expect(all[0] == all[1])
    }

    @Test func `negatives are never items of the user in train, and all others occur equally often`() throws {
        let folder = try TemporaryFolder()
        // User 1 has items 1...6 in train, 7 in dev, 8 in test; the catalogue ends at 12.
        try folder.write("data.txt", (1...8).map { "1 \($0)\n" }.joined() + "2 9\n2 10\n2 11\n2 12\n")
        let (shards, store) = try folder.load().wholeStore()
        var counts = [Int](repeating: 0, count: 13)
        var sampler = sampler(store, shards, 0, negatives: 50)
        var drawn = 0
        for number in 0..<200 {
            for sample in epoch(&sampler, number).joined() where sample.user == 1 {
                for item in sample.candidates.dropFirst() { counts[Int(item)] += 1 }
                drawn += 50
            }
        }
        #expect(counts[0...6].allSatisfy { $0 == 0 })
        let expected = Double(drawn) / 6
        let chiSquare = counts[7...12].reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        #expect(drawn == 200 * 5 * 50)
        var few = self.sampler(store, shards, 0, negatives: 2)
        for number in 0..<50 {
            let own = epoch(&few, number).joined().filter { $0.user == 1 }
            #expect(own.allSatisfy { $0.candidates.dropFirst().allSatisfy { $0 > 6 } })
        }
        #expect(chiSquare < 20.5, "five degrees of freedom: beyond this with a probability of 0.001")
    }

    @Test(arguments: [(7, 1), (7, 3), (4000, 1), (4000, 4000), (4000, 2000), (4000, 3999)])
    func `a user with nearly all items gets the items that are left`(itemCount: Int, left: Int) throws {
        let own = (1...itemCount).filter { $0 != left }.map { Int32($0) }
        let train = try InteractionTable(
            file: "train", users: [Int32](repeating: 1, count: own.count), items: own,
            times: (0..<own.count).map { Int64($0) })
        let row = try InteractionTable(file: "row", users: [2], items: [Int32(left)], times: [1])
        let dataset = try InteractionDataset(
            name: "all but one", train: train, dev: row, test: row, itemCount: itemCount)
        let (shards, store) = try dataset.wholeStore()
        for negatives in [3, 20] {
            var sampler = sampler(store, shards, 0, negatives: negatives)
            let drawn = epoch(&sampler, 0).joined().prefix(50).flatMap { $0.candidates.dropFirst() }
            #expect(!drawn.isEmpty && drawn.allSatisfy { $0 == Int32(left) })
        }
    }

    @Test func `the few items that a user has not are drawn equally often`() throws {
        // 3 of 300 items are left: most draws end after the last try.
        let left: [Int32] = [1, 150, 300]
        let own = (1...Int32(300)).filter { !left.contains($0) }
        let train = try InteractionTable(
            file: "train", users: [Int32](repeating: 1, count: own.count), items: own,
            times: (0..<own.count).map { Int64($0) })
        let row = try InteractionTable(file: "row", users: [2], items: [1], times: [1])
        let dataset = try InteractionDataset(name: "all but three", train: train, dev: row, test: row, itemCount: 300)
        let (shards, store) = try dataset.wholeStore()
        var sampler = sampler(store, shards, 0, negatives: 10)
        var counts: [Int32: Int] = [:]
        for sample in epoch(&sampler, 0).joined() {
            for item in sample.candidates.dropFirst() { counts[item, default: 0] += 1 }
        }
        #expect(counts.keys.sorted() == left)
        let expected = Double(counts.values.reduce(0, +)) / 3
        let chiSquare = counts.values.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        #expect(chiSquare < 13.8, "two degrees of freedom: beyond this with a probability of 0.001")
    }

    @Test func `negatives change with the epoch and the seed, and fewer are a beginning of more`() throws {
        let (shards, store) = try LogicalShardsTests.dataset().wholeStore()
        func negatives(_ number: Int, _ count: Int, seed: UInt64) -> [UInt32: [Int32]] {
            var sampler = sampler(store, shards, 0, negatives: count, seed: seed)
            return Dictionary(
                uniqueKeysWithValues: epoch(&sampler, number).joined().map { ($0.id, Array($0.candidates.dropFirst())) }
            )
        }
        let many = negatives(0, 40, seed: 1)
        #expect(negatives(0, 4, seed: 1) == many.mapValues { Array($0.prefix(4)) })
        #expect(negatives(1, 40, seed: 1).filter { $0.value == many[$0.key] }.isEmpty)
        #expect(negatives(0, 40, seed: 2).filter { $0.value == many[$0.key] }.isEmpty)
    }

    @Test func `a shard that has run out gives nothing`() throws {
        let (shards, store) = try LogicalShardsTests.dataset().wholeStore()
        var sampler = sampler(store, shards, 0)
        sampler.beginEpoch(0)
        let batch = PackedBatch()
        let steps = try shards.stepsPerEpoch(batchSize: 64)
        #expect(sampler.fill(batch, stepOfEpoch: steps - 1) > 0)
        #expect(sampler.fill(batch, stepOfEpoch: steps) == 0)
        #expect(sampler.fill(batch, stepOfEpoch: .max) == 0)
        #expect(batch.count == 0)
        #expect(batch.histories.total == 0)
    }

    @Test func `no negatives are no draws`() throws {
        let (shards, store) = try LogicalShardsTests.dataset().wholeStore()
        var sampler = sampler(store, shards, 0, negatives: 0)
        #expect(epoch(&sampler, 0).joined().allSatisfy { $0.candidates.count == 1 })
    }

    @Test func `the storage of a batch stays where it is`() throws {
        let (shards, store) = try LogicalShardsTests.dataset().wholeStore()
        var sampler = sampler(store, shards, 0, batchSize: 50)
        let batch = PackedBatch()
        let steps = try shards.stepsPerEpoch(batchSize: 50)
        sampler.beginEpoch(0)
        for step in 0..<steps { sampler.fill(batch, stepOfEpoch: step) }
        let (items, candidates, users) = (batch.historyItems, batch.candidates, batch.users)
        for epoch in 1..<4 {
            sampler.beginEpoch(epoch)
            for step in 0..<steps {
                sampler.fill(batch, stepOfEpoch: step)
                // At most 50 histories of 6 items: the capacity of the first epoch is enough.
                #expect(batch.users == users && batch.candidates == candidates && batch.historyItems == items)
            }
        }
    }
}
