import Experiments
import Options
import Testing

/// Files of searches and comparisons.
@Suite struct SearchFileTests {
    private static func file(_ text: String) throws(OptionError) -> SearchFile {
        try SearchFile(try OptionTree(parsing: Array(text.utf8)))
    }

    private static let good = """
        method: halving
        seed: 3
        trials: 16
        metric: NDCG@10
        epochs: {first: 2, factor: 3, most: 50}
        seeds: [0, 1]
        fixed: {model: SASRec, dataset: games, topk: [10, 5]}
        search:
          lr: {log-uniform: [1e-4, 1e-2]}
          layers: [1, 2, 3]
        """

    @Test func `a file says what is searched, and how`() throws {
        let file = try Self.file(Self.good)
        #expect(file.method == .halving && file.seed == 3 && file.trials == 16 && file.metric == "NDCG@10")
        #expect(file.rungs?.epochs == [2, 6, 18, 50] && file.seeds == [0, 1])
        #expect(file.fixed.map(\.name) == ["model", "dataset", "topk"] && file.fixed.last?.value == "10,5")
        #expect(
            file.space.parameters.map(\.domain) == [.logUniform(1e-4, 1e-2), .choices(["1", "2", "3"])])
        let plan = try ExperimentPlan(file)
        #expect(plan.candidates.count == 16 && plan.candidates[3].folder == "trials/003")
        #expect(
            plan.arguments(of: 0, seed: 1, rung: 1, leavesTestAlone: true, output: "x").suffix(4) == [
                "--epochs=6", "--dev-only=1", "--seed=1", "--out=x",
            ])
    }

    @Test func `the rungs end with the most epochs`() {
        #expect(SearchFile.Rungs(first: 2, factor: 3, most: 54).epochs == [2, 6, 18, 54])
        #expect(SearchFile.Rungs(first: 5, factor: 2, most: 5).epochs == [5])
        #expect(SearchFile.Rungs(first: 1, factor: 1000, most: 1_000_000).epochs == [1, 1000, 1_000_000])
    }

    /// A change of the good file, the line of the error and a part of its text.
    private static let changes: [(from: String, to: String, line: Int?, text: String)] = [
        ("method: halving", "method: halvign", 1, "did you mean halving"),
        ("method: halving\n", "\n", nil, "method is missing"),
        ("metric:", "metrik:", 4, "did you mean metric"), ("seed: 3", "seed: -1", 2, "seed"),
        ("trials: 16", "trials: 0", 3, "trials is 0"), ("trials: 16\n", "\n", 9, "lr is a range"),
        ("trials: 16", "trials: many", 3, "many"), ("seeds: [0, 1]", "seeds: [0, 0]", 6, "twice"),
        ("seeds: [0, 1]", "seeds: [a]", 6, "seeds"),
        ("epochs: {first: 2, factor: 3, most: 50}", "epochs: 5", 5, "group"),
        ("epochs: {first: 2, factor: 3, most: 50}\n", "\n", nil, "epochs is missing"),
        ("most: 50", "most: 1", 5, "below"),
        ("factor: 3", "factor: 1", 5, "factor is 1"), ("first: 2,", "frist: 2,", 5, "did you mean first"),
        ("first: 2, ", "", 5, "first is missing"), ("dataset: games", "lr: 1", 9, "fixed and searched"),
        ("dataset: games", "learning-rate: 1", 9, "learning-rate and lr are one option"),
        ("dataset: games", "out: x", 7, "folder of its own"), ("dataset: games", "epochs: 3", 7, "halving decides"),
        ("dataset: games", "seed: 3", 7, "seeds"), ("dataset: games", "dev-only: false", 7, "leaves test alone"),
        ("log-uniform: [1e-4", "log-uniform: [0", 9, "above 0"),
        ("log-uniform", "loguniform", 9, "did you mean log-uniform"),
        ("[1e-4, 1e-2]", "[1e-2, 1e-4]", 9, "smaller one first"), ("[1e-4, 1e-2]", "[1e-4, x]", 9, "two numbers"),
        ("[1e-4, 1e-2]", "[1e-4]", 9, "no range"), ("layers: [1, 2, 3]", "layers: 1", 10, "one value"),
        ("layers: [1, 2, 3]", "layers: [1, 1]", 10, "twice"), ("layers: [1, 2, 3]", "layers: []", 10, "no values"),
        ("{log-uniform: [1e-4, 1e-2]}", "[1, 2]", 3, "only 6"), ("search:", "serach:", 8, "did you mean search"),
    ]

    @Test(arguments: changes.indices) func `what is wrong is told with its line`(index: Int) throws {
        let change = Self.changes[index]
        let text = Self.good.replacing(change.from, with: change.to)
        try #require(text != Self.good)
        let error = #expect(throws: OptionError.self) { try Self.file(text) }
        #expect(
            error?.line == change.line && error?.reason.contains(change.text) == true, "\(String(describing: error))")
    }

    @Test func `a grid has no number of trials, and no ranges`() throws {
        let grid = "method: grid\nfixed: {model: POP}\nsearch: {lr: [1, 2], layers: [1, 2]}\n"
        #expect(try ExperimentPlan(try Self.file(grid)).candidates.count == 4)
        for (text, line) in [
            ("trials: 4\n" + grid, 1), (grid.replacing("lr: [1, 2]", with: "lr: {uniform: [1, 2]}"), 3),
            ("epochs: {first: 1, most: 3}\n" + grid, 1),
        ] {
            let error = #expect(throws: OptionError.self) { try Self.file(text) }
            #expect(error?.line == line, "\(String(describing: error))")
        }
    }

    // MARK: Comparisons

    private static let comparison = """
        seeds: [0, 1]
        metrics: [NDCG@10, HR@10]
        proposed: ours
        datasets: [games, more/books]
        fixed: {epochs: 5, lr: 0.1}
        models:
          SASRec: {lr: 1e-3}
          ours: {model: TiMiRec, interests: 4}
        """

    private static func comparison(_ text: String) throws(OptionError) -> ComparisonFile {
        try ComparisonFile(try OptionTree(parsing: Array(text.utf8)))
    }

    @Test func `a comparison trains every model on every data set, with its own options before the fixed ones`() throws
    {
        let plan = try ExperimentPlan(try Self.comparison(Self.comparison))
        #expect(
            plan.candidates.map(\.folder) == ["games/SASRec", "games/ours", "more-books/SASRec", "more-books/ours"])
        #expect(
            plan.arguments(of: 2, seed: 1, leavesTestAlone: false, output: "x") == [
                "--epochs=5", "--dataset=more/books", "--model=SASRec", "--lr=1e-3", "--seed=1", "--out=x",
            ])
        #expect(plan.arguments(of: 1, seed: 0, leavesTestAlone: false, output: "x").contains("--lr=0.1"))
    }

    private static let comparisonChanges: [(from: String, to: String, line: Int?, text: String)] = [
        ("proposed: ours", "proposed: our", 3, "did you mean ours"),
        ("datasets: [games, more/books]\n", "\n", nil, "datasets"),
        ("[games, more/books]", "[games, games]", 4, "twice"), ("ours: {model", "../ours: {model", 8, "folder"),
        ("lr: 1e-3", "dataset: x", 7, "datasets"), ("lr: 1e-3", "dev-only: true", 7, "tests"),
        ("  SASRec: {lr: 1e-3}\n", "", 7, "two models"), ("seeds:", "seed:", 1, "did you mean seeds"),
    ]

    @Test(arguments: comparisonChanges.indices) func `what is wrong with a comparison is told too`(index: Int) throws {
        let change = Self.comparisonChanges[index]
        let text = Self.comparison.replacing(change.from, with: change.to)
        try #require(text != Self.comparison)
        let error = #expect(throws: OptionError.self) {
            let file = try Self.comparison(text)
            _ = try ExperimentPlan(file)
        }
        #expect(
            error?.line == change.line && error?.reason.contains(change.text) == true, "\(String(describing: error))")
    }
}
