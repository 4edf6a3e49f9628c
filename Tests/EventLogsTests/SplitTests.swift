import EventLogs
import Interactions
import KernelCore
import Testing

/// Splits by time and by users, and stored negatives.
@Suite struct SplitTests {
    /// Events of 40 users with 30 items, at different times.
    private func text(seed: UInt32, users: UInt32 = 40, items: UInt32 = 30, count: Int = 600) -> String {
        var stream = RandomStream(seed: 3, purpose: .synthesis, iteration: 0, element: seed)
        return "user,item,time\n"
            + (0..<count).map { index in
                "u\(stream.next(below: users)),i\(stream.next(below: items)),\(1_700_000_000 + index * 7 % 601)\n"
            }.joined()
    }

    private func convert(_ text: String, _ change: (inout ConversionOptions) -> Void) throws -> InteractionDataset {
        let folder = try LogFolder()
        var options = ConversionOptions()
        change(&options)
        return try Conversion(of: [try folder.write("a.csv", text)], name: "a", log: LogOptions(), options: options)
            .dataset
    }

    @Test func `a temporal split by shares cuts the events in time`() throws {
        let dataset = try convert(text(seed: 0)) { $0.split = .temporal }
        let (train, dev, test) = (dataset.train.times, dataset.dev.times, dataset.test.times)
        #expect(train.max()! < dev.min()! && dev.max()! < test.min()!)
        #expect(abs(dataset.train.count - 480) <= 1 && abs(dataset.dev.count - 60) <= 1)
        let other = try convert(text(seed: 0)) {
            ($0.split, $0.devFrom, $0.testFrom) = (.temporal, "50%", "1700000500")
        }
        #expect(abs(other.train.count - 300) <= 1 && other.test.times.min()! == 1_700_000_500)
    }

    @Test(arguments: [Int64.min, Int64.min + 1, -5, 0, Int64.max - 3])
    func `a quantile is the earliest time that so many events lie before`(start: Int64) {
        let times = (0..<4).map { start &+ Int64($0) }
        let filter = EventFilter(users: [1, 1, 1, 1], items: [1, 2, 3, 4], times: times, userCount: 1, itemCount: 4)
        #expect(EventSplit.time(atQuantile: 0.5, of: filter) == times[1] &+ 1)
        #expect(EventSplit.time(atQuantile: 0.75, of: filter) == times[2] &+ 1)
    }

    @Test func `a tenth of the users is dev and a tenth test, by the seed`() throws {
        var parts: Set<[Int32]> = []
        for seed in 0..<4 as Range<UInt64> {
            let dataset = try convert(text(seed: 1)) { ($0.split, $0.seed) = (.users, seed) }
            let (train, dev, test) = (Set(dataset.train.users), Set(dataset.dev.users), Set(dataset.test.users))
            #expect([train.count, dev.count, test.count] == [32, 4, 4])
            #expect(train.isDisjoint(with: dev) && train.isDisjoint(with: test) && dev.isDisjoint(with: test))
            #expect(dataset.interactionCount == 600 - repeats(text(seed: 1)))
            parts.insert(test.sorted())
        }
        #expect(parts.count == 4)
    }

    private func repeats(_ text: String) -> Int {
        let lines = text.split(separator: "\n").dropFirst()
        return lines.count - Set(lines).count
    }

    @Test(arguments: [StoredNegatives.Sampling.uniform, .popularity])
    func `negatives are different items that their user does not have, the same for the same seed`(
        sampling: StoredNegatives.Sampling
    ) throws {
        func negatives(_ seed: UInt64) throws -> InteractionDataset {
            try convert(text(seed: 2, count: 300)) {
                ($0.negatives, $0.negativeSampling, $0.seed, $0.coreUsers) = (9, sampling, seed, 3)
            }
        }
        let dataset = try negatives(5)
        var items: [Int32: Set<Int32>] = [:]
        for table in [dataset.train, dataset.dev, dataset.test] {
            for row in 0..<table.count { items[table.users[row], default: []].insert(table.items[row]) }
        }
        #expect(dataset.negativesPerRow == 9)
        for table in [dataset.dev, dataset.test] {
            for row in 0..<table.count {
                let drawn = Set((0..<9).map { table.negatives[9 * row + $0] })
                #expect(drawn.count == 9 && drawn.isDisjoint(with: items[table.users[row]]!))
            }
        }
        #expect(DatasetFingerprint(dataset) == DatasetFingerprint(try negatives(5)))
        #expect(DatasetFingerprint(dataset) != DatasetFingerprint(try negatives(6)))
    }

    @Test func `negatives by popularity come as often as their items do in train`() {
        // Item 3 has no train event; item 1 has nine of ten.
        let train: [Int32] = Array(repeating: 1, count: 900) + Array(repeating: 2, count: 100)
        let sampler = StoredNegatives(.popularity, count: 1, seed: 0, itemCount: 3, trainItems: train)
        var counts = [0, 0, 0, 0]
        var marks = [Bool](repeating: false, count: 4)
        for row in 0..<4_000 { counts[Int((try? sampler.draw(part: 1, row: row, user: 1, marks: &marks))![0])] += 1 }
        #expect(counts[3] == 0 && marks == [false, false, false, false])
        #expect(abs(counts[1] - 3_600) < 5 * 19)
    }

    @Test func `a user with nearly all items gets the rest, and too few items are refused`() throws {
        let all = (0..<12).map { "a,i\($0),17000000\(10 + $0)\n" }.joined()
        let other = "b,i0,1700000001\nb,i1,1700000002\nb,x,1700000003\nb,y,1700000004\n"
        let dataset = try convert("user,item,time\n" + all + other) { $0.negatives = 2 }
        let row = dataset.test.users.firstIndex { dataset.userIds.text(of: $0) == "a" }!
        #expect(
            Set(dataset.test.negatives[(2 * row)..<(2 * row + 2)].map { dataset.itemIds.text(of: $0) }) == ["x", "y"])
        let error = #expect(throws: DatasetError.self) {
            _ = try convert("user,item,time\n" + all + other) { $0.negatives = 3 }
        }
        #expect(error?.problem == "--negatives 3: for user a there are only 2")
        #expect(error?.kind == .configuration)
    }
}
