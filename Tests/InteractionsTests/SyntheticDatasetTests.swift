import Foundation
import Interactions
import Testing

@Suite struct SyntheticDatasetTests {
    static let standard = Result { try SyntheticDataset(.init()) }

    @Test func `the same options give the same data, another seed gives other data`() throws {
        var options = SyntheticDataset.Options()
        options.users = 50
        let first = try SyntheticDataset(options)
        let second = try SyntheticDataset(options)
        #expect(first.train.items == second.train.items)
        #expect(first.test.negatives == second.test.negatives)
        #expect(first.groundTruth == second.groundTruth)
        options.seed = 1
        #expect(try SyntheticDataset(options).train.items != first.train.items)
    }

    @Test func `the data of the default options never change`() throws {
        let data = try SyntheticDatasetTests.standard.get()
        // FNV-1a over everything: a change of the generator changes the data sets of users.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ value: Int64) { hash = (hash ^ UInt64(bitPattern: value)) &* 0x100_0000_01b3 }
        for table in [data.train, data.dev, data.test] {
            for row in 0..<table.count {
                add(Int64(table.users[row]))
                add(Int64(table.items[row]))
                add(table.times[row])
            }
            for item in table.negatives { add(Int64(item)) }
        }
        #expect(hash == 3_772_834_853_794_517_183)
    }

    @Test func `the size is as asked for, and users have no item twice`() throws {
        let data = try SyntheticDatasetTests.standard.get()
        let dataset = try data.dataset()
        #expect(dataset.userCount == 3_000)
        #expect(dataset.dev.count == 3_000)
        #expect(dataset.test.count == 3_000)
        #expect(dataset.negativesPerRow == 99)
        #expect(dataset.itemCount == 1_500)
        let mean = Double(dataset.interactionCount) / 3_000
        #expect(abs(mean - 14) < 0.7)

        let (_, store) = try dataset.wholeStore()
        for local in store.users.indices {
            let range = store.offsets[local]..<store.offsets[local + 1]
            let items = Set(store.items[range])
            #expect(items.count == range.count)
            #expect(range.count >= 5)
            #expect(zip(store.times[range], store.times[range].dropFirst()).allSatisfy { $0 < $1 })
            #expect(store.splits[range].suffix(2).elementsEqual([1, 2]), "dev and test are the newest")
        }
        let rows = EvaluationRows(store: store, kind: .sequential, shard: 0, split: .test, historyMax: 0)
        let batch = PackedBatch()
        rows.fill(batch, 0..<rows.count)
        let candidates = batch.candidateArrays
        for row in 0..<rows.count {
            #expect(Set(candidates[row]).count == 100)
            #expect(Set(rows.seenItems(row)).isDisjoint(with: candidates[row]))
        }
    }

    @Test func `the number of interests is as asked for, and most items belong to them`() throws {
        let data = try SyntheticDatasetTests.standard.get()
        var counts = [Int](repeating: 0, count: 5)
        for interests in data.interests {
            counts[interests.count] += 1
            #expect(Set(interests.map(\.cluster)).count == interests.count)
        }
        #expect(counts[0] == 0)
        #expect(counts[1...4].allSatisfy { abs($0 - 750) < 110 }, "four standard deviations and a bit")
        var inside = 0
        for (user, item) in zip(data.train.users, data.train.items) {
            let cluster = data.itemClusters[Int(item) - 1]
            if data.interests[Int(user) - 1].contains(where: { $0.cluster == cluster }) { inside += 1 }
        }
        #expect(Double(inside) / Double(data.train.count) > 0.9)
    }

    /// HR@5 of the test rows among their 99 negatives; ties count against the ranking.
    func hitRate(_ data: SyntheticDataset, _ score: (_ user: Int, _ item: Int) -> Double) -> Double {
        let width = data.test.negativesPerRow ?? 0
        var hits = 0
        for row in 0..<data.test.count {
            let user = Int(data.test.users[row])
            let target = score(user, Int(data.test.items[row]))
            let better = data.test.negatives[row * width..<(row + 1) * width].filter {
                score(user, Int($0)) >= target
            }
            if better.count < 5 { hits += 1 }
        }
        return Double(hits) / Double(data.test.count)
    }

    @Test func `who knows the interests ranks far better than popularity does`() throws {
        let data = try SyntheticDatasetTests.standard.get()
        var popularity = [Int](repeating: 0, count: data.options.items + 1)
        for item in data.train.items { popularity[Int(item)] += 1 }
        func oracle(_ weight: (SyntheticDataset.Interest) -> Int32) -> Double {
            hitRate(data) { user, item in
                let interest = data.interests[user - 1].first { $0.cluster == data.itemClusters[item - 1] }
                return interest.map { Double(weight($0)) * Double(data.itemPopularity[item - 1]) } ?? 0
            }
        }
        let byPopularity = hitRate(data) { Double(popularity[$1]) }
        let byInterests = oracle(\.lastWeight)
        let byOldInterests = oracle(\.firstWeight)
        #expect(byInterests > 2 * byPopularity, "\(byInterests), and \(byPopularity) by popularity")
        #expect(
            byInterests > byOldInterests + 0.02, "interests move: \(byInterests), \(byOldInterests) at the beginning")
    }

    @Test func `the last item says more than the interests alone`() throws {
        let data = try SyntheticDatasetTests.standard.get()
        let (_, store) = try data.dataset().wholeStore()
        // How often the next item of the same cluster is one of the three next in the circle, against chance.
        var circles = [[Int32]](repeating: [], count: data.options.clusters)
        for item in 1...data.options.items { circles[Int(data.itemClusters[item - 1])].append(Int32(item)) }
        var (close, pairs) = (0, 0)
        for local in store.users.indices {
            let items = store.items[store.offsets[local]..<store.offsets[local + 1]]
            for (before, after) in zip(items, items.dropFirst()) {
                let circle = circles[Int(data.itemClusters[Int(before) - 1])]
                guard let first = circle.firstIndex(of: before), let second = circle.firstIndex(of: after) else {
                    continue
                }
                pairs += 1
                if (1...3).contains((second - first + circle.count) % circle.count) { close += 1 }
            }
        }
        #expect(Double(close) / Double(pairs) > 0.2, "by chance 3 of 50")
    }

    @Test func `written files are read as they were generated, with the ground truth beside them`() throws {
        var options = SyntheticDataset.Options()
        options.users = 200
        options.interests = 2...3
        let data = try SyntheticDataset(options)
        let folder = try TemporaryFolder()
        let path = folder.file("data/small")
        try data.write(to: path)
        let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        #expect(names == ["dev.csv", "ground_truth.json", "test.csv", "train.csv"])
        let dataset = try InteractionDataset.load(folder: path)
        #expect(dataset.train.users == data.train.users)
        #expect(dataset.train.items == data.train.items)
        #expect(dataset.train.times == data.train.times)
        #expect(dataset.dev.negatives == data.dev.negatives)
        #expect(dataset.test.negatives == data.test.negatives)
        #expect(dataset.test.items == data.test.items)

        let json = try Data(contentsOf: URL(filePath: path + "/ground_truth.json"))
        let truth = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(truth["item_clusters"] as? [Int] == data.itemClusters.map(Int.init))
        #expect((truth["options"] as? [String: Any])?["users"] as? Int == 200)
        let interests = try #require(truth["interests"] as? [[[Int]]])
        #expect(
            interests == data.interests.map { $0.map { [Int($0.cluster), Int($0.firstWeight), Int($0.lastWeight)] } })
    }

    @Test func `a folder that holds a data set is refused, unless it may be replaced`() throws {
        var options = SyntheticDataset.Options()
        options.users = 20
        let data = try SyntheticDataset(options)
        let folder = try TemporaryFolder()
        try data.write(to: folder.path)
        let before = try folder.bytes("train.csv")
        options.seed = 5
        let other = try SyntheticDataset(options)
        let error = #expect(throws: DatasetError.self) { try other.write(to: folder.path) }
        #expect(error?.kind == .configuration)
        #expect(try folder.bytes("train.csv") == before)
        try folder.write("item_meta.csv", "item_id\n1\n")
        try other.write(to: folder.path, replacing: true)
        let loaded = try folder.load()
        #expect(loaded.train.items.map(loaded.itemIds.id(of:)) == other.train.items.map(Int64.init))
        #expect(
            try folder.names == ["dev.csv", "ground_truth.json", "test.csv", "train.csv"], "no temporary file is left")

        let text = try TemporaryFolder()
        try text.write("ratings.txt", "1 1\n1 2\n1 3\n")
        #expect(throws: DatasetError.self) { try other.write(to: text.path) }
    }

    @Test func `a folder that cannot be written is an error that leaves nothing behind`() throws {
        let folder = try TemporaryFolder()
        try folder.write("file", "")
        var options = SyntheticDataset.Options()
        options.users = 20
        let data = try SyntheticDataset(options)
        let path = folder.file("file/data")
        let error = #expect(throws: DatasetError.self) { try data.write(to: path) }
        #expect(error?.kind == .unreadable)
        // A folder has the name of a file that is to be written.
        let blocked = folder.file("blocked")
        try FileManager.default.createDirectory(
            atPath: blocked + "/ground_truth.json/x", withIntermediateDirectories: true)
        #expect(throws: DatasetError.self) { try data.write(to: blocked) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: blocked) == ["ground_truth.json"])
    }

    @Test func `a folder that holds other folders is no data set, and can become one`() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.file("small"), withIntermediateDirectories: true)
        var options = SyntheticDataset.Options()
        options.users = 20
        let error = #expect(throws: DatasetError.self) { try InteractionDataset.load(folder: folder.path) }
        #expect(error?.description.contains("no data set of a known format: found small") == true)
        try SyntheticDataset(options).write(to: folder.path)
        #expect(try InteractionDataset.load(folder: folder.path).userCount == 20)
    }

    @Test func `options that cannot be met are refused`() throws {
        let changes: [(inout SyntheticDataset.Options) -> Void] = [
            { $0.users = 0 }, { $0.items = 0 }, { $0.clusters = 0 }, { $0.clusters = 2_000 }, { $0.interests = 0...2 },
            { $0.interests = 1...31 }, { $0.popularityExponent = -1 }, { $0.popularityExponent = .nan },
            { $0.drift = 1.5 }, { $0.meanInteractions = 4 }, { $0.meanInteractions = .infinity },
            { $0.negatives = -1 }, { $0.negatives = 1_495 }, { $0.noise = -0.1 }, { $0.users = 11_000_000 },
        ]
        for change in changes {
            var options = SyntheticDataset.Options()
            change(&options)
            let error = #expect(throws: DatasetError.self) { try SyntheticDataset(options) }
            #expect(error?.kind == .configuration)
        }
    }

    @Test func `extreme options are met`() throws {
        var options = SyntheticDataset.Options()
        options.users = 30
        options.items = 105
        options.clusters = 1
        options.interests = 1...1
        options.meanInteractions = 20
        options.popularityExponent = 4
        options.negatives = 99
        options.noise = 0
        let small = try SyntheticDataset(options)
        #expect(
            (90...120).contains(small.train.count), "99 negatives leave six items a user, of which two are evaluated")
        options.negatives = 0
        options.drift = 0
        let all = try SyntheticDataset(options)
        #expect(try all.dataset().negativesPerRow == nil)
        #expect(all.interests.joined().allSatisfy { $0.firstWeight == $0.lastWeight })
    }

    @Test func `powers agree with the C library`() {
        for base in [1.0, 1.5, 2, 3, 7, 50, 4_096, 65_536] {
            for exponent in [-4.0, -1, -0.8, -0.5, 0, 0.3, 1, 2] {
                let expected = pow(base, exponent)
                #expect(abs(reproduciblePower(base, exponent) - expected) <= 1e-13 * expected)
            }
        }
    }
}
