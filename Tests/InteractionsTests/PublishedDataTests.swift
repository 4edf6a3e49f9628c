import Foundation
import Interactions
import Testing

/// Counts that are known of published data sets.
@Suite struct PublishedDataTests {
    @Test(PublishedData.needed("Grocery_and_Gourmet_Food")) func `Grocery has the published counts`() throws {
        let folder = PublishedData.folder("Grocery_and_Gourmet_Food")
        let dataset = try InteractionDataset.load(folder: folder)
        #expect(dataset.name == "Grocery_and_Gourmet_Food")
        #expect(dataset.userCount == 14_681)
        #expect(dataset.itemCount == 8_713)
        #expect(dataset.negativesPerRow == 99)
        #expect(dataset.train.count == 121_892)
        #expect(dataset.interactionCount == 151_254)
        #expect(dataset.hasTimes)

        let shards = try LogicalShards(dataset: dataset, kind: .sequential, count: 8)
        #expect(shards.sampleCount == 107_211)
        #expect(try LogicalShards(dataset: dataset, kind: .everyInteraction, count: 8).sampleCount == 121_892)
        let counts = (0..<8).map(shards.sampleCount(of:))
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 2)
        #expect(try shards.stepsPerEpoch(batchSize: 256) == 419)

        let store = SequenceStore(dataset: dataset, shards: shards, range: 0..<8)
        for split in [Split.dev, .test] {
            let rows = (0..<8).map {
                EvaluationRows(store: store, kind: .sequential, shard: $0, split: split, historyMax: 20)
            }
            #expect(rows.reduce(0) { $0 + $1.count } == 14_681)
            #expect(rows.allSatisfy { $0.candidatesPerTarget == 100 })
        }
        var sharing = 0
        for local in store.users.indices {
            let times = store.times[store.offsets[local]..<store.offsets[local + 1]]
            var rowsAt: [Int64: Int] = [:]
            for time in times { rowsAt[time, default: 0] += 1 }
            sharing += rowsAt.values.filter { $0 > 1 }.reduce(0, +)
        }
        #expect((Double(sharing) / 151_254 * 1000).rounded() == 425)
    }

    @Test(PublishedData.needed("ml-1m")) func `MovieLens-1M in gzip has the published counts`() throws {
        let folder = PublishedData.folder("ml-1m")
        let dataset = try InteractionDataset.load(folder: folder)
        #expect(dataset.userCount == 6_040)
        #expect(dataset.interactionCount == 999_920)
        #expect(dataset.negativesPerRow == 99)
        #expect(dataset.itemCount <= 3_706)
    }

    @Test(PublishedData.needed("ml-1m-bam")) func `MovieLens-1M as text has the published counts`() throws {
        let folder = PublishedData.folder("ml-1m-bam")
        let dataset = try InteractionDataset.load(folder: folder)
        #expect(dataset.userCount == 6_040)
        #expect(dataset.itemCount == 3_615, "the others do not occur")
        #expect(dataset.itemIds.largestId == 3_706)
        #expect(dataset.interactionCount == 999_920)
        #expect(dataset.test.count == 6_040)
        #expect(dataset.negativesPerRow == nil)
        #expect(!dataset.hasTimes)
    }

    @Test(PublishedData.needed("video-games"))
    func `Video Games has users with fewer than three items, who are not evaluated`() throws {
        let folder = PublishedData.folder("video-games")
        let dataset = try InteractionDataset.load(folder: folder)
        #expect(dataset.userCount == 31_013)
        #expect(dataset.itemCount == 23_715)
        #expect(dataset.interactionCount == 287_107)
        #expect(dataset.test.count == dataset.dev.count)
        #expect(dataset.test.count < 31_013)
    }
}
