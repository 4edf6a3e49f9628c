import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// Trainings of two stages: repeated by their `config.yaml`, and trained on.
@Suite struct StageTests {
    private static func command(_ finished: Workspace, _ out: String, _ more: [String]) -> [String] {
        [
            "train", "--model", "TiMiRec", "--data-root", finished("data"), "--dataset", FinishedRuns.dataset, "--out",
            out,
        ] + FinishedRuns.options + more
    }

    private static func configuration(_ folder: String) throws -> [String] {
        try String(contentsOfFile: folder + "/config.yaml", encoding: .utf8).split(separator: "\n").map(String.init)
    }

    private static func digests(_ folder: String) throws -> [String] {
        try ["", "/pretrain"].map { try FinishedRun(folder: folder + $0).digest }
    }

    @Test(arguments: [
        ["--epochs", "2"],
        ["--epochs", "2", "--selection", "expected", "--selection-temperature", "2"],
        ["--epochs", "2", "--pretrain", "lr=0.01,epochs=3,loss=sampled-softmax", "--pretrain", "max-steps=7"],
        ["--epochs", "2", "--max-steps", "5", "--keep", "last", "--pretrain", "keep=best"],
    ])
    func `the config.yaml of both stages trains both again, bit by bit`(options: [String]) async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        try await Launch.alone.successfulTrainer(Self.command(finished, workspace("run"), options))
        let file = try Self.configuration(workspace("run"))
        #expect(file.contains("stage: both") && !file.contains { $0.hasPrefix("extractor:") })
        try FileManager.default.copyItem(atPath: workspace("run/config.yaml"), toPath: workspace("mine.yaml"))
        let digests = try Self.digests(workspace("run"))
        let metrics = try FinishedRun(folder: workspace("run")).metrics
        // Nothing of the run is needed.
        try FileManager.default.removeItem(atPath: workspace("run"))
        try await Launch.ranks(2).successfulTrainer([
            "train", "--quiet", "--config", workspace("mine.yaml"), "--out", workspace("again"),
        ])
        #expect(try Self.digests(workspace("again")) == digests)
        #expect(try FinishedRun(folder: workspace("again")).metrics == metrics)
        #expect(
            try Self.configuration(workspace("again")).filter { !$0.hasPrefix("out:") }
                == file.filter { !$0.hasPrefix("out:") })
        // Another seed is another training of both.
        try await Launch.alone.successfulTrainer([
            "train", "--quiet", "--config", workspace("mine.yaml"), "--seed", "1", "--out", workspace("other"),
        ])
        #expect(Set(try Self.digests(workspace("other"))).isDisjoint(with: digests))
        #expect(try Self.configuration(workspace("other/pretrain")).contains("seed: 1"))
    }

    @Test func `what a recipe gives to the pretraining is given once`() async throws {
        let workspace = try Workspace()
        try SmallTables().write(to: workspace, "data/Grocery_and_Gourmet_Food")
        // The pretraining has the rate of both stages, against its recipe.
        try await Launch.alone.successfulTrainer(
            [
                "train", "--quiet", "--recipe", "timirec-plus", "--max-steps", "3", "--pretrain", "lr=1e-4", "--out",
                "run",
            ], workingDirectory: workspace.path)
        try await Launch.alone.successfulTrainer(
            ["train", "--quiet", "--config", "run/config.yaml", "--out", "again"], workingDirectory: workspace.path)
        #expect(try Self.configuration(workspace("again/pretrain")).contains("lr: 0.0001"))
        #expect(try Self.digests(workspace("again")) == Self.digests(workspace("run")))
    }

    @Test func `a fine-tuning by itself, repeated, says that its extractor is not trained again`() async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        let run = try workspace.copy(finished("pretrain"), as: "run")
        try await Launch.alone.successfulTrainer(
            Self.command(finished, run, ["--stage", "finetune", "--epochs", "1", "--quiet"]))
        #expect(try Self.configuration(run).contains("extractor: \(run)/pretrain"))
        let repeated = ["train", "--quiet", "--epochs", "1", "--seed", "1", "--config", run + "/config.yaml", "--out"]
        let warned = try await Launch.ranks(2).successfulTrainer(repeated + [workspace("again")])
        let warnings = warned.standardError.split(separator: "\n").filter { $0.contains("fine-tunes the extractor of") }
        #expect(warnings.count == 1 && warnings[0].contains("/run/config.yaml:"), "\(warned.standardError)")
        #expect(warned.standardError.contains("is not trained again") && warned.standardError.contains("--stage both"))
        let meant = try await Launch.alone.successfulTrainer(
            repeated + [workspace("meant"), "--stage", "finetune"])
        #expect(!meant.standardError.contains("fine-tunes the extractor of"))
        #expect(
            try FinishedRun(folder: workspace("meant")).digest == FinishedRun(folder: workspace("again")).digest)
        let both = try await Launch.alone.successfulTrainer(repeated + [workspace("both"), "--stage", "both"])
        #expect(!both.standardError.contains("fine-tunes the extractor of"))
        #expect(try Self.configuration(workspace("both/pretrain")).contains("seed: 1"))
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `extend trains on the last stage, and says that the one before stays`(launch: Launch) async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        let out = workspace("run")
        let last = ["--keep", "last", "--epochs"]
        try await launch.successfulTrainer(Self.command(finished, out, last + ["2", "--quiet"]))
        let before = try Self.digests(out)
        let extended = try await launch.successfulTrainer(
            Self.command(finished, out, last + ["4", "--resume", "--extend"]))
        let said =
            "pretrain in \(out)/pretrain has ended, and --extend trains on the last stage alone: --epochs 4 instead"
        #expect(extended.standardError.ranges(of: said).count == 1, "\(extended.standardError)")
        let after = try Self.digests(out)
        #expect(after[1] == before[1] && after[0] != before[0])
        #expect(try FinishedRun(folder: out).metrics.count == 4)
        #expect(try FinishedRun(folder: out + "/pretrain").metrics.count == 2)
        // Repeated, the pretraining ends where it ended.
        let file = try Self.configuration(out)
        #expect(file.contains("epochs: 4") && file.contains("pretrain: epochs=2"), "\(file)")
        try await launch.successfulTrainer([
            "train", "--quiet", "--config", out + "/config.yaml", "--out", workspace("again"),
        ])
        #expect(try Self.digests(workspace("again")) == after)
    }

    @Test func `a pretraining that has been continued is trained on in its own folder, as the message says`()
        async throws
    {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        let out = workspace("run")
        try await Launch.alone.successfulTrainer(Self.command(finished, out, ["--epochs", "2", "--quiet"]))
        let extend = ["--resume", "--extend", "--quiet"]
        try await expectRefusal(
            Refusal(64, naming: "--pretrain: epochs 3 instead of 2", "--out \(out)/pretrain", "--stage finetune"),
            .alone, Self.command(finished, out, ["--epochs", "2", "--pretrain", "epochs=3"] + extend))
        try await expectRefusal(
            Refusal(64, naming: "\(out) is of the stage finetune", "--out \(out)/pretrain", "--stage finetune"),
            .alone, Self.command(finished, out, ["--epochs", "3", "--stage", "pretrain"] + extend))
        try await Launch.alone.successfulTrainer(
            Self.command(finished, out + "/pretrain", ["--epochs", "3", "--stage", "pretrain"] + extend))
        try await Launch.alone.successfulTrainer(
            Self.command(finished, out, ["--epochs", "2", "--stage", "finetune", "--overwrite", "--quiet"]))
        try await Launch.alone.successfulTrainer(
            Self.command(finished, workspace("new"), ["--epochs", "2", "--pretrain", "epochs=3", "--quiet"]))
        #expect(try Self.digests(out) == Self.digests(workspace("new")))
    }

    @Test func `a run of both stages can be resumed by each of the commands that could have made it`() async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        let out = workspace("run")
        let both = Self.command(finished, out, ["--epochs", "1", "--quiet"])
        try await Launch.alone.successfulTrainer(both)
        let digests = try Self.digests(out)
        // As versions before wrote it.
        let file = try Self.configuration(out)
        let earlier = file.filter { $0 != "stage: both" } + ["stage: finetune", "extractor: \(out)/pretrain"]
        for text in [file, earlier] {
            try text.joined(separator: "\n").write(toFile: out + "/config.yaml", atomically: true, encoding: .utf8)
            try await Launch.alone.successfulTrainer(both + ["--resume"])
            try await Launch.alone.successfulTrainer(both + ["--stage", "finetune", "--resume"])
            try await Launch.alone.successfulTrainer(
                both + ["--stage", "finetune", "--extractor", out + "/pretrain", "--resume"])
            #expect(try Self.digests(out) == digests)
            try await expectRefusal(
                Refusal(64, naming: "--stage pretrain instead of finetune"), .alone,
                both + ["--stage", "pretrain", "--resume"])
        }
    }
}
