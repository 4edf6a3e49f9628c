import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// `--recipe NAME`: options under a name.
@Suite struct RecipeTests {
    /// The recipes that the trainer lists, with their options.
    private static let listed = Task {
        let list = try await Launch.alone.successfulTrainer(["train", "--recipe"]).standardOutput
        return list.components(separatedBy: "\n\n").map { paragraph in
            let lines = paragraph.split(separator: "\n").map(String.init)
            let start = lines.firstIndex { $0.hasPrefix("  options") } ?? 0
            let words = lines[start...].joined(separator: " ").split(separator: " ").dropFirst().map(String.init)
            return Listed(name: lines[0], lines: lines, options: words)
        }
    }

    private struct Listed: Sendable {
        let name: String
        let lines: [String]
        let options: [String]

        /// The value of an option.
        func value(_ option: String) -> String? {
            options.firstIndex(of: option).map { options[$0 + 1] }
        }
    }

    /// A workspace with the data sets that recipes name, small ones.
    private func workspace() async throws -> Workspace {
        let workspace = try Workspace()
        try SmallTables().write(to: workspace, "data/Grocery_and_Gourmet_Food")
        try SmallTables().writePairs(to: workspace, "data/ml-1m-bam/ml-1m.txt")
        return workspace
    }

    private func configuration(_ folder: String) throws -> Set<String> {
        Set(
            try String(contentsOfFile: folder + "/config.yaml", encoding: .utf8).split(separator: "\n").map(String.init)
        )
    }

    @Test func `the list says of every recipe what it is for, its data, its source and its options`() async throws {
        let listed = try await Self.listed.value
        #expect(Set(listed.map(\.name)).count == listed.count)
        #expect(
            Set(listed.map(\.name)).isSuperset(of: [
                "amazon-5-core", "movielens", "grocery", "grocery-expected", "ml-1m-sasrec",
            ]))
        for recipe in listed {
            for title in ["for", "data", "source", "options"] {
                #expect(recipe.lines.contains { $0.hasPrefix("  " + title) }, "\(title) of \(recipe.name)")
            }
            #expect(recipe.value("--model") != nil, "\(recipe.name)")
            // For one data set, or for any.
            let isForAny = recipe.lines.contains { $0.hasPrefix("  data") && $0.contains("any; ") }
            #expect((recipe.value("--dataset") == nil) == isForAny, "\(recipe.name)")
        }
    }

    @Test func `every recipe trains, and the options of its list are those of the run`() async throws {
        let workspace = try await workspace()
        for recipe in try await Self.listed.value {
            let result = try await Launch.alone.successfulTrainer(
                ["train", "--recipe", recipe.name, "--max-steps", "1", "--out", recipe.name]
                    + (recipe.value("--dataset") == nil ? ["--dataset", "Grocery_and_Gourmet_Food"] : []),
                workingDirectory: workspace.path)
            #expect(!result.standardError.contains("no use for"), "\(recipe.name): \(result.standardError)")
            let found = try configuration(workspace(recipe.name))
            #expect(found.contains("recipe: \(recipe.name)"))
            for (option, key) in [("--lr", "lr"), ("--batch-size", "batch-size"), ("--interests", "interests")] {
                guard let value = recipe.value(option) else { continue }
                let number = try #require(Double(value))
                let line = try #require(found.first { $0.hasPrefix(key + ": ") })
                #expect(Double(line.dropFirst(key.count + 2)) == number, "\(recipe.name): \(line)")
            }
        }
    }

    @Test func `the command line wins over a file, and a file over the recipe`() async throws {
        let workspace = try await workspace()
        try workspace.write("own.yaml", "recipe: grocery-expected\nlr: 0.25\nl2: 0.125\n")
        try await Launch.alone.successfulTrainer(
            ["train", "--quiet", "--l2", "0.5", "--config", "own.yaml", "--max-steps", "1", "--out", "run"],
            workingDirectory: workspace.path)
        let run = try configuration(workspace("run"))
        for line in ["lr: 0.25", "l2: 0.5", "negatives: 512", "selection: expected", "recipe: grocery-expected"] {
            #expect(run.contains(line), "\(line) in \(run.sorted())")
        }
        // What the run left says all: the same training again, and one that is resumed without naming the recipe.
        try await Launch.alone.successfulTrainer(
            ["train", "--quiet", "--config", "run/config.yaml", "--out", "again"], workingDirectory: workspace.path)
        #expect(try FinishedRun(folder: workspace("again")).digest == FinishedRun(folder: workspace("run")).digest)
        try await Launch.alone.successfulTrainer(
            [
                "train", "--quiet", "--model", "TiMiRec", "--stage", "pretrain", "--dataset",
                "Grocery_and_Gourmet_Food",
                "--interests", "4", "--loss", "sampled-softmax", "--selection", "expected", "--negatives", "512",
                "--lr",
                "0.25", "--l2", "0.5", "--epochs", "12", "--topk", "5,10,20", "--max-steps", "2", "--out", "run",
                "--resume", "--extend",
            ], workingDirectory: workspace.path)
    }

    @Test func `timirec-plus pretrains and finetunes, each stage with its own options`() async throws {
        let workspace = try await workspace()
        let common = ["train", "--quiet", "--max-steps", "3", "--topk", "5,10,20", "--seed", "3"]
        try await Launch.alone.successfulTrainer(
            common + ["--recipe", "timirec-plus", "--out", "recipe"], workingDirectory: workspace.path)
        let shared = [
            "--model", "TiMiRec", "--dataset", "Grocery_and_Gourmet_Food", "--interests", "2", "--loss",
            "sampled-softmax", "--negatives", "512", "--l2", "1e-6", "--out", "apart",
        ]
        try await Launch.alone.successfulTrainer(
            common + shared + [
                "--stage", "pretrain", "--lr", "5e-4", "--selection", "expected", "--epochs", "10",
            ], workingDirectory: workspace.path)
        try await Launch.alone.successfulTrainer(
            common + shared + ["--stage", "finetune", "--lr", "1e-4", "--epochs", "6"],
            workingDirectory: workspace.path)
        for folder in ["", "/pretrain"] {
            // Where it went, and how many commands it took.
            let ofFolders: Set<Substring> = ["out", "extractor", "recipe", "stage", "pretrain"]
            func options(_ run: String) throws -> Set<String> {
                try configuration(workspace(run + folder)).filter { !ofFolders.contains($0.prefix { $0 != ":" }) }
            }
            #expect(try options("recipe") == options("apart"))
            #expect(
                try FinishedRun(folder: workspace("recipe" + folder)).digest
                    == FinishedRun(folder: workspace("apart" + folder)).digest)
        }
    }

    @Test func `a recipe that there is not is refused, with the nearest one`() async throws {
        try await expectRefusal(
            Refusal(64, naming: "there is no recipe grocery-expcted; did you mean grocery-expected?", "timirec-plus"),
            .alone,
            ["train", "--recipe", "grocery-expcted"])
        try await expectRefusal(
            Refusal(64, naming: "--recipe has no name", "timirec-plus-published"), .alone,
            ["train", "--recipe", "--lr", "1"])
        try await expectRefusal(
            Refusal(64, naming: "--recipe has no name", "grocery-expected"), .alone, ["train", "--recipe="])
        try await expectRefusal(
            Refusal(64, naming: "--recipe is there 2 times: a, b"), .alone, ["train", "--recipe", "a", "--recipe", "b"])
        let workspace = try Workspace()
        let file = try workspace.write("own.yaml", "recipe: ml-1m-sasrec\n")
        try await expectRefusal(
            Refusal(64, naming: "two recipes are named: ml-1m-sasrec and grocery-expected"), .alone,
            ["train", "--config", file, "--recipe", "grocery-expected"])
    }

    @Test func `a pretraining has options to itself, alone and before a fine-tuning`() async throws {
        let workspace = try await workspace()
        let command = [
            "train", "--quiet", "--model", "TiMiRec", "--dataset", "Grocery_and_Gourmet_Food", "--lr", "0.01",
            "--epochs",
            "2", "--pretrain", "lr=0.125,epochs=1,batch-size=16", "--pretrain",
            "lr=0.25,loss=sampled-softmax,negatives=7",
        ]
        try await Launch.alone.successfulTrainer(command + ["--out", "both"], workingDirectory: workspace.path)
        let pretraining = try configuration(workspace("both/pretrain"))
        for line in [
            "lr: 0.25", "epochs: 1", "batch-size: 16", "loss: sampled-softmax", "negatives: 7", "stage: pretrain",
        ] {
            #expect(pretraining.contains(line), "\(line) in \(pretraining.sorted())")
        }
        let tuning = try configuration(workspace("both"))
        for line in ["lr: 0.01", "epochs: 2", "batch-size: 256", "loss: bpr", "negatives: 1", "stage: both"] {
            #expect(tuning.contains(line), "\(line) in \(tuning.sorted())")
        }
        // The stages by two commands, the options of the pretraining as if they were those of the command.
        let common = [
            "train", "--quiet", "--model", "TiMiRec", "--dataset", "Grocery_and_Gourmet_Food", "--out", "apart",
        ]
        try await Launch.alone.successfulTrainer(
            common + [
                "--stage", "pretrain", "--lr", "0.25", "--epochs", "1", "--batch-size", "16", "--loss",
                "sampled-softmax",
                "--negatives", "7",
            ], workingDirectory: workspace.path)
        try await Launch.alone.successfulTrainer(
            common + ["--stage", "finetune", "--lr", "0.01", "--epochs", "2"], workingDirectory: workspace.path)
        for folder in ["", "/pretrain"] {
            #expect(
                try FinishedRun(folder: workspace("both" + folder)).digest
                    == FinishedRun(folder: workspace("apart" + folder)).digest)
        }
        // Nothing to resume: finished with the same options.
        try await Launch.alone.successfulTrainer(
            command + ["--out", "both", "--resume"], workingDirectory: workspace.path)
        let alone = try await Launch.alone.successfulTrainer(
            [
                "train", "--model", "TiMiRec", "--dataset", "Grocery_and_Gourmet_Food", "--stage", "finetune",
                "--epochs", "1",
            ]
                + ["--extractor", "apart/pretrain", "--pretrain", "lr=1", "--out", "alone"],
            workingDirectory: workspace.path)
        #expect(alone.standardError.contains("warning: --pretrain has no part in this"))
    }

    @Test func `a pretraining with another loss has the default number of negatives of that loss`() async throws {
        let workspace = try await workspace()
        try await Launch.alone.successfulTrainer(
            [
                "train", "--quiet", "--model", "TiMiRec", "--dataset", "Grocery_and_Gourmet_Food", "--max-steps", "1",
                "--pretrain", "loss=sampled-softmax", "--out", "run",
            ], workingDirectory: workspace.path)
        #expect(try configuration(workspace("run/pretrain")).contains("negatives: 512"))
        #expect(try configuration(workspace("run")).contains("negatives: 1"))
    }

    @Test(arguments: [
        (["--model", "TiMiRec", "--pretrain", "lr"], "--pretrain: lr has no value"),
        (["--model", "TiMiRec", "--pretrain", ""], "--pretrain: an option has no value"),
        (["--model", "TiMiRec", "--pretrain", "epoch=3"], "no epoch to itself; did you mean epochs?"),
        (["--model", "TiMiRec", "--pretrain", "interests=3"], "a stage has no interests to itself"),
        (["--model", "TiMiRec", "--pretrain", "lr=fast"], "--pretrain: lr is fast, not a number"),
        (["--model", "TiMiRec", "--pretrain", "lr=-1"], "with --pretrain: --lr is -1.0"),
        (["--model", "TiMiRec", "--pretrain", "negatives=3,loss=full-softmax"], "with --pretrain: --negatives is 3"),
        (["--model", "ComiRec", "--pretrain", "lr=1"], "ComiRec has none"),
    ])
    func `what a pretraining cannot have is refused`(_ options: [String], _ message: String) async throws {
        try await expectRefusal(Refusal(64, naming: message), .alone, ["train", "--dataset", "tables"] + options)
    }
}
