import FileIO
import Foundation
import ModelFiles
import Testing
import TrainerSupport

/// Trainings whose model is used and not measured: on all interactions, and from an earlier model.
@Suite struct ProductionTests {
    private static func options(_ workspace: Workspace, _ dataset: String, _ model: String, out: String) -> [String] {
        [
            "train", "--model", model, "--data-root", workspace("data"), "--dataset", dataset, "--out", workspace(out),
        ] + FinishedRuns.options
    }

    @Test(arguments: ["ComiRec", "LightGCN", "TiSASRec"])
    func `training on all interactions is training on files that have them all in train`(model: String) async throws {
        let workspace = try Workspace()
        let tables = SmallTables().withoutNegatives
        try tables.write(to: workspace, "data/split")
        var joined = tables
        joined.train += tables.dev.dropFirst() + tables.test.dropFirst()
        joined.dev = Array(tables.dev.prefix(1))
        // A data set needs a row of test; this one repeats the newest item of the last user.
        let newest = try #require(tables.test.last).split(separator: "\t")
        joined.test = [tables.test[0], "\(newest[0])\t\(newest[1])\t60"]
        try joined.write(to: workspace, "data/joined")
        let limits = ["--epochs", "3", "--keep", "last"]
        try await Launch.alone.successfulTrainer(Self.options(workspace, "joined", model, out: "joined") + limits)
        try await Launch.ranks(2).successfulTrainer(
            Self.options(workspace, "split", model, out: "all") + limits + ["--train-on", "all"])
        try await Launch.alone.successfulTrainer(Self.options(workspace, "split", model, out: "train") + limits)
        let (all, expected, less) = (
            try FinishedRun(folder: workspace("all")), try FinishedRun(folder: workspace("joined")),
            try FinishedRun(folder: workspace("train"))
        )
        #expect(all.digest == expected.digest)
        #expect(all.digest != less.digest)
        #expect(all.result["data"] == less.result["data"], "the data set is the one in the folder")
    }

    @Test func `a training on all interactions lasts as long as the run that it is told, and claims no metrics`()
        async throws
    {
        let workspace = try Workspace()
        try SmallTables().write(to: workspace, "data/tables")
        let own = Self.options(workspace, "tables", "TiMiRec", out: "held-out") + ["--lr", "0.05"]
        try await Launch.alone.successfulTrainer(own + ["--epochs", "4", "--pretrain", "epochs=6"])
        let heldOut = try FinishedRun(folder: workspace("held-out"))
        let pretraining = try FinishedRun(folder: workspace("held-out/pretrain"))
        let command = Self.options(workspace, "tables", "TiMiRec", out: "all") + ["--lr", "0.05"]
        let result = try await Launch.alone.successfulTrainer(
            command + ["--train-on", "all", "--epochs-from", workspace("held-out")])
        #expect(result.standardOutput.contains("none is left to say how good the model is"))
        #expect(!result.standardError.contains("other options"), "\(result.standardError)")
        let all = try FinishedRun(folder: workspace("all"))
        #expect(all.result["epochs"] == heldOut.result["best_epoch"])
        #expect(try FinishedRun(folder: workspace("all/pretrain")).result["epochs"] == pretraining.result["best_epoch"])
        #expect(all.result["test"] == nil && all.result["dev"] == nil && all.result["trained_on"] == .string("all"))
        #expect(all.metrics.allSatisfy { $0["dev"] == .null })

        let resumed = try await Launch.alone.successfulTrainer(
            command + ["--train-on", "all", "--epochs-from", workspace("held-out"), "--resume"])
        #expect(resumed.standardOutput == result.standardOutput)
        let ranked = try await Launch.alone.trainer(["evaluate", "--checkpoint", workspace("all")])
        #expect(ranked.exitCode == 64 && ranked.standardError.contains("was trained on all interactions of tables"))
        let other = try await Launch.alone.successfulTrainer(
            Self.options(workspace, "tables", "TiMiRec", out: "other")
                + ["--lr", "0.01", "--train-on", "all", "--epochs-from", workspace("held-out")])
        #expect(other.standardError.contains("was trained with other options: --lr 0.01 instead of 0.05"))
    }

    @Test func `epochs cannot be taken from nowhere, nor be given twice`() async throws {
        let workspace = try Workspace()
        try SmallTables().write(to: workspace, "data/tables")
        let command = Self.options(workspace, "tables", "ComiRec", out: "run")
        for (options, words, code) in [
            (["--epochs-from", workspace("none")], "there is no result of a finished training", 64),
            (["--epochs-from", workspace("none"), "--epochs", "2"], "both say how long to train", 64),
            (["--train-on", "all", "--keep", "best"], "--train-on all leaves no dev rows", 64),
            (["--train-on", "all", "--dev-only", "1"], "--train-on all leaves no dev rows", 64),
            (["--warm-start", workspace("none")], "--warm-start", 65),
        ] {
            let result = try await Launch.alone.trainer(command + options)
            #expect(result.standardError.contains(words), "\(options): \(result.standardError)")
            #expect(result.exitCode == Int32(code), "\(options): \(result.exitCode)")
            #expect(!FileManager.default.fileExists(atPath: workspace("run/result.json")))
        }
    }

    @Test(arguments: ["ComiRec", "BPRMF", "TiMiRec"])
    func `a warm start takes over the rows of known ids wherever they stand, and all layers`(
        model: String
    ) async throws {
        let workspace = try Workspace()
        let before = SmallTables().withoutNegatives
        try before.write(to: workspace, "data/before")
        // Item 3 and user 2 are gone, item 30 and user 15 are new: other numbers for nearly all.
        func renewed(_ lines: [String]) -> [String] {
            lines.map { line in
                var fields = line.split(separator: "\t").map(String.init)
                if fields[0] == "2" { fields[0] = "15" }
                if fields[1] == "3" { fields[1] = "30" }
                return fields.joined(separator: "\t")
            }
        }
        var after = before
        (after.train, after.dev, after.test) = (renewed(before.train), renewed(before.dev), renewed(before.test))
        try after.write(to: workspace, "data/after")
        // Not as long as there are items or users, so that sizes tell tables apart.
        let history = ["--history-max", "7"]
        let epochs = ["--epochs", "2", "--lr", "0.05"] + history
        try await Launch.alone.successfulTrainer(Self.options(workspace, "before", model, out: "before") + epochs)
        // So small a rate changes nothing that single precision can tell.
        let result = try await Launch.ranks(2).successfulTrainer(
            Self.options(workspace, "after", model, out: "after")
                + ["--epochs", "1", "--lr", "1e-30", "--l2", "0", "--warm-start", workspace("before")] + history)
        #expect(result.standardError.contains("19 of 20 items"), "\(result.standardError)")
        #expect(result.standardError.contains("11 of 12 users") == (model == "BPRMF"), "\(result.standardError)")

        try expectTaken(workspace, stage: model == "TiMiRec" ? "pretrain/" : "")
        // The last stage has its extractor from the stage before.
        if model == "TiMiRec" { try expectTaken(workspace, stage: "", except: "interest_extractor") }
    }

    /// The rows of the run `before` stand in the run `after` where their ids are, and the layers are the same.
    private func expectTaken(_ workspace: Workspace, stage: String, except prefix: String? = nil) throws {
        let old = try SafetensorsFile(path: workspace("before/\(stage)model/model.safetensors"))
        let new = try SafetensorsFile(path: workspace("after/\(stage)model/model.safetensors"))
        #expect(try new.integers("item_ids").last == 30)
        for tensor in old.tensors
        where !tensor.name.contains("_ids") && !(prefix.map { tensor.name.hasPrefix($0) } ?? false) {
            let (was, now) = (try old.floats(tensor.name), try new.floats(tensor.name))
            let width = tensor.shape.last ?? 1
            // The item table of the predictor has a row more.
            let ids = 21...22 ~= tensor.shape[0] ? "item_ids" : tensor.shape[0] == 13 ? "user_ids" : nil
            guard let ids, tensor.shape.count == 2 else {
                #expect(was == now, "\(tensor.name)")
                continue
            }
            let rows = Dictionary(uniqueKeysWithValues: try new.integers(ids).enumerated().map { ($1, $0) })
            for id in 1...(ids == "item_ids" ? 20 : 12) where id != (ids == "item_ids" ? 3 : 2) {
                let row = try #require(rows[id])
                #expect(
                    was[id * width..<(id + 1) * width].elementsEqual(now[row * width..<(row + 1) * width]),
                    "\(tensor.name): \(id)")
            }
            let fresh = try #require(rows[ids == "item_ids" ? 30 : 15])
            #expect(now[fresh * width..<(fresh + 1) * width].contains { $0 != 0 })
        }
    }

    @Test func `a warm start is of the same model with the same sizes`() async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        for (model, more, words) in [
            ("MIND", [], "is a run of ComiRec, and this is MIND"),
            ("ComiRec", ["--interests", "3"], "give the options that the earlier training had"),
        ] {
            let result = try await Launch.alone.trainer(
                [
                    "train", "--model", model, "--data-root", finished("data"), "--dataset", FinishedRuns.dataset,
                    "--out",
                    workspace("run"), "--warm-start", finished("ComiRec"),
                ] + FinishedRuns.options + more)
            #expect(result.exitCode == 64 || result.exitCode == 65)
            #expect(result.standardError.contains(words), "\(result.standardError)")
        }
    }
}
