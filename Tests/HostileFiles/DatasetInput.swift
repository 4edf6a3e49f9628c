import Foundation
import Interactions

/// A data set folder of files with fixed names.
struct DatasetInput: Sendable {
    private let folder: String
    private let files: [ScratchFile]

    /// - Parameter folder: is made where it is not there.
    init(_ folder: String, _ names: [String]) throws {
        mkdir(folder, 0o700)
        self.folder = folder
        files = try names.map { try ScratchFile($0, in: folder) }
    }

    func read(_ contents: [[UInt8]]) throws {
        for (file, content) in zip(files, contents) { try file.replace(by: content) }
        try DatasetInput.read(folder)
    }

    static let fragments = [
        "user_id", "item_id", "time", "neg_items", "\t", "\n", "\r\n", "[", "]", ",", "[1, 2]", " ", "-", "+", ".0",
        ".5",
        "0", "2147483647", "2147483648", "9223372036854775807", "-9223372036854775808", "99999999999999999999", "\u{0}",
        "\u{1E}", "\u{FEFF}", "1 2\n1 3\n1 4\n", "\u{301}",
    ]
    static let text = "1 10\n1 11\n1 12\n2 11\n2 13\n2 14\n2 10\n3 12\n\n3 14\n3 10\n"
    static let train = "user_id\titem_id\ttime\n1\t1\t10\n1\t2\t20\n1\t3\t30\n2\t2\t10\n2\t4\t20\n3\t5\t15\n"
    static let dev = "user_id\titem_id\ttime\tneg_items\n1\t4\t40\t[5, 6]\n2\t1\t30\t[3, 5]\n3\t1\t25\t[2, 2]\n"
    static let test = "user_id\titem_id\ttime\tneg_items\n1\t5\t50\t[6,7]\n2\t3\t40\t[1, 6]\n3\t2\t35\t[ 6 ,4 ]\n"

    /// Reads a data set and, where it is accepted, goes through everything that a training and an evaluation get of it.
    ///
    /// - Parameter idsAtMost: users or items; nil: as many users as there are entries in the tables.
    static func read(_ folder: String, idsAtMost: Int? = nil) throws {
        do {
            let dataset = try InteractionDataset.load(folder: folder)
            try check(dataset)
            let entries = [dataset.train, dataset.dev, dataset.test].reduce(0) { $0 + $1.count + $1.negatives.count }
            let ids = idsAtMost == nil ? dataset.userCount : max(dataset.userCount, dataset.itemCount)
            try require(ids <= idsAtMost ?? entries, "\(ids) users or items in \(entries) entries")
            let graph = InteractionGraph(dataset)
            try require(graph.pairCount <= dataset.train.count, "\(graph.pairCount) pairs")
            for kind in [SampleKind.sequential, .everyInteraction] { try useSamples(of: dataset, kind) }
        } catch let error as DatasetError {
            try require(error.line.map { $0 > 0 } ?? true, "line \(error.line ?? 0)")
            try requireHarmless(error.description)
        }
    }

    private static func check(_ dataset: InteractionDataset) throws {
        try require(dataset.userCount > 0 && dataset.itemCount > 0, "no user or no item")
        // Dev may be without rows.
        try require(dataset.train.count > 0 && dataset.test.count > 0, "an empty table")
        for table in [dataset.train, dataset.dev, dataset.test] {
            try require(
                table.items.count == table.count && table.times.count == table.count, "columns differ in length")
            let isInRange = { (id: Int32, count: Int) in id >= 1 && Int(id) <= count }
            try require(table.users.allSatisfy { isInRange($0, dataset.userCount) }, "a user out of range")
            try require(table.items.allSatisfy { isInRange($0, dataset.itemCount) }, "an item out of range")
            try require(table.negatives.allSatisfy { isInRange($0, dataset.itemCount) }, "a negative out of range")
        }
        for table in [dataset.dev, dataset.test] {
            try require(
                table.negatives.count == table.count * (dataset.negativesPerRow ?? 0), "negatives are missing")
        }
    }

    private static func useSamples(of dataset: InteractionDataset, _ kind: SampleKind) throws {
        let shards = try LogicalShards(dataset: dataset, kind: kind, count: 2)
        let store = SequenceStore(dataset: dataset, shards: shards, range: 0..<2)
        let batch = PackedBatch()
        // A user with all items has no negative.
        let negatives = (try? dataset.requireNegatives()) == nil ? 0 : 2
        var (samples, rows) = (0, 0)
        for shard in 0..<2 {
            var sampler = ShardSampler(
                store: store, shards: shards, shard: shard, batchSize: 2 * shards.sampleCount,
                negatives: negatives, historyMax: 3, seed: 1)
            sampler.beginEpoch(1)
            samples += sampler.fill(batch, stepOfEpoch: 0)
            try check(batch, dataset)
            for split in [Split.dev, .test] {
                let evaluated = EvaluationRows(store: store, kind: kind, shard: shard, split: split, historyMax: 3)
                evaluated.fill(batch, 0..<evaluated.count)
                try check(batch, dataset)
                rows += evaluated.count + evaluated.countWithoutHistory
                for row in 0..<min(evaluated.count, 8) {
                    let seen = evaluated.seenItems(row)
                    try require(zip(seen, seen.dropFirst()).allSatisfy { $0 < $1 }, "seen items out of order")
                }
            }
        }
        try require(samples == shards.sampleCount, "\(samples) samples of \(shards.sampleCount)")
        try require(rows == dataset.dev.count + dataset.test.count, "\(rows) rows")
    }

    private static func check(_ batch: PackedBatch, _ dataset: InteractionDataset) throws {
        for index in 0..<batch.count {
            try require(1...dataset.userCount ~= Int(batch.users[index]), "a user out of range")
            try require(batch.smallestTimeGaps[index] > 0, "a time gap of \(batch.smallestTimeGaps[index])")
            for item in batch.history(index) {
                try require(1...dataset.itemCount ~= Int(item), "an item out of range")
            }
            for candidate in 0..<batch.candidatesPerTarget {
                let item = batch.candidates[index * batch.candidatesPerTarget + candidate]
                try require(1...dataset.itemCount ~= Int(item), "a candidate out of range")
            }
        }
    }
}
