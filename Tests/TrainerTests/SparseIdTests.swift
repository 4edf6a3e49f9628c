import FileIO
import Foundation
import ModelFiles
import Testing
import TrainerSupport
import Training

/// Ids with holes are the same training as ids without, and a model knows which row is which id.
@Suite struct SparseIdTests {
    /// The small tables with ids times a number: users by 7, items by 1000.
    private static func sparse(_ tables: SmallTables = SmallTables()) -> SmallTables {
        var tables = tables
        func change(_ line: String) -> String {
            var fields = line.split(separator: "\t").map(String.init)
            guard let user = Int(fields[0]), let item = Int(fields[1]) else { return line }
            (fields[0], fields[1]) = ("\(7 * user)", "\(1000 * item)")
            if fields.count > 3 {
                let negatives = fields[3].dropFirst().dropLast().split(separator: ",").compactMap {
                    Int($0.filter(\.isNumber))
                }
                fields[3] = "\(negatives.map { 1000 * $0 })"
            }
            return fields.joined(separator: "\t")
        }
        tables.train = tables.train.map(change)
        tables.dev = tables.dev.map(change)
        tables.test = tables.test.map(change)
        return tables
    }

    private static func train(_ workspace: Workspace, _ model: String, _ dataset: String, _ out: String) -> [String] {
        [
            "train", "--model", model, "--epochs", "3", "--data-root", workspace("data"), "--dataset", dataset, "--out",
            workspace(out),
        ] + FinishedRuns.options
    }

    @Test(arguments: ["ComiRec", "BPRMF", "LightGCN"])
    func `ids with holes train to the bits of ids without, and are evaluated by their ids`(model: String) async throws {
        let workspace = try Workspace()
        try SmallTables().write(to: workspace, "data/dense")
        try Self.sparse().write(to: workspace, "data/sparse")
        let dense = try await Launch.alone.successfulTrainer(Self.train(workspace, model, "dense", "dense"))
        #expect(!dense.standardError.contains("ids up to"))
        for (launch, out) in [(Launch.alone, "sparse"), (.ranks(2), "two")] {
            let result = try await launch.successfulTrainer(Self.train(workspace, model, "sparse", out))
            #expect(
                result.standardError.contains(
                    "12 users with ids up to 84; 20 items with ids up to 20,000"))
            let (found, reference) = (
                try FinishedRun(folder: workspace(out)), try FinishedRun(folder: workspace("dense"))
            )
            #expect(found.digest == reference.digest)
            #expect(found.result["test"] == reference.result["test"])
            #expect(found.metrics == reference.metrics)
        }
        let path = workspace("sparse/model/model.safetensors")
        let file = try SafetensorsFile(path: path)
        #expect(try file.integers("item_ids") == (0...20).map { 1000 * $0 })
        #expect((file["user_ids"] == nil) == (model == "ComiRec"))
        #expect(try SafetensorsFile(path: workspace("dense/model/model.safetensors"))["item_ids"] == nil)

        let test = try FinishedRun(folder: workspace("sparse")).result["test"]
        let options = ["--embedding-size", "8", "--topk", "5,10", "--logical-shards", "4", "--model", model]
        for arguments in [
            ["--checkpoint", workspace("sparse")],
            ["--checkpoint", path, "--data-root", workspace("data"), "--dataset", "sparse"] + options,
        ] {
            let evaluated = try await Launch.alone.successfulTrainer(["evaluate", "--json"] + arguments)
            #expect(try JSONValue(parsing: evaluated.standardOutput)["metrics"] == test)
        }
        let other = try await Launch.alone.trainer([
            "evaluate", "--checkpoint", workspace("sparse"), "--dataset", "dense",
        ])
        #expect(other.exitCode == 65)
        #expect(other.errorLines.first?.contains("is unknown to the model, which has ") == true, "\(other.errorLines)")
    }

    @Test func `a model is evaluated on a part of its items by their ids`() async throws {
        let workspace = try Workspace()
        try Self.sparse().write(to: workspace, "data/sparse")
        try await Launch.alone.successfulTrainer(Self.train(workspace, "ComiRec", "sparse", "run"))
        // Only the first three users, who have not had all items; without negatives, so that nothing else occurs.
        var few = Self.sparse().withoutNegatives
        for part in [\SmallTables.train, \.dev, \.test] {
            few[keyPath: part] = few[keyPath: part].filter {
                ["user_id", "7", "14", "21"].contains($0.split(separator: "\t")[0])
            }
        }
        try few.write(to: workspace, "data/few")
        // The same with all items named.
        few.others["item_meta.csv"] = ["item_id"] + (1...SmallTables.items).map { "\(1000 * $0)" }
        try few.write(to: workspace, "data/named")
        var found: [JSONValue?] = []
        for dataset in ["few", "named"] {
            let result = try await Launch.alone.successfulTrainer([
                "evaluate", "--json", "--checkpoint", workspace("run"), "--dataset", dataset, "--evaluation", "full",
            ])
            found.append(try JSONValue(parsing: result.standardOutput)["metrics"])
        }
        #expect(found[0] != nil && found[0] == found[1])
    }

    @Test func `a resumption and a fine-tuning on other ids are refused`() async throws {
        let workspace = try Workspace()
        try Self.sparse().write(to: workspace, "data/tables")
        let line = Self.train(workspace, "TiMiRec", "tables", "run") + ["--stage", "pretrain"]
        try await Launch.alone.successfulTrainer(line)
        try SmallTables().write(to: workspace, "data/tables")
        let resumed = try await Launch.alone.trainer(line + ["--resume", "--extend", "--epochs", "4"])
        #expect(resumed.exitCode == 65)
        #expect(resumed.errorLines.first?.contains("is not the data set") == true, "\(resumed.errorLines)")
        let tuned = try await Launch.alone.trainer(
            Self.train(workspace, "TiMiRec", "tables", "tuned") + [
                "--stage", "finetune", "--extractor", workspace("run"),
            ])
        #expect(tuned.exitCode == 65)
        #expect(tuned.errorLines.first?.contains("was pretrained on other items") == true, "\(tuned.errorLines)")
    }

    /// As it was before numbers and ids were told apart: every id up to the largest is an item.
    @Test func `a run for which every id up to the largest was an item is resumed as it began`() async throws {
        let workspace = try Workspace()
        var tables = SmallTables().withoutNegatives
        for part in [\SmallTables.train, \.dev, \.test] {
            tables[keyPath: part] = tables[keyPath: part].filter { $0.split(separator: "\t")[1] != "9" }
        }
        var named = tables
        named.others["item_meta.csv"] = ["item_id"] + (1...SmallTables.items).map(String.init)
        try named.write(to: workspace, "data/tables")
        let line = Self.train(workspace, "ComiRec", "tables", "run")
        try await Launch.alone.successfulTrainer(line)
        let whole = try FinishedRun(folder: workspace("run"))
        try await Launch.alone.successfulTrainer(line + ["--overwrite", "--epochs", "2"])
        try FileManager.default.removeItem(atPath: workspace("data/tables/item_meta.csv"))
        for launch in [Launch.ranks(2), .alone] {
            try await launch.successfulTrainer(line + ["--resume", "--extend"])
            let found = try FinishedRun(folder: workspace("run"))
            #expect(found.digest == whole.digest)
            #expect(found.result["data"] == whole.result["data"])
        }
        try await Launch.alone.successfulTrainer(Self.train(workspace, "ComiRec", "tables", "anew"))
        #expect(try FinishedRun(folder: workspace("anew")).digest != whole.digest)
    }

    @Test func `a stray huge id takes no memory`() async throws {
        let workspace = try Workspace()
        try workspace.write("data/pairs/data.txt", "1 1\n1 2\n1 3\n2 2\n2 10000000\n2 1\n")
        let result = try await Launch.alone.successfulTrainer([
            "train", "--model", "BPRMF", "--epochs", "1", "--data-root", workspace("data"), "--dataset", "pairs",
            "--out",
            workspace("run"), "--batch-size", "8",
        ])
        #expect(result.standardError.contains("4 items with ids up to 10,000,000"))
        // Five rows of items, three of users, with a bias each.
        let parameters = try #require(try FinishedRun(folder: workspace("run")).result["parameters"]?.double)
        #expect(parameters < 1000)
    }
}
