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
        let targets = try golden.tensors.integers("batch.item_id")
        let scores = try golden.tensors.doubles("eval.scores_history_zeroed")
        let rowCount = golden.itemCount + 1
        let expected = targets.enumerated().map { row, target in
            let own = scores[row * rowCount + target]
            // Row 0 is no item here.
            return Int32((1..<rowCount).count { scores[row * rowCount + $0] >= own })
        }
        let found = try GoldenModel(golden, shards: 1).positions(
            on: dataset(of: golden), historyMax: golden.options.historyMax, historyScores: .zero)
        #expect(found == expected)
        #expect(Set(expected).count > 4, "the case tells positions apart")
    }

    /// The rows of the batch as users 1, 2 and so on: the history in train and its last item in dev, the true item in
    /// test.
    private func dataset(of golden: GoldenCase) throws -> InteractionDataset {
        let lengths = try golden.tensors.integers("batch.lengths")
        let histories = try golden.tensors.integers("batch.history_items")
        let width = histories.count / lengths.count
        let targets = try golden.tensors.integers("batch.item_id")
        func table(_ file: String, _ positions: (Int) -> Range<Int>) throws -> InteractionTable {
            let rows = lengths.indices.flatMap { user in
                positions(user).map { position in
                    (
                        user: user + 1, position: position,
                        item: position < width ? histories[user * width + position] : targets[user]
                    )
                }
            }
            return try InteractionTable(
                file: file, users: rows.map { Int32($0.user) }, items: rows.map { Int32($0.item) },
                times: rows.map { Int64($0.position) })
        }
        // A history of one item has nothing to leave to dev.
        let ends = lengths.map { $0 > 1 ? $0 - 1 : $0 }
        return try InteractionDataset(
            name: "golden", train: table("train") { 0..<ends[$0] }, dev: table("dev") { ends[$0]..<lengths[$0] },
            test: table("test") { _ in width..<width + 1 }, itemCount: golden.itemCount)
    }
}
