import Evaluation
import Interactions
import Testing

/// The full ranking of the reference models with the items of the history at 0, as the authors of BaM score them, against
/// the positions that follow from the reference's scores.
@Suite struct GoldenRankingTests {
    static let cases = GoldenCase.supported.filter { $0.tensors["eval.scores_history_zeroed"] != nil }

    @Test(.enabled(if: GoldenCase.isOwnFolder, "FACET_GOLDEN may hold cases of some models only"))
    func `four cases have the scores of BaM's authors`() { #expect(Self.cases.count == 4) }

    @Test(arguments: cases) func `true items have the positions of the authors' scoring`(_ golden: GoldenCase) throws {
        let truths = try golden.tensors.integers("batch.item_id")
        let scores = try golden.tensors.doubles("eval.scores_history_zeroed")
        let rowCount = golden.itemCount + 1
        let expected = truths.enumerated().map { row, truth in
            let own = scores[row * rowCount + truth]
            // Row 0 is no item here.
            return Int32((1..<rowCount).count { scores[row * rowCount + $0] >= own })
        }
        let found = try GoldenModel(golden, shards: 1).positions(
            on: dataset(of: golden), historyMax: golden.options.historyMax, historyScores: .zero)
        #expect(found == expected)
        #expect(Set(expected).count > 4, "the case tells positions apart")
    }

    /// The rows of the batch as users 1, 2 and so on: the history in train and its last item in dev, the true item in test.
    private func dataset(of golden: GoldenCase) throws -> InteractionDataset {
        let lengths = try golden.tensors.integers("batch.lengths")
        let histories = try golden.tensors.integers("batch.history_items")
        let width = histories.count / lengths.count
        let truths = try golden.tensors.integers("batch.item_id")
        func history(_ user: Int) -> [Int] { Array(histories[user * width..<user * width + lengths[user]]) }
        func table(_ file: String, _ items: (Int) -> [Int]) throws -> InteractionTable {
            let rows = lengths.indices.flatMap { user in items(user).enumerated().map { (user + 1, $0, $1) } }
            return try InteractionTable(
                file: file, users: rows.map { Int32($0.0) }, items: rows.map { Int32($0.2) },
                times: rows.map { Int64($0.1) })
        }
        return try InteractionDataset(
            name: "golden", train: table("train") { lengths[$0] > 1 ? history($0).dropLast() : history($0) },
            dev: table("dev") { lengths[$0] > 1 ? history($0).suffix(1) : [] }, test: table("test") { [truths[$0]] },
            itemCount: golden.itemCount)
    }
}
