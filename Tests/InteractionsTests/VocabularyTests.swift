import Interactions
import Testing

@Suite struct VocabularyTests {
    /// Lines of the text format, out of the order of ids.
    private static let pairs: [(user: Int64, item: Int64)] = [
        (2, 7), (1, 3), (2, 1), (1, 2), (3, 4), (2, 5), (1, 7), (3, 6), (2, 3), (1, 4), (3, 1), (1, 6),
    ]

    private static func dataset(_ change: (Int64) -> Int64 = { $0 }) throws -> InteractionDataset {
        let folder = try TemporaryFolder()
        try folder.write("data.txt", pairs.map { "\(change($0.user)) \(change($0.item))\n" }.joined())
        return try folder.load()
    }

    /// All that a training draws in two epochs.
    private static func draws(_ dataset: InteractionDataset) throws -> [[[Int32]]] {
        let (shards, store) = try dataset.wholeStore(shards: 2)
        let batch = PackedBatch()
        var found: [[[Int32]]] = []
        for shard in 0..<2 {
            for epoch in 0..<2 {
                var sampler = ShardSampler(
                    store: store, shards: shards, shard: shard, batchSize: 4, negatives: 20, historyMax: 3, seed: 5)
                sampler.beginEpoch(epoch)
                var stepOfEpoch = 0
                while sampler.fill(batch, stepOfEpoch: stepOfEpoch) > 0 {
                    found += [[batch.userArray], batch.historyArrays, batch.candidateArrays]
                    stepOfEpoch += 1
                }
            }
        }
        return found
    }

    @Test(arguments: [20, 1000, 1_000_000_000_000_000_000 / 7])
    func `ids with holes are the same samples and negatives as ids without`(factor: Int64) throws {
        let dense = try Self.dataset()
        let sparse = try Self.dataset { $0 * factor }
        #expect(dense.itemIds.isNumbered && dense.userIds.isNumbered)
        #expect(sparse.itemCount == 7 && sparse.userCount == 3)
        #expect(sparse.itemIds.largestId == 7 * factor)
        for (one, other) in [(dense.train, sparse.train), (dense.dev, sparse.dev), (dense.test, sparse.test)] {
            #expect(one.users == other.users)
            #expect(one.items == other.items)
        }
        #expect(try Self.draws(sparse) == Self.draws(dense))
    }

    @Test func `numbers ascend with the ids, in whatever order they come`() throws {
        let dataset = try Self.dataset { $0 == 4 ? 1_000_000_007 : $0 }
        #expect(dataset.itemCount == 7)
        #expect((1...7).map { dataset.itemIds.id(of: $0) } == [1, 2, 3, 5, 6, 7, 1_000_000_007])
        #expect(dataset.itemIds.number(of: 7) == 6)
        #expect(dataset.itemIds.number(of: 4) == nil)
        #expect(dataset.itemIds.number(of: 1_000_000_007) == 7)
        #expect(dataset.userIds.isNumbered)
        #expect(dataset.test.items.map(dataset.itemIds.id(of:)) == [3, 1, 6])
    }

    @Test func `memory follows the content of the files, not the ids`() throws {
        let folder = try TemporaryFolder()
        try folder.write("data.txt", "1 1\n1 2\n1 10000000\n1 2\n9223372036854775807 2\n")
        let dataset = try folder.load()
        #expect(dataset.itemCount == 3)
        #expect(dataset.userCount == 2)
        #expect(dataset.userIds.largestId == .max)
        let (shards, store) = try dataset.wholeStore()
        #expect(shards.shard(ofUser: 3) == nil)
        #expect(InteractionGraph(dataset).itemOffsets.count == 5)
        #expect(store.items == [1, 2, 3, 2, 2])
    }

    @Test func `many scattered ids keep their order and their numbers`() throws {
        let count = 50_000
        // An odd factor permutes the numbers of 32 bits.
        let ids = (0..<Int64(count)).map { 1 + ($0 &* 2_654_435_761) & 0xFFFF_FFFF }
        let folder = try TemporaryFolder()
        try folder.write("data.txt", ids.map { "5 \($0)\n" }.joined())
        let dataset = try folder.load()
        let sorted = ids.sorted()
        #expect((1...Int32(count)).allSatisfy { dataset.itemIds.id(of: $0) == sorted[Int($0) - 1] })
        let order = [dataset.train, dataset.dev, dataset.test].flatMap(\.items)
        #expect(order.map(dataset.itemIds.id(of:)) == ids)
        #expect(sorted.enumerated().allSatisfy { dataset.itemIds.number(of: $1) == Int32($0 + 1) })
    }

    @Test func `a data set is read with the numbers of a model, which must know all of its ids`() throws {
        let folder = try TemporaryFolder()
        try folder.write("data.txt", "10 30\n10 50\n10 70\n20 50\n")
        let model = Vocabulary(ascending: [10, 30, 50, 60, 70])
        let dataset = try InteractionDataset.load(folder: folder.path, known: KnownIds(items: model))
        #expect(dataset.itemIds == model)
        #expect(dataset.userIds == Vocabulary(ascending: [10, 20]))
        #expect(dataset.train.items == [2, 3])
        #expect(dataset.test.items == [5])
        #expect(try InteractionDataset.load(folder: folder.path, known: KnownIds(items: .numbered(70))).itemCount == 70)

        let items = folder.loadError(KnownIds(items: Vocabulary(ascending: [10, 30, 50])))
        #expect(
            items?.description.hasPrefix(
                "\(folder.file("data.txt")):3: item 70 is unknown to the model, which has 3 items") == true)
        let users = folder.loadError(KnownIds(users: .numbered(19), items: model))
        #expect(
            users?.description.hasPrefix(
                "\(folder.file("data.txt")):4: user 20 is unknown to the model, which has 19 users") == true)
    }

    @Test func `a catalogue beside a text file names the items, and a model must know them`() throws {
        let folder = try TemporaryFolder()
        try folder.write("data.txt", "1 10\n1 20\n1 30\n")
        try folder.write("item_meta.csv", "item_id\n40\n10\n20\n30\n")
        let dataset = try folder.load()
        #expect(dataset.itemIds == Vocabulary(ascending: [10, 20, 30, 40]))
        #expect(dataset.warnings.isEmpty)
        let unknown = folder.loadError(KnownIds(items: Vocabulary(ascending: [10, 20, 30])))
        #expect(unknown?.description.contains("item_meta.csv:2: item 40 is unknown to the model") == true)
        try folder.write("item_meta.csv", "item_id\n10\n20\n40\n")
        let missing = folder.loadError(KnownIds(items: .numbered(50)))
        #expect(missing?.description.contains("data.txt:3: item is 30, which is not among the 3 items of ") == true)
    }

    @Test func `a data set that was written has its ids`() throws {
        var files = ReChorusFiles()
        for part in [\ReChorusFiles.train, \.dev, \.test] {
            files[keyPath: part] = files[keyPath: part].map {
                $0.replacing("4", with: "444").replacing("3", with: "33")
            }
        }
        let dataset = try files.write().load()
        #expect(dataset.itemIds.largestId == 444)
        let folder = try TemporaryFolder()
        try dataset.write(to: folder.path)
        let again = try folder.load()
        #expect(again.itemIds == dataset.itemIds && again.userIds == dataset.userIds)
        #expect(try String(contentsOfFile: folder.file("dev.csv"), encoding: .utf8).contains("1\t444\t4440\t[5, 6]\n"))
        #expect(again.dev.negatives == dataset.dev.negatives)
    }

    @Test func `ids as rows of a table are read as they were written, and nothing else is`() throws {
        let ids = Vocabulary(ascending: [3, 5, 9])
        #expect(ids.idsOfRows == [0, 3, 5, 9])
        #expect(Vocabulary(idsOfRows: [0, 3, 5, 9]) == ids)
        #expect(Vocabulary.numbered(9).idsOfRows == nil)
        for wrong: [Int64] in [[], [0], [3, 5, 9], [0, 5, 3], [0, 3, 3], [0, 0, 1]] {
            #expect(Vocabulary(idsOfRows: wrong) == nil, "\(wrong)")
        }
    }
}
