import FileIO
import Foundation
import Testing
import TrainerSupport

/// What users and scripts rely on when all is well.
@Suite struct GoodPathTests {
    static let launches = [Launch.alone, .ranks(2)]

    private func train(_ workspace: Workspace, _ more: String...) -> [String] {
        [
            "train", "--model", "ComiRec", "--epochs", "2", "--data-root", workspace("data"), "--dataset",
            FinishedRuns.dataset,
        ] + FinishedRuns.options + more
    }

    @Test(arguments: launches)
    func `the command lines of TiMiRec's README work after trainer train`(launch: Launch) async throws {
        let workspace = try Workspace()
        try SmallTables().write(to: workspace, "data/ml-1m")
        let common = [
            "train", "--model_name", "TiMiRec", "--dataset", "ml-1m", "--lr", "1e-4", "--l2", "1e-6", "--history_max",
            "20", "--K", "2", "--add_pos", "1", "--add_trm", "1", "--epochs", "1",
        ]
        try await launch.successfulTrainer(common + ["--stage", "pretrain"], workingDirectory: workspace.path)
        let found = files(below: workspace("runs")).keys.filter { $0.hasSuffix("/result.json") }
        try #require(found.count == 1)
        let out = workspace("runs/") + String(found[0].dropLast("/result.json".count))
        let pretrained = try FinishedRun(folder: out)

        try await launch.successfulTrainer(
            common + ["--stage", "finetune", "--check_epoch", "10", "--temp", "0.5", "--n_layers", "2"],
            workingDirectory: workspace.path)
        let finetuned = try FinishedRun(folder: out)
        #expect(finetuned.digest != pretrained.digest)
        let kept = try FinishedRun(folder: out + "/pretrain")
        #expect(kept.digest == pretrained.digest)
        #expect(kept.model == pretrained.model)
        let configuration = try String(contentsOfFile: out + "/config.yaml", encoding: .utf8)
        for line in ["stage: finetune", "temp: 0.5", "layers: 2", "interests: 2", "seed: 0"] {
            #expect(configuration.contains(line + "\n") || configuration.hasSuffix(line), "\(line) in \(configuration)")
        }
    }

    @Test(arguments: launches, [true, false])
    func `the command lines of BaM's README work after trainer train`(launch: Launch, isText: Bool) async throws {
        let workspace = try Workspace()
        if isText {
            try SmallTables().writePairs(to: workspace, "data/books/books.txt")
        } else {
            try SmallTables().withoutNegatives.write(to: workspace, "data/books")
        }
        for (name, model) in [("comirec", "BaM-ComiRec"), ("mind", "BaM-MIND")] {
            let line = [
                "train", "--path", name, "--dataset", "books", "--model", name, "--selection", "bam",
                "--validate-every", "20", "--epochs", "2",
            ]
            let early = try await launch.trainer(line + ["--test", "True"], workingDirectory: workspace.path)
            #expect(early.exitCode == 65)
            #expect(early.errorLines == ["error: \(name): no trained model"])
            try await launch.successfulTrainer(line, workingDirectory: workspace.path)
            let run = try FinishedRun(folder: workspace(name))
            #expect(run.result["model"] == .string(model))
            #expect(run.result["steps"] == 40)
            let configuration = try String(contentsOfFile: workspace(name + "/config.yaml"), encoding: .utf8)
            for setting in [
                "loss: sampled-softmax", "selection: soft", "negatives: 1280", "history-max: 50", "interests: 4",
                "batch-size: 128", "sampling: users", "validate-every: 20", "patience: 15",
            ] {
                #expect(configuration.contains(setting + "\n"), "\(setting) in \(configuration)")
            }
            let before = files(below: workspace(name))
            let tested = try await launch.successfulTrainer(
                line + ["--test", "True", "--json"], workingDirectory: workspace.path)
            #expect(try JSONValue(parsing: tested.standardOutput)["metrics"] == run.result["test"])
            #expect(files(below: workspace(name)) == before)
        }
    }

    /// BaM's own program takes `run1` for a missing path.
    @Test(arguments: [[], ["--path", "data"], ["--path=run2"]])
    func `selection bam has BaM's settings whatever the path`(path: [String]) async throws {
        let workspace = try Workspace()
        try SmallTables().writePairs(to: workspace, "data/books/books.txt")
        let line =
            ["train", "--dataset", "books", "--model", "comirec", "--selection", "bam"] + path
            + ["--validate-every", "5", "--epochs", "1"]
        try await Launch.alone.successfulTrainer(line, workingDirectory: workspace.path)
        let found = files(below: workspace.path).keys.filter { $0.hasSuffix("result.json") }
        try #require(found.count == 1)
        let folder = String(found[0].dropLast("/result.json".count))
        let isRoot = path == ["--path", "data"]
        #expect(isRoot ? folder.hasPrefix("runs/books/") : folder == (path.isEmpty ? "run1" : "run2"))
        let run = try FinishedRun(folder: workspace(folder))
        #expect(run.result["model"] == "BaM-ComiRec")
        let configuration = try String(contentsOfFile: workspace(folder + "/config.yaml"), encoding: .utf8)
        for setting in ["loss: sampled-softmax", "selection: soft", "negatives: 1280", "sampling: users"] {
            #expect(configuration.contains(setting + "\n"), "\(setting) in \(configuration)")
        }
        let tested = try await Launch.alone.successfulTrainer(
            line + ["--test", "True", "--json"], workingDirectory: workspace.path)
        #expect(try JSONValue(parsing: tested.standardOutput)["metrics"] == run.result["test"])
    }

    @Test func `a file of a training for cosines is ranked as its run once it is said`() async throws {
        let workspace = try Workspace()
        try await Launch.alone.successfulTrainer([
            "data", "generate", "--out", workspace("data/small"), "--users", "80", "--items", "60",
            "--mean-interactions",
            "8", "--negatives", "0",
        ])
        let options = ["--model", "ComiRec", "--embedding-size", "8", "--dataset", "small"]
        try await Launch.alone.successfulTrainer(
            ["train", "--quiet", "--score", "cosine", "--epochs", "2", "--out", workspace("run")] + options,
            workingDirectory: workspace.path)
        func metrics(_ command: [String]) async throws -> JSONValue? {
            let result = try await Launch.alone.successfulTrainer(
                ["evaluate", "--json"] + command, workingDirectory: workspace.path)
            return try JSONValue(parsing: result.standardOutput)["metrics"]
        }
        let run = try await metrics(["--checkpoint", workspace("run")])
        let file = ["--checkpoint", workspace("run/model/model.safetensors")] + options
        #expect(try await metrics(file + ["--score", "cosine"]) == run)
        #expect(try await metrics(file) != run)
    }

    @Test func `a model for cosines is ranked and recommended by them without a word`() async throws {
        let workspace = try Workspace()
        try await Launch.alone.successfulTrainer([
            "data", "generate", "--out", workspace("data/small"), "--users", "80", "--items", "60",
            "--mean-interactions", "8", "--negatives", "0",
        ])
        let options = ["--model", "IndustrialMIND", "--embedding-size", "8", "--dataset", "small"]
        try await Launch.alone.successfulTrainer(
            ["train", "--quiet", "--epochs", "2", "--out", workspace("run")] + options,
            workingDirectory: workspace.path)
        func metrics(_ command: [String]) async throws -> JSONValue? {
            let result = try await Launch.alone.successfulTrainer(
                ["evaluate", "--json"] + command, workingDirectory: workspace.path)
            return try JSONValue(parsing: result.standardOutput)["metrics"]
        }
        let run = try await metrics(["--checkpoint", workspace("run")])
        #expect(run == (try FinishedRun(folder: workspace("run"))).result["test"])
        let file = ["--checkpoint", workspace("run/model/model.safetensors")] + options
        #expect(try await metrics(file) == run)
        #expect(try await metrics(file + ["--score", "product"]) != run)
        let table = try await Launch.alone.successfulTrainer(
            ["recommend", "--checkpoint", workspace("run"), "--top", "5"], workingDirectory: workspace.path
        ).standardOutput
        let scores = table.split(separator: "\n").dropFirst().compactMap { line in
            line.split(separator: "\t").dropFirst(3).first.flatMap { Float($0) }
        }
        #expect(scores.count == 5 * 80 && scores.allSatisfy { abs($0) < 1.00001 } && scores.contains { $0 > 0.5 })
    }

    @Test func `the config.yaml of a run reproduces it`() async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        for name in ["ComiRec", "pretrain"] {
            try await Launch.alone.successfulTrainer([
                "train", "--config", finished(name + "/config.yaml"), "--out", workspace(name),
            ])
            let again = try FinishedRun(folder: workspace(name))
            let reference = try FinishedRun(folder: finished(name))
            #expect(again.digest == reference.digest)
            #expect(again.findings == reference.findings)
            #expect(again.metrics == reference.metrics)
            #expect(again.model == reference.model)
        }
    }

    @Test func `options of the command line win over those of the file`() async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        try await Launch.alone.successfulTrainer([
            "train", "--seed", "5", "--config", finished("ComiRec/config.yaml"), "--out", workspace("run"),
        ])
        let text = try String(contentsOfFile: workspace("run/config.yaml"), encoding: .utf8)
        #expect(text.contains("seed: 5\n"))
        #expect(try FinishedRun(folder: workspace("run")).digest != FinishedRun(folder: finished("ComiRec")).digest)
    }

    @Test(arguments: launches)
    func `json prints the result object and nothing else on standard output`(launch: Launch) async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        let training = try await launch.successfulTrainer(
            train(finished, "--out", workspace("run"), "--json"))
        let run = try FinishedRun(folder: workspace("run"))
        #expect(try JSONValue(parsing: training.standardOutput) == run.result)
        let evaluation = try await launch.successfulTrainer(["evaluate", "--checkpoint", workspace("run"), "--json"])
        let evaluated = try JSONValue(parsing: evaluation.standardOutput)
        #expect(evaluated["metrics"] == run.result["test"])
    }

    @Test func `measures are reported of test, and of a later evaluation as well`() async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        let training = try await Launch.alone.successfulTrainer(
            train(
                finished, "--out", workspace("run"), "--quiet", "--evaluation", "full", "--history-scores", "zero",
                "--measures", "recall,coverage,interests"))
        for name in ["Recall@5", "Coverage@10", "first item is won by interest", "cosine of two interests"] {
            #expect(training.standardOutput.contains(name), "\(name)")
        }
        let run = try FinishedRun(folder: workspace("run"))
        #expect(run.result["history_scores"] == "zero")
        #expect(run.test("Recall@5") == run.test("HR@5"))
        #expect(run.result["popularity_test"]?["Recall@5"] != nil)
        let json = ["evaluate", "--json", "--checkpoint", workspace("run")]
        let again = try JSONValue(parsing: try await Launch.alone.successfulTrainer(json).standardOutput)
        #expect(again["metrics"] == run.result["test"])
        let plain = try JSONValue(
            parsing: try await Launch.alone.successfulTrainer(
                json + ["--measures", "none", "--history-scores", "exclude"]
            ).standardOutput)
        #expect(plain["metrics"]?["Recall@5"] == nil && plain["metrics"]?["HR@5"] != nil)
        #expect(plain["metrics"]?["NDCG@10"] != again["metrics"]?["NDCG@10"])
    }

    @Test func `quiet says nothing but the result`() async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        let result = try await Launch.alone.successfulTrainer(
            train(finished, "--out", workspace("run"), "--quiet", "--evaluation", "full"))
        #expect(result.standardError == "")
        #expect(result.standardOutput.contains("popularity"))
    }

    @Test(arguments: launches)
    func `a run into the folder of another one replaces it when told to`(launch: Launch) async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        let out = try workspace.copy(finished("ComiRec"), as: "run")
        try await expectRefusal(
            Refusal(
                64, naming: "holds the result of another training: --seed 1 instead of 0", "--out", "--overwrite"),
            launch, train(finished, "--out", out, "--seed", "1"), leaving: out)
        try await launch.successfulTrainer(train(finished, "--out", out, "--seed", "1", "--overwrite"))
        try await launch.successfulTrainer(train(finished, "--out", workspace("new"), "--seed", "1"))
        let replaced = try FinishedRun(folder: out)
        let new = try FinishedRun(folder: workspace("new"))
        #expect(replaced.findings == new.findings)
        #expect(replaced.metrics == new.metrics)
        #expect(replaced.model == new.model)
        #expect(Set(files(below: out).keys) == Set(files(below: workspace("new")).keys))
        #expect(replaced.digest != (try FinishedRun(folder: finished("ComiRec")).digest))
    }

    @Test func `the same command finds the same again in the same folder`() async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        let out = try workspace.copy(finished("ComiRec"), as: "run")
        let before = try FinishedRun(folder: out)
        try await Launch.alone.successfulTrainer(train(finished, "--out", out))
        #expect(try FinishedRun(folder: out).findings == before.findings)
    }

    @Test func `a result of other data is not replaced`() async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        let out = try workspace.copy(finished("ComiRec"), as: "run")
        try SmallTables().withoutNegatives.writePairs(to: workspace, "data/\(FinishedRuns.dataset)/pairs.txt")
        try await expectRefusal(
            Refusal(64, naming: "holds the result of another training", "other data"), .alone,
            train(workspace, "--out", out), leaving: out)
    }

    @Test func `dev alone is ranked when test is to be left alone`() async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        let training = try await Launch.alone.successfulTrainer(
            train(finished, "--out", workspace("run"), "--quiet", "--dev-only", "1"))
        #expect(training.standardOutput.hasPrefix("dev, "))
        #expect(training.standardOutput.contains("popularity"))
        let run = try FinishedRun(folder: workspace("run"))
        let reference = try FinishedRun(folder: finished("ComiRec"))
        #expect(run.digest == reference.digest)
        #expect(run.result["test"] == .null && run.result["popularity_test"] == nil)
        #expect(run.result["dev"] == reference.result["dev"])
        let evaluation = try await Launch.alone.successfulTrainer([
            "evaluate", "--checkpoint", workspace("run"), "--json",
        ])
        #expect(try JSONValue(parsing: evaluation.standardOutput)["metrics"] == reference.result["test"])
    }

    @Test(arguments: launches)
    func `options that the model has no use for are named in a warning`(launch: Launch) async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        let result = try await launch.successfulTrainer(
            train(
                finished, "--out", workspace("run"), "--dropout", "0.5", "--time-max", "7", "--interests", "3",
                "--evaluation", "full"))
        let warnings = result.standardError.split(separator: "\n").filter { $0.hasPrefix("warning:") }
        #expect(warnings == ["warning: ComiRec has no use for --dropout, --time-max"])
    }

    @Test func `no resumption removes the result of another model`() async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        let out = try workspace.copy(finished("ComiRec"), as: "run")
        let result = try await Launch.ranks(2).trainer(
            [
                "train", "--model", "TiMiRec", "--resume", "--quiet", "--epochs", "1", "--data-root", finished("data"),
                "--dataset", FinishedRuns.dataset, "--out", out,
            ] + FinishedRuns.options)
        #expect(result.exitCode == 64 && result.errorLines.count == 1, "\(result.standardError)")
        #expect(result.standardError.contains("--model TiMiRec instead of ComiRec"))
        #expect(try FinishedRun(folder: out).findings == FinishedRun(folder: finished("ComiRec")).findings)
    }

    @Test func `another extractor is another training, the same command is not`() async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        let other = try workspace.copy(finished("pretrain"), as: "other")
        let command = [
            "train", "--model", "TiMiRec", "--stage", "finetune", "--quiet", "--epochs", "1", "--data-root",
            finished("data"), "--dataset", FinishedRuns.dataset, "--out", workspace("run"), "--extractor",
        ]
        for _ in 1...2 {
            try await Launch.alone.successfulTrainer(command + [finished("pretrain")] + FinishedRuns.options)
        }
        try await expectRefusal(
            Refusal(64, naming: "holds the result of another training: --extractor \(other)"), .alone,
            command + [other] + FinishedRuns.options, leaving: workspace("run"))
    }

    @Test func `steps alone limit a training of random users`() async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        let options = [
            "--model", "BPRMF", "--sampling", "users", "--validate-every", "1", "--early-stop", "0", "--steps", "230",
        ]
        try await Launch.alone.successfulTrainer(
            ["train", "--quiet", "--data-root", finished("data"), "--dataset", FinishedRuns.dataset, "--out"]
                + [workspace("run")] + FinishedRuns.options + options)
        #expect(try FinishedRun(folder: workspace("run")).result["steps"] == 230)
        try await Launch.alone.successfulTrainer([
            "train", "--quiet", "--config", workspace("run/config.yaml"), "--steps", "240", "--out", workspace("more"),
        ])
        #expect(try FinishedRun(folder: workspace("more")).result["steps"] == 240)
        try await expectRefusal(
            Refusal(64, naming: "--max-steps 240 instead of 230", "--resume --extend"), .alone,
            ["train", "--quiet", "--config", workspace("run/config.yaml"), "--steps", "240"],
            leaving: workspace("run"))
    }

    @Test func `a test by the options of another training is refused`() async throws {
        let finished = try await FinishedRuns.workspace()
        let command = train(finished, "--path", finished("ComiRec"), "--test", "True")
        try await expectRefusal(
            Refusal(64, naming: "was trained with other options: --interests 3 instead of 2"), .alone,
            command + ["--interests", "3"], leaving: finished("ComiRec"))
        try await expectRefusal(
            Refusal(64, naming: "--test ranks test, --dev-only 1 leaves it alone"), .alone,
            command + ["--dev-only", "1"], leaving: finished("ComiRec"))
        let tested = try await Launch.alone.successfulTrainer(command + ["--topk", "3", "--json"])
        let metrics = try JSONValue(parsing: tested.standardOutput)["metrics"]
        #expect(metrics?["HR@3"] != nil && metrics?["HR@5"] == nil)
    }

    @Test func `an evaluation of a run refuses the options of a model`() async throws {
        let finished = try await FinishedRuns.workspace()
        try await expectRefusal(
            Refusal(64, naming: "the model's options are for a safetensors file"), .alone,
            ["evaluate", "--checkpoint", finished("ComiRec"), "--interests", "3"])
    }

    @Test func `without stored negatives all items are ranked`() async throws {
        let workspace = try Workspace()
        try SmallTables().withoutNegatives.write(to: workspace, "data/tables")
        try await Launch.alone.successfulTrainer(train(workspace, "--out", workspace("run")))
        #expect(try FinishedRun(folder: workspace("run")).result["evaluation"] == "full")
    }

    @Test(
        arguments: [["--help"], ["train", "--help"], ["evaluate", "--help"], ["data", "generate", "--help"]], launches)
    func `help is no error`(arguments: [String], launch: Launch) async throws {
        let result = try await launch.trainer(arguments, timeout: .seconds(20))
        #expect(result.exitCode == 0)
        #expect(result.errorLines.isEmpty)
        #expect(result.standardOutput.ranges(of: "OVERVIEW:").count == 1)
    }

    @Test func `TiMiRec is clearly better than popularity on synthetic data`() async throws {
        let workspace = try Workspace()
        try await Launch.alone.successfulTrainer(["data", "generate", "--out", workspace("data/synthetic")])
        try await Launch.alone.successfulTrainer(
            [
                "train", "--model", "TiMiRec", "--data-root", workspace("data"), "--dataset", "synthetic", "--epochs",
                "1", "--lr", "0.003", "--K", "4", "--topk", "10", "--out", workspace("run"),
            ], timeout: .seconds(150))
        let run = try FinishedRun(folder: workspace("run"))
        let trained = try #require(run.test("NDCG@10"))
        let popularity = try #require(run.result["popularity_test"]?["NDCG@10"]?.double)
        #expect(popularity > 0)
        #expect(trained > 2 * popularity, "\(trained), popularity \(popularity)")
    }
}
