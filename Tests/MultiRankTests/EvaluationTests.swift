import FileIO
import Recommenders
import Testing
import TrainerSupport

/// What `trainer evaluate` finds is what the training found, on any number of ranks.
@Suite struct EvaluationTests {
    /// A trained model in a workspace.
    private struct Trained {
        let workspace: Workspace
        let command: TrainingCommand
        let run: FinishedRun

        var folder: String { workspace("run") }

        init(_ command: TrainingCommand, _ more: [String] = []) async throws {
            self.command = command
            workspace = try Workspace()
            let arguments = command.arguments(dataRoot: try await SmallData.root())
            try await Launch.alone.successfulTrainer(arguments + more + ["--out", workspace("run")])
            run = try FinishedRun(folder: workspace("run"))
        }

        /// The metrics that `trainer evaluate` prints.
        func metrics(_ launch: Launch, _ arguments: [String]) async throws -> JSONValue? {
            let result = try await launch.successfulTrainer(["evaluate", "--json"] + arguments)
            let json = try JSONValue(parsing: result.standardOutput)
            #expect(json["parameters_sha256"] == run.result["parameters_sha256"])
            return json["metrics"]
        }
    }

    @Test(arguments: TrainingCommand.everyModel(.withTransformer))
    func `a run is evaluated as it was in training on 1 to 3 ranks`(command: TrainingCommand) async throws {
        let trained = try await Trained(command)
        for launch in [Launch.alone, .ranks(2), .ranks(3)] {
            let test = try await trained.metrics(launch, ["--checkpoint", trained.folder])
            #expect(test == trained.run.result["test"], "test \(launch)")
        }
        let dev = try await trained.metrics(.ranks(2), ["--checkpoint", trained.folder, "--split", "dev"])
        #expect(dev == trained.run.result["dev"])
        #expect(trained.run.result["dev"] != trained.run.result["test"])
    }

    @Test(arguments: TrainingCommand.everyModel(.withTransformer))
    func `all items are ranked alike on 1 to 3 ranks`(command: TrainingCommand) async throws {
        let trained = try await Trained(command)
        let full = ["--checkpoint", trained.folder, "--evaluation", "full"]
        let reference = try #require(try await trained.metrics(.alone, full))
        #expect(reference != trained.run.result["test"])
        for count in 2...3 { #expect(try await trained.metrics(.ranks(count), full) == reference, "\(count) ranks") }
    }

    @Test(arguments: ["exclude", "zero"], ["ComiRec", "MIND", "SASRec"])
    func `every measure is alike on 1 to 3 ranks`(historyScores: String, model: String) async throws {
        let command = TrainingCommand(model: model, stage: nil, setting: .withoutTransformer)
        let trained = try await Trained(command)
        let arguments = [
            "--checkpoint", trained.folder, "--evaluation", "full", "--history-scores", historyScores, "--measures",
            "recall,mrr,coverage,interests",
        ]
        let reference = try #require(try await trained.metrics(.alone, arguments))
        #expect(reference["Recall@5"] == reference["HR@5"])
        #expect(try #require(reference["MRR"]?.double) > 0)
        #expect(try #require(reference["Coverage@10"]?.double) > #require(reference["Coverage@5"]?.double))
        // One vector has no shares, and the interests of MIND are in another order for each user.
        #expect((reference["interests"]?["first_item"]?["entropy"]?.double != nil) == (model == "ComiRec"))
        for count in 2...3 {
            #expect(try await trained.metrics(.ranks(count), arguments) == reference, "\(count) ranks")
        }
    }

    @Test(arguments: RecommenderCatalogue.entries.map(\.name))
    func `a safetensors file with the options of its training is evaluated as its run`(model: String) async throws {
        let entry = try #require(RecommenderCatalogue.entry(named: model))
        let stages: [TrainingStage?] = entry.stages.isEmpty ? [nil] : entry.stages
        for stage in stages {
            let last = stage.map { $0 == entry.stages.last } ?? true
            let command = TrainingCommand(
                model: model, stage: last && stage != nil ? "both" : stage?.rawValue, setting: .withTransformer)
            let seed = ["--seed", "3"]
            let trained = try await Trained(command, seed)
            let options =
                [
                    "--checkpoint", trained.folder + "/model/model.safetensors", "--model", model, "--data-root",
                    try await SmallData.root(), "--dataset", SmallData.name, "--topk", "5,10",
                ] + Setting.modelOptions + seed + (stage.map { ["--stage", $0.rawValue] } ?? [])
            #expect(try await trained.metrics(.ranks(2), options) == trained.run.result["test"], "\(command)")
            let dev = try await trained.metrics(.alone, options + ["--split", "dev"])
            #expect(dev == trained.run.result["dev"], "\(command)")
        }
    }
}
