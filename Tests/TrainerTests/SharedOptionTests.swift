import Foundation
import Testing
import TrainerSupport

/// Options that have a name in common: what a model calls layers, and files of options of this and earlier versions.
@Suite struct SharedOptionTests {
    private static func train(_ workspace: Workspace, _ options: [String]) async throws -> String {
        try await Launch.alone.successfulTrainer(
            ["train", "--quiet", "--dataset", "tables", "--max-steps", "1", "--topk", "5", "--overwrite"] + options,
            workingDirectory: workspace.path)
        return try String(contentsOfFile: workspace("run/config.yaml"), encoding: .utf8)
    }

    private static func workspace() throws -> Workspace {
        let workspace = try Workspace()
        try SmallTables().write(to: workspace, "data/tables")
        return workspace
    }

    @Test(arguments: [("LightGCN", "propagations"), ("TiMiRec", "predictor-layers"), ("SASRec", "layers")])
    func `the last value counts, whichever name it has`(model: String, name: String) async throws {
        let workspace = try Self.workspace()
        let out = ["--model", model, "--out", "run"] + (model == "TiMiRec" ? ["--stage", "pretrain"] : [])
        #expect(try await Self.train(workspace, out + ["--" + name, "2"]).contains("\n\(name): 2\n"))
        let file = workspace("options.yaml")
        try FileManager.default.copyItem(atPath: workspace("run/config.yaml"), toPath: file)
        for (spelling, value) in [("--layers", "3"), ("--n_layers", "4"), ("--" + name, "1")] {
            let text = try await Self.train(workspace, ["--config", file, spelling, value])
            #expect(text.contains("\n\(name): \(value)\n"), "\(spelling)")
        }
    }

    @Test func `a file that names an option twice, by two names, is refused`() async throws {
        let workspace = try Self.workspace()
        try "model: ComiRec\ninterests: 2\nK: 3\n".write(
            toFile: workspace("options.yaml"), atomically: true, encoding: .utf8)
        let result = try await Launch.alone.trainer(
            ["train", "--config", "options.yaml", "--dataset", "tables"], workingDirectory: workspace.path)
        #expect(result.exitCode == 65)
        #expect(result.standardError.contains("options.yaml:3: interests and K are one option"))
    }

    @Test func `a file of an earlier version means what it meant`() async throws {
        let workspace = try Self.workspace()
        let text = try await Self.train(workspace, ["--model", "TiSASRec", "--out", "run"])
        #expect(text.contains("\ntime-unit-max: 0\n"))
        // Without the option that it did not have, and with those of other models.
        let earlier = text.replacing("time-unit-max: 0\n", with: "hidden-size: 64\nadd-trm: true\np: inf\n")
        try earlier.write(toFile: workspace("earlier.yaml"), atomically: true, encoding: .utf8)
        let again = try await Self.train(workspace, ["--config", "earlier.yaml"])
        #expect(again.contains("\ntime-unit-max: 65535\n") && !again.contains("add-trm"))
    }
}
