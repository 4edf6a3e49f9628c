import FileIO
import Foundation
import Testing
import TrainerSupport

/// What has no need of something is not refused for the lack of it.
@Suite struct NeedlessRefusalTests {
    private static let launches: [Launch] = [.alone, .ranks(2)]

    /// Data with one user who has all items in train, and one with a single train item a user.
    private static func workspace() throws -> Workspace {
        let workspace = try Workspace()
        var full = SmallTables()
        full.train += (1...SmallTables.items).map { "1\t\($0)\t\($0)" }
        try full.write(to: workspace, "data/tables")
        var short = SmallTables()
        short.train.removeAll { !$0.hasSuffix("\t0") && !$0.hasSuffix("time") }
        try short.write(to: workspace, "data/new")
        return workspace
    }

    private static func command(_ workspace: Workspace, _ options: [String]) -> [String] {
        [
            "train", "--data-root", workspace("data"), "--dataset", "tables", "--out", workspace("run"), "--topk", "2",
            "--embedding-size", "8", "--logical-shards", "4", "--batch-size", "9", "--quiet",
        ] + options
    }

    @Test(arguments: launches)
    func `a user with all items stops only who draws negatives`(launch: Launch) async throws {
        let workspace = try Self.workspace()
        for options in [
            ["--model", "POP"], ["--model", "ComiRec", "--epochs", "1", "--loss", "full-softmax"],
            ["--model", "ComiRec", "--epochs", "1", "--loss", "sampled-softmax"],
        ] {
            try await launch.successfulTrainer(Self.command(workspace, options + ["--overwrite"]))
        }
        try await launch.successfulTrainer(["evaluate", "--checkpoint", workspace("run")])
        try await expectRefusal(
            Refusal(
                65, naming: "tables/train.csv: user 1 has all \(SmallTables.items) items in train",
                "--loss full-softmax"), launch,
            Self.command(workspace, ["--model", "ComiRec", "--epochs", "1", "--overwrite"]), leaving: workspace("run"))
    }

    @Test(arguments: launches)
    func `users with one train item are evaluated by a model of others`(launch: Launch) async throws {
        let workspace = try Self.workspace()
        let finished = try await FinishedRuns.workspace()
        let result = try await launch.successfulTrainer([
            "evaluate", "--checkpoint", finished("ComiRec"), "--data-root", workspace("data"), "--dataset", "new",
            "--json",
        ])
        #expect(try JSONValue(parsing: result.standardOutput)["rows"] == .integer(SmallTables.users))
        let training = try await launch.trainer(
            Self.command(workspace, ["--model", "ComiRec", "--dataset=new"]).filter {
                $0 != "--dataset" && $0 != "tables"
            })
        #expect(training.exitCode == 65 && training.standardError.contains("no training sample"))
    }

    @Test(arguments: launches)
    func `options of training are no error for a model that is not trained, and named`(launch: Launch) async throws {
        let workspace = try Self.workspace()
        let plain = Self.command(workspace, ["--model", "POP"])
        try await launch.successfulTrainer(plain)
        let before = try FinishedRun(folder: workspace("run"))
        let options = [
            "--epochs", "3", "--lr", "0.01", "--loss", "sampled-softmax", "--negatives", "7", "--selection",
            "soft-linear", "--interests", "3", "--overwrite",
        ]
        let result = try await launch.successfulTrainer(plain + options)
        #expect(
            result.standardError.hasPrefix(
                "warning: POP has no use for --interests, --batch-size, --epochs, --loss, --lr, --negatives, --selection\n"
            ))
        #expect(result.standardError.components(separatedBy: "warning:").count == 2)
        #expect(try FinishedRun(folder: workspace("run")).findings == before.findings)
    }
}
