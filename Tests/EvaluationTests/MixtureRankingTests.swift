import Differentiation
import Evaluation
import Interactions
import KernelCore
import Recommenders
import Testing

/// Ranking by mixtures of logits against a count over the scores of single items.
@Suite struct MixtureRankingTests {
    private static let itemCount = 75
    private static let userCount = 301
    private static let size = 6

    private let store: SequenceStore
    private let storage: ParameterStorage
    private let model: UserInterests
    private let mixture: MixtureOfLogits
    /// Histories, oldest first, with dev's and test's item at the end.
    private let sequences: [[Int32]]
    private let negatives: [[Int32]]

    init() throws {
        var random = RandomStream(seed: 5, purpose: .synthesis, iteration: 0, element: 0)
        func item() -> Int32 { Int32(random.next(below: UInt32(Self.itemCount))) + 1 }
        let sequences = (0..<Self.userCount).map { user in (0..<3 + user % 12).map { _ in item() } }
        negatives = sequences.map { _ in (0..<40).map { _ in item() } }
        self.sequences = sequences
        func table(_ name: String, negatives: [[Int32]] = [], _ part: (Int) -> Range<Int>) throws -> InteractionTable {
            var (users, items, times): ([Int32], [Int32], [Int64]) = ([], [], [])
            for (user, sequence) in sequences.enumerated() {
                for index in part(sequence.count) {
                    users.append(Int32(user + 1))
                    items.append(sequence[index])
                    times.append(Int64(index))
                }
            }
            return try InteractionTable(file: name, users: users, items: items, times: times, negatives: negatives)
        }
        let dataset = try InteractionDataset(
            name: "users", train: table("train") { 0..<$0 - 2 },
            dev: table("dev", negatives: negatives) { $0 - 2..<$0 - 1 },
            test: table("test", negatives: negatives) { $0 - 1..<$0 }, itemCount: Self.itemCount)
        let shards = try LogicalShards(dataset: dataset, kind: .sequential, count: 2)
        store = SequenceStore(dataset: dataset, shards: shards, range: 0..<2)
        let layout = ParameterLayout()
        model = UserInterests(
            userCount: Self.userCount, itemCount: Self.itemCount, size: Self.size, perUser: 1, isAdaptive: false,
            in: layout.root)
        var options = ObjectiveOptions()
        options.score = .mixture
        mixture = try #require(MixtureOfLogits(options, size: Self.size, in: layout.root))
        storage = ParameterStorage(layout)
        storage.values.initialize(layout, seed: 4)
        for parameter in [model.items.table, model.vectors] {
            for index in 0..<parameter.count { storage.values(parameter)[index] = 2 * random.nextUniform() - 1 }
        }
    }

    /// The scores of all items for the users of the evaluator's rows, in its order, with the users.
    private func rows() -> [(user: Int, scores: [Float])] {
        let tape = Tape(parameters: storage.values)
        let table = mixture.items(of: model.items, on: tape)
        let all = (1...Int32(Self.itemCount)).map { $0 }
        return (0..<2).flatMap { shard in
            store.localUsers(of: shard).map { local in
                let user = Int(store.users[local])
                tape.begin(.scoring(seed: 0))
                let row = tape.arena.allocate(Int32.self, count: 1)
                row[0] = Int32(user)
                let vector = tape.rows(row, of: model.vectors, count: 1)
                var scores = [Float](repeating: .nan, count: Self.itemCount)
                Kernel.mixtureScores(
                    of: all, count: all.count, in: table, for: mixture.users(vector, on: tape), user: 0,
                    scratch: tape.arena, into: &scores)
                return (user, scores)
            }
        }
    }

    private func evaluator(_ ranking: RankingProtocol, _ historyScores: HistoryScores = .exclude) -> Evaluator {
        Evaluator(
            store: store, kind: .sequential, split: .test, historyMax: 50, ranking: ranking,
            historyScores: historyScores, measures: ranking == .full ? [.coverage, .interests] : [], score: .mixture,
            mixture: mixture, seed: 0)
    }

    @Test(arguments: HistoryScores.allCases)
    func `positions among all items are those of plain counts`(historyScores: HistoryScores) {
        let found = evaluator(.full, historyScores).rankRows(by: model, on: Tape(parameters: storage.values), topK: [3])
        let rows = rows()
        #expect(found.positions.count == rows.count)
        #expect(Set(found.positions).count > 20)
        for (index, row) in rows.enumerated() {
            let history = sequences[row.user - 1].dropLast()
            guard let target = sequences[row.user - 1].last else { continue }
            func score(_ item: Int32) -> Float {
                historyScores == .zero && history.contains(item) ? 0 : row.scores[Int(item) - 1]
            }
            let others = (1...Int32(Self.itemCount)).filter { item in
                item != target && (historyScores == .zero || !history.contains(item))
            }
            #expect(Int(found.positions[index]) == 1 + others.count { !(score($0) < score(target)) })
        }
        // One vector a user wins everything.
        #expect(found.trueWinners.allSatisfy { $0 == 0 } && found.firstWinners.allSatisfy { $0 <= 0 })
        #expect(found.bestPositions.contains(1) && found.bestPositions.contains(3))
    }

    @Test func `positions among stored negatives are those of plain counts`() throws {
        let found = try evaluator(.sampled).positions(of: model, on: Tape(parameters: storage.values))
        let rows = rows()
        #expect(found.count == rows.count)
        for (index, row) in rows.enumerated() {
            guard let target = sequences[row.user - 1].last else { continue }
            let others = negatives[row.user - 1].filter { $0 != target }
            let own = row.scores[Int(target) - 1]
            #expect(Int(found[index]) == 1 + others.count { !(row.scores[Int($0) - 1] < own) })
        }
    }
}
