import Interactions
import Testing

@Suite struct SequenceStoreTests {
    static func table(_ name: String, _ rows: [(Int32, Int32, Int64)], _ negatives: [[Int32]] = []) throws
        -> InteractionTable
    {
        try InteractionTable(
            file: name, users: rows.map(\.0), items: rows.map(\.1), times: rows.map(\.2), negatives: negatives)
    }

    /// User 1 out of order and with ties between train, dev and test; user 2 with a dev row before a train row.
    static func dataset() throws -> InteractionDataset {
        try InteractionDataset(
            name: "ties",
            train: table("train", [(1, 13, 30), (2, 21, 5), (1, 11, 10), (1, 12, 30), (2, 22, 9), (1, 11, 10)]),
            dev: table("dev", [(2, 23, 7), (1, 14, 30)], [[1, 2], [3, 4]]),
            test: table("test", [(1, 15, 30), (2, 24, 9)], [[5, 6], [7, 8]]), itemCount: 24)
    }

    @Test func `sequences are sorted by time, ties stay in the order train, dev, test and of the file`() throws {
        let (_, store) = try SequenceStoreTests.dataset().wholeStore()
        #expect(store.users == [1, 2])
        #expect(store.offsets == [0, 6, 10])
        #expect(store.items == [11, 11, 13, 12, 14, 15, 21, 23, 22, 24])
        #expect(store.times == [10, 10, 30, 30, 30, 30, 5, 7, 9, 9])
        #expect(store.splits == [0, 0, 0, 0, 1, 2, 0, 1, 0, 2])
        #expect(Array(store.trainItems(ofLocal: 0)) == [11, 12, 13])
        #expect(Array(store.trainItems(ofLocal: 1)) == [21, 22])
        #expect(store.smallestTimeGaps == [20, 2])
        #expect(store.itemCount == 24)
    }

    @Test func `the mean length of histories is that of the training samples`() throws {
        let (_, store) = try SequenceStoreTests.dataset().wholeStore()
        #expect(store.meanHistoryLength(.sequential, historyMax: 20) == 2)
        #expect(store.meanHistoryLength(.sequential, historyMax: 2) == 1.75)
        #expect(store.meanHistoryLength(.everyInteraction, historyMax: 20) == 4.0 / 3)
    }

    @Test func `dev and test rows have their histories, negatives and seen items`() throws {
        let (_, store) = try SequenceStoreTests.dataset().wholeStore()
        let batch = PackedBatch()
        let dev = EvaluationRows(store: store, kind: .sequential, shard: 0, split: .dev, historyMax: 3)
        #expect(dev.count == 2)
        dev.fill(batch, 0..<2)
        #expect(batch.userArray == [1, 2])
        #expect(batch.historyArrays == [[11, 13, 12], [21]])
        #expect(batch.timeArrays == [[10, 30, 30], [5]])
        #expect(batch.candidateArrays == [[14, 3, 4], [23, 1, 2]])
        #expect((0..<2).map { dev.trueItem($0) } == [14, 23])
        #expect((0..<2).map { dev.fileRow($0) } == [1, 0])
        #expect((0..<2).map { dev.user($0) } == [1, 2])
        #expect(dev.seenItems(0) == [11, 12, 13])
        #expect(dev.seenItems(1) == [21], "not the train item that comes later")

        let test = EvaluationRows(store: store, kind: .sequential, shard: 0, split: .test, historyMax: 0)
        test.fill(batch, 0..<2)
        #expect(batch.historyArrays == [[11, 11, 13, 12, 14], [21, 23, 22]], "with the dev item")
        #expect(batch.candidateArrays == [[15, 5, 6], [24, 7, 8]])
        #expect(test.seenItems(0) == [11, 12, 13, 14])
        #expect(test.seenItems(1) == [21, 22, 23])
        test.fill(batch, 1..<2)
        #expect(batch.userArray == [2])
        #expect(batch.histories.total == 3)
    }

    @Test func `a store of some shards holds their users only, with the same content`() throws {
        let dataset = try LogicalShardsTests.dataset()
        let (shards, whole) = try dataset.wholeStore(shards: 6)
        for range in [0..<2, 2..<5, 5..<6, 3..<3] {
            let part = SequenceStore(dataset: dataset, shards: shards, range: range)
            #expect(part.users == range.flatMap { Array(shards.users(of: $0)) })
            for shard in range {
                for (local, wholeLocal) in zip(part.localUsers(of: shard), whole.localUsers(of: shard)) {
                    let range = part.offsets[local]..<part.offsets[local + 1]
                    let wholeRange = whole.offsets[wholeLocal]..<whole.offsets[wholeLocal + 1]
                    #expect(Array(part.items[range]) == Array(whole.items[wholeRange]))
                    #expect(Array(part.times[range]) == Array(whole.times[wholeRange]))
                }
                for split in [Split.dev, .test] {
                    let (mine, all) = (PackedBatch(), PackedBatch())
                    let rows = EvaluationRows(store: part, kind: .sequential, shard: shard, split: split, historyMax: 4)
                    rows.fill(mine, 0..<rows.count)
                    EvaluationRows(store: whole, kind: .sequential, shard: shard, split: split, historyMax: 4)
                        .fill(all, 0..<rows.count)
                    #expect(mine.sampleArray == all.sampleArray)
                    #expect(mine.candidateArrays == all.candidateArrays)
                    #expect(mine.historyArrays == all.historyArrays)
                }
            }
        }
    }
}
