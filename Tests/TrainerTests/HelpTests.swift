import Foundation
import ProcessSupport
import Recommenders
import Testing
import TrainerSupport

/// What a person reads who asks for help.
@Suite struct HelpTests {
    private func help(_ arguments: [String]) async throws -> [Substring] {
        try await Launch.alone.successfulTrainer(arguments).standardOutput
            .split(separator: "\n", omittingEmptySubsequences: false)
    }

    @Test(arguments: DocumentedCommandTests.helps.filter { $0[0] == "trainer" }.map { Array($0.dropFirst()) })
    func `a page of help fits a screen in width, and is not longer than a person reads`(command: [String]) async throws
    {
        let lines = try await help(command + ["--help"])
        #expect(lines.count <= 180, "\(command): \(lines.count) lines")
        for line in lines { #expect(line.count <= 80, "\(command): \(line)") }
        // A paragraph is folded by the parser: a short line in its middle is a line end too many.
        let usage = lines.firstIndex { $0.hasPrefix("USAGE:") } ?? lines.endIndex
        for (line, next) in zip(lines[..<usage], lines[..<usage].dropFirst()) where !next.isEmpty && !line.isEmpty {
            guard !line.hasPrefix("  "), !next.hasPrefix("  ") else { continue }
            let first = next.prefix { $0 != " " }
            #expect(line.count + 1 + first.count > 78, "\(command): \(line)")
        }
    }

    @Test(arguments: ["TiMiRec", "MIND", "SASRec"])
    func `the help of a model has its options and no others`(model: String) async throws {
        let lines = try await help(["train", "--model", model, "--help"])
        let named = Set(lines.compactMap { $0.prefixMatch(of: #/  --([a-z-]+) </#)?.1 }.map(String.init))
        let entry = try #require(RecommenderCatalogue.entry(named: model))
        let other = RecommenderCatalogue.options.map(\.declaration.name).filter { entry.option(called: $0) == nil }
        #expect(named.isDisjoint(with: other) && named.contains("embedding-size"), "\(named)")
        for line in lines { #expect(line.count <= 80) }
    }

    @Test func `the whole help has what the short one leaves out`() async throws {
        let short = try await help(["train", "--help"]).joined(separator: "\n")
        let whole = try await help(["train", "--help-hidden"]).joined(separator: "\n")
        for option in ["--importance", "--exchange", "--time-max", "--pretrain", "--keep-checkpoints"] {
            #expect(!short.contains("  \(option) ") && whole.contains("  \(option) "), "\(option)")
        }
        #expect(!short.contains("--emb-size") && !whole.contains("--batch_size"))
    }

    @Test func `every spelling of an option is understood, and the last value counts`() async throws {
        let workspace = try Workspace()
        try SmallTables().write(to: workspace, "data/tables")
        try await Launch.alone.successfulTrainer(
            [
                "train", "--model_name=ComiRec", "--dataset", "tables", "--max_steps", "1", "--topk", "5", "--out",
                "my_run",
                "--emb_size", "4", "--embedding-size", "8", "--embedding_size=6", "--K", "3", "--learning_rate", "0.01",
                "--checkpoint_every", "1",
            ], workingDirectory: workspace.path)
        let text = try String(contentsOfFile: workspace("my_run/config.yaml"), encoding: .utf8)
        for line in ["embedding-size: 6", "interests: 3", "lr: 0.01", "out: my_run"] {
            #expect(text.contains("\(line)\n"), "\(line) in \(text)")
        }
        let measured = try await Launch.alone.successfulTrainer(
            ["benchmark", "--model", "ComiRec", "--steps", "2", "--warm_up", "1", "--passes", "1", "--quiet"],
            timeout: .seconds(120))
        #expect(measured.standardOutput.contains("samples/s"), "\(measured.standardOutput)")
    }
}
