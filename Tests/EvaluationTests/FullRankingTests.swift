import Differentiation
import Evaluation
import Interactions
import KernelCore
import Recommenders
import Testing

/// Ranking among all items against plain loops, over users with histories of all lengths.
@Suite struct FullRankingTests {
    /// Data, a model and what both are made of.
    struct Setting: Sendable, CustomTestStringConvertible {
        var userCount = 300
        var itemCount = 61
        var perUser = 4
        var size = 5
        var historyMax = 6
        var shardCount = 2
        var historyScores = HistoryScores.exclude
        /// Few different values give many equal scores.
        var isCoarse = false
        /// An item whose score is not a number.
        var brokenItem: Int32?
        var isAdaptive = false
        /// Of what is added for items that stand near those of the history.
        var neighbourWeight: Float = 0

        var testDescription: String {
            "\(historyScores) K \(perUser)\(isCoarse ? " coarse" : "")\(brokenItem == nil ? "" : " broken")"
                + (neighbourWeight > 0 ? " neighbours" : "")
        }

        static let all: [Setting] = HistoryScores.allCases.flatMap { scores in
            [
                Setting(historyScores: scores), Setting(perUser: 1, historyScores: scores),
                Setting(perUser: 3, historyScores: scores, isCoarse: true),
                Setting(historyScores: scores, isCoarse: true, brokenItem: 20),
                Setting(historyScores: scores, isAdaptive: true),
                Setting(historyScores: scores, neighbourWeight: 2),
                Setting(perUser: 1, historyScores: scores, brokenItem: 20, neighbourWeight: 0.5),
                Setting(userCount: 40, itemCount: 9, historyMax: 3, historyScores: scores, isCoarse: true),
            ]
        }
    }

    /// The ranking of a setting by the evaluator, and its parts for the plain loops.
    struct Ranked {
        let setting: Setting
        let accumulator: RankingAccumulator
        /// `[itemCount + 1][size]`
        let items: [[Float]]
        /// Of each row in the evaluator's order: interests, history oldest first, true item.
        let rows: [(interests: [[Float]], history: [Int32], target: Int32)]
        let neighbours: ItemNeighbours

        init(_ setting: Setting, topK: [Int] = [], measures: Set<RankingMeasure> = []) throws {
            self.setting = setting
            var random = RandomStream(seed: 5, purpose: .synthesis, iteration: 0, element: 0)
            func number() -> Float {
                setting.isCoarse ? Float(random.next(below: 3)) - 1 : 2 * random.nextUniform() - 1
            }
            // Repeated items are meant: a history may hold an item twice, and the true item too.
            let sequences = (0..<setting.userCount).map { user in
                (0..<3 + user % 12).map { _ in Int32(random.next(below: UInt32(setting.itemCount))) + 1 }
            }
            func table(_ name: String, _ part: (Int) -> Range<Int>) throws -> InteractionTable {
                var users: [Int32] = []
                var items: [Int32] = []
                var times: [Int64] = []
                for (user, sequence) in sequences.enumerated() {
                    for index in part(sequence.count) {
                        users.append(Int32(user + 1))
                        items.append(sequence[index])
                        times.append(Int64(index))
                    }
                }
                return try InteractionTable(file: name, users: users, items: items, times: times)
            }
            let dataset = try InteractionDataset(
                name: "users", train: table("train") { 0..<$0 - 2 }, dev: table("dev") { $0 - 2..<$0 - 1 },
                test: table("test") { $0 - 1..<$0 }, itemCount: setting.itemCount)
            neighbours = ItemNeighbours(dataset)
            let shards = try LogicalShards(dataset: dataset, kind: .sequential, count: setting.shardCount)
            let store = SequenceStore(dataset: dataset, shards: shards, range: 0..<setting.shardCount)
            let layout = ParameterLayout()
            let model = UserInterests(
                userCount: setting.userCount, itemCount: setting.itemCount, size: setting.size,
                perUser: setting.perUser, isAdaptive: setting.isAdaptive, in: layout.root)
            let storage = ParameterStorage(layout)
            func fill(_ parameter: Parameter, rows: Int) -> [[Float]] {
                (0..<rows).map { row in
                    (0..<setting.size).map { column in
                        let value =
                            row == Int(setting.brokenItem ?? -1) && rows == setting.itemCount + 1
                            ? Float.nan : number()
                        storage.values(parameter)[row * setting.size + column] = value
                        return value
                    }
                }
            }
            items = fill(model.items.table, rows: setting.itemCount + 1)
            let vectors = fill(model.vectors, rows: (setting.userCount + 1) * setting.perUser)
            rows = (0..<setting.shardCount).flatMap { shard in
                store.localUsers(of: shard).map { local in
                    let user = Int(store.users[local])
                    let sequence = sequences[user - 1]
                    let count = setting.isAdaptive ? setting.perUser - user % 2 : setting.perUser
                    return (
                        (0..<count).map { vectors[user * setting.perUser + $0] }, Array(sequence.dropLast()),
                        sequence[sequence.count - 1]
                    )
                }
            }
            accumulator = Evaluator(
                store: store, kind: .sequential, split: .test, historyMax: setting.historyMax, ranking: .full,
                historyScores: setting.historyScores, measures: measures,
                neighbours: setting.neighbourWeight > 0
                    ? NeighbourScores(neighbours, weight: setting.neighbourWeight) : nil, seed: 0
            ).rankRows(by: model, on: Tape(parameters: storage.values), topK: topK)
        }

        /// The products of an item with the interests of a row.
        func products(_ row: Int, _ item: Int32) -> [Float] {
            rows[row].interests.map { interest in
                var sum: Float = 0
                for (x, y) in zip(interest, items[Int(item)]) { sum.addProduct(x, y) }
                return sum
            }
        }

        /// The score of an item, with the history counted as the setting says.
        func score(_ row: Int, _ item: Int32) -> Float {
            if setting.historyScores == .zero, rows[row].history.suffix(setting.historyMax).contains(item) { return 0 }
            let products = products(row, item)
            return (products.contains { $0.isNaN } ? .nan : products.max()!) + addition(row, item)
        }

        /// What is added to the score of an item, from the newest item of the history to the oldest one.
        func addition(_ row: Int, _ item: Int32) -> Float {
            var (sum, factor): (Float, Float) = (0, setting.neighbourWeight)
            for other in rows[row].history.suffix(setting.historyMax).reversed() {
                for index in neighbours.offsets[Int(other)]..<neighbours.offsets[Int(other) + 1]
                where neighbours.items[index] == item {
                    sum += factor * neighbours.weights[index]
                }
                factor *= 0.8
            }
            return sum
        }

        /// The items that a row's true item is ranked among, itself included.
        func candidates(_ row: Int) -> [Int32] {
            (1...Int32(setting.itemCount)).filter { item in
                setting.historyScores == .zero || item == rows[row].target || !rows[row].history.contains(item)
            }
        }

        /// All candidates, the best first.
        func ordered(_ row: Int) -> [Int32] {
            let keys: [(item: Int32, key: Float)] = candidates(row).map { item in
                let score = score(row, item)
                return (item, score.isNaN ? Float.infinity : score)
            }
            return keys.sorted { first, second in
                first.key != second.key ? first.key > second.key : first.item < second.item
            }.map(\.item)
        }

        func winner(_ row: Int, _ item: Int32) -> Int32 {
            let products = products(row, item)
            return Int32(products.firstIndex { $0.isNaN } ?? products.firstIndex(of: products.max()!)!)
        }
    }

    @Test(arguments: Setting.all) func `positions are those of plain loops`(setting: Setting) throws {
        let ranked = try Ranked(setting)
        try #require(ranked.accumulator.positions.count == setting.userCount)
        for row in ranked.rows.indices {
            let target = ranked.score(row, ranked.rows[row].target)
            let expected =
                1
                + ranked.candidates(row).count {
                    $0 != ranked.rows[row].target && !(ranked.score(row, $0) < target)
                }
            #expect(Int(ranked.accumulator.positions[row]) == expected, "row \(row)")
        }
    }

    @Test func `histories beyond the newest items are excluded, and score as they do in the zero mode`() throws {
        let excluded = try Ranked(Setting(historyMax: 1))
        let all = try Ranked(Setting(historyMax: 12))
        #expect(excluded.accumulator.positions == all.accumulator.positions)
        let zeroOfOne = try Ranked(Setting(historyMax: 1, historyScores: .zero))
        let zeroOfAll = try Ranked(Setting(historyMax: 12, historyScores: .zero))
        #expect(zeroOfOne.accumulator.positions != zeroOfAll.accumulator.positions)
        #expect(zeroOfAll.accumulator.positions != all.accumulator.positions)
    }

    @Test(arguments: Setting.all, [[1], [3, 5], [10, 2, 200]])
    func `best positions are those of sorting all items`(setting: Setting, topK: [Int]) throws {
        let ranked = try Ranked(setting, topK: topK, measures: [.coverage])
        let plain = try Ranked(setting)
        #expect(ranked.accumulator.positions == plain.accumulator.positions)
        var expected = [Int32](repeating: .max, count: setting.itemCount + 1)
        for row in ranked.rows.indices {
            for (index, item) in ranked.ordered(row).prefix(topK.max()!).enumerated() {
                expected[Int(item)] = min(expected[Int(item)], Int32(index + 1))
            }
        }
        #expect(ranked.accumulator.bestPositions == expected)
    }

    @Test(arguments: Setting.all) func `interests win the items that they score highest`(setting: Setting) throws {
        let ranked = try Ranked(setting, measures: [.interests])
        for row in ranked.rows.indices {
            #expect(ranked.accumulator.trueWinners[row] == ranked.winner(row, ranked.rows[row].target))
            #expect(ranked.accumulator.firstWinners[row] == ranked.winner(row, ranked.ordered(row)[0]))
        }
        var cosines: [Double] = []
        for row in ranked.rows where row.interests.count > 1 {
            var sum = 0.0
            for first in row.interests.indices {
                for second in 0..<first {
                    let (x, y) = (row.interests[first].map(Double.init), row.interests[second].map(Double.init))
                    func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
                    sum += dot(x, y) / (max(dot(x, x).squareRoot(), 1e-12) * max(dot(y, y).squareRoot(), 1e-12))
                }
            }
            cosines.append(sum / Double(row.interests.count * (row.interests.count - 1) / 2))
        }
        #expect(ranked.accumulator.cosines.count == cosines.count)
        #expect(zip(ranked.accumulator.cosines, cosines).allSatisfy { abs(Double($0) - $1) < 1e-5 })
        #expect(ranked.accumulator.interestCount == setting.perUser)
    }
}
