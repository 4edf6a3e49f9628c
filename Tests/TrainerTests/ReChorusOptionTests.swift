import Foundation
import Testing
import TrainerSupport

/// Command lines of ReChorus, with all the options that the page Compatibility says to work.
@Suite struct ReChorusOptionTests {
    /// A model, its options in the spelling of ReChorus, and what they must become in `config.yaml`.
    struct Case: Sendable, CustomStringConvertible {
        let model: String
        let options: [String]
        let settings: [String]

        var description: String { model }
    }

    static let cases = [
        Case(
            model: "TiMiRec",
            options: [
                "--path", "data", "--emb_size", "8", "--K", "3", "--history_max", "5", "--attn_size", "4", "--add_pos",
                "0", "--add_trm", "0", "--temp", "0.5", "--n_layers", "2", "--batch_size", "9", "--num_neg", "2",
                "--epoch", "1", "--early_stop", "3", "--random_seed", "7", "--test_all", "0", "--gpu", "0",
                "--num_workers", "5", "--pin_memory", "0", "--regenerate", "0", "--check_epoch", "1", "--test_epoch",
                "-1", "--eval_batch_size", "256", "--buffer", "1", "--verbose", "20",
            ],
            settings: [
                "data-root: data", "embedding-size: 8", "interests: 3", "history-max: 5", "attention-size: 4",
                "add-pos: false", "add-trm: false", "temp: 0.5", "predictor-layers: 2", "batch-size: 9", "negatives: 2",
                "epochs: 1", "early-stop: 3", "seed: 7", "evaluation: sampled",
            ]),
        Case(
            model: "SASRec",
            options: ["--num_layers", "2", "--num_heads", "2", "--emb_size", "8", "--epoch", "1", "--test_all", "1"],
            settings: ["layers: 2", "heads: 2", "evaluation: full"]),
        Case(model: "GRU4Rec", options: ["--hidden_size", "6", "--epoch", "1"], settings: ["hidden-size: 6"]),
        Case(model: "TiSASRec", options: ["--time_max", "7", "--epoch", "1"], settings: ["time-max: 7"]),
        Case(model: "MIND", options: ["--relu_layer", "1", "--epoch", "1"], settings: ["relu-layer: true"]),
    ]

    @Test(arguments: cases) func `options in the spelling of ReChorus have their meaning`(_ test: Case) async throws {
        let workspace = try Workspace()
        try SmallTables().write(to: workspace, "data/tables")
        try await Launch.alone.successfulTrainer(
            ["train", "--model_name", test.model, "--dataset", "tables", "--out", "run"] + test.options,
            workingDirectory: workspace.path)
        let configuration = try String(contentsOfFile: workspace("run/config.yaml"), encoding: .utf8)
        let lines = Set(configuration.split(separator: "\n").map(String.init))
        for setting in test.settings { #expect(lines.contains(setting), "\(setting) in \(configuration)") }
    }

    @Test func `no option of the page Compatibility is forgotten here`() throws {
        var package = URL(filePath: #filePath)
        for _ in 0..<3 { package.deleteLastPathComponent() }
        let page = package.appending(path: "Sources/TrainerCommands/Documentation.docc/Compatibility.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let section = try #require(text.components(separatedBy: "### Coming from ReChorus\n").last)
        let paragraph = try #require(section.components(separatedBy: "```").first)
        let promised = Set(paragraph.matches(of: /`(--[A-Za-z_]+)`/).map { String($0.1) })
        #expect(promised.count > 20)
        let used = Set(Self.cases.flatMap(\.options).filter { $0.hasPrefix("--") } + ["--model_name"])
        #expect(promised == used)
    }
}
