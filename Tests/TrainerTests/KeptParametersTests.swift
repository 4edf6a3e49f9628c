import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// Which parameters a training keeps.
@Suite struct KeptParametersTests {
    private static func train(_ out: String, _ more: String...) async throws -> [String] {
        let finished = try await FinishedRuns.workspace()
        return [
            "train", "--quiet", "--model", "ComiRec", "--data-root", finished("data"), "--dataset",
            FinishedRuns.dataset,
            "--out", out, "--lr", "0.05",
        ] + FinishedRuns.options + more
    }

    @Test func `the last epoch's parameters are kept, tested and recorded where they are asked for`() async throws {
        let workspace = try Workspace()
        func run(_ name: String, _ more: String...) async throws -> FinishedRun {
            try await Launch.alone.successfulTrainer(try await Self.train(workspace(name)) + more)
            return try FinishedRun(folder: workspace(name))
        }
        let best = try await run("best", "--epochs", "12")
        let epoch = try #require(best.result["best_epoch"]?.double)
        try #require(epoch > 1 && epoch < 12, "the test needs a best epoch in between")
        #expect(best.result["kept_epoch"]?.double == epoch)

        let last = try await run("last", "--epochs", "12", "--keep", "last")
        #expect(last.result["best_epoch"]?.double == epoch && last.result["kept_epoch"]?.double == 12)
        #expect(last.digest != best.digest)
        #expect(last.metrics == best.metrics, "the training is the same")
        #expect(last.result["dev"] == last.metrics.last?["dev"])
        #expect(best.result["dev"] == best.metrics[Int(epoch) - 1]["dev"])

        // A training that ends with the best epoch keeps the same parameters in both ways.
        let short = try await run("short", "--epochs", "\(Int(epoch))", "--keep", "last")
        #expect(short.digest == best.digest && short.result["test"] == best.result["test"])

        let again = try await Launch.alone.successfulTrainer(["evaluate", "--checkpoint", workspace("last"), "--json"])
        #expect(again.standardOutput.contains(last.digest))
        let configuration = try String(contentsOfFile: workspace("last/config.yaml"), encoding: .utf8)
        #expect(configuration.contains("keep: last\n"))
        let standard = try String(contentsOfFile: workspace("best/config.yaml"), encoding: .utf8)
        #expect(!standard.contains("keep"), "as before there was a choice")
        try await expectRefusal(
            Refusal(64, naming: "--keep last instead of not given"), .alone,
            try await Self.train(workspace("best"), "--epochs", "12", "--keep", "last", "--resume"),
            leaving: workspace("best"))
    }

    @Test func `a training that keeps the last epoch is resumed as one that was not stopped`() async throws {
        let workspace = try Workspace()
        let options = ["--epochs", "60", "--early-stop", "0", "--keep", "last"]
        try await Launch.alone.successfulTrainer(try await Self.train(workspace("whole")) + options)
        let stopped = try await Launch.alone.trainer(
            try await Self.train(workspace("parts"), "--time-limit", "0.05") + options)
        try #require(stopped.exitCode == 75, "\(stopped.standardError)")
        try await Launch.ranks(2).successfulTrainer(try await Self.train(workspace("parts"), "--resume") + options)
        let (whole, parts) = (
            try FinishedRun(folder: workspace("whole")), try FinishedRun(folder: workspace("parts"))
        )
        #expect(whole.digest == parts.digest && whole.findings == parts.findings && whole.model == parts.model)
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `without dev rows the last epoch is kept, and nothing ends the training early`(launch: Launch) async throws {
        let workspace = try Workspace()
        var tables = SmallTables()
        tables.dev.removeSubrange(1...)
        try tables.write(to: workspace, "data/tables")
        let command =
            [
                "train", "--quiet", "--model", "BPRMF", "--data-root", workspace("data"), "--dataset", "tables",
                "--epochs", "40",
            ] + FinishedRuns.options
        let result = try await launch.successfulTrainer(command + ["--out", workspace("run")])
        #expect(result.standardError.contains("tables has no dev rows"), "\(result.standardError)")
        let run = try FinishedRun(folder: workspace("run"))
        #expect(run.result["epochs"]?.double == 40 && run.result["kept_epoch"]?.double == 40)
        #expect(run.result["best_epoch"] == .null && run.result["dev"] == .null)
        for (options, word) in [(["--keep", "best"], "--keep last"), (["--dev-only", "1"], "--dev-only")] {
            try await expectRefusal(
                Refusal(64, naming: "tables has no dev rows", word), launch,
                command + ["--out", workspace("other")] + options, leaving: workspace("other"))
        }
    }

    @Test(arguments: [Launch.alone, .ranks(3)])
    func `a training that diverges is an error with advice, and its last checkpoint stays`(launch: Launch) async throws
    {
        let workspace = try Workspace()
        let result = try await launch.trainer(
            try await Self.train(workspace("fast"), "--epochs", "50", "--lr", "1e10", "--checkpoint-every", "1"))
        #expect(result.exitCode == 70, "\(result.standardError)")
        #expect(result.errorLines.count == 1, "\(result.standardError)")
        let isNamed = [
            "the training diverges: the loss of step ", "that of the first step was 0.6", "--lr (1e+10 now)",
        ]
        .allSatisfy(result.standardError.contains)
        #expect(isNamed, "\(result.standardError)")
        #expect(!FileManager.default.fileExists(atPath: workspace("fast/result.json")))
        #expect(try FileManager.default.contentsOfDirectory(atPath: workspace("fast/checkpoints")).isEmpty == false)
    }
}
