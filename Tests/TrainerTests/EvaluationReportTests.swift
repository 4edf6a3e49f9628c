import FileIO
import Foundation
import Testing
import TrainerSupport

/// What is told of the rows that are ranked, and of measures that have no meaning, on any number of ranks.
@Suite struct EvaluationReportTests {
    /// A workspace with the data set `tables`, changed.
    private func workspace(_ change: (inout SmallTables) -> Void = { _ in }) throws -> Workspace {
        let workspace = try Workspace()
        var tables = SmallTables()
        change(&tables)
        try tables.write(to: workspace, "data/tables")
        return workspace
    }

    private func train(_ workspace: Workspace, epochs: Int = 1, _ options: String...) -> [String] {
        [
            "train", "--epochs", "\(epochs)", "--embedding-size", "8", "--logical-shards", "4", "--batch-size", "9",
            "--data-root", workspace("data"), "--dataset", "tables", "--out", workspace("run"),
        ] + options
    }

    private func warnings(_ text: String) -> [String] {
        text.split(separator: "\n").filter { $0.hasPrefix("warning:") }.map(String.init)
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `rows without history are told of, and counted apart`(launch: Launch) async throws {
        // Users 1 and 2 have nothing but their test row.
        let workspace = try workspace { tables in
            tables.train.removeAll { $0.hasPrefix("1\t") || $0.hasPrefix("2\t") }
            tables.dev.removeAll { $0.hasPrefix("1\t") || $0.hasPrefix("2\t") }
        }
        let training = try await launch.successfulTrainer(train(workspace, "--model", "ComiRec", "--topk", "2"))
        let told = "warning: 2 test rows have no history and are not ranked; the metrics are of the others"
        #expect(warnings(training.standardError) == [told])
        #expect(training.standardOutput.hasPrefix("test, 10 of 12 rows "))
        let result = try FinishedRun(folder: workspace("run")).result
        #expect(result["test_rows"] == 10 && result["rows_without_history"] == 2)
        let evaluation = try await launch.successfulTrainer(["evaluate", "--checkpoint", workspace("run")])
        #expect(warnings(evaluation.standardError) == [told])
        #expect(evaluation.standardOutput.hasPrefix("test, 10 of 12 rows "))
        let dev = try await launch.successfulTrainer([
            "evaluate", "--checkpoint", workspace("run"), "--split", "dev", "--json",
        ])
        #expect(warnings(dev.standardError).isEmpty)
        let json = try JSONValue(parsing: dev.standardOutput)
        #expect(json["rows"] == 10 && json["rows_without_history"] == 0)
        // Who knows users by their ids ranks all rows.
        let all = try await launch.successfulTrainer(
            train(workspace, "--model", "BPRMF", "--topk", "2", "--overwrite"))
        #expect(warnings(all.standardError).isEmpty && all.standardOutput.hasPrefix("test, 12 rows "))
    }

    @Test func `the true item among its negatives, repeated negatives and cut-offs beyond the candidates are told of`()
        async throws
    {
        let workspace = try workspace { tables in
            // Of user 3 the true item 13, of user 5 the negative 19 twice.
            tables.test[3] = "3\t9\t50\t[9, 17, 18, 19, 20]"
            tables.test[5] = "5\t11\t50\t[17, 18, 19, 19, 20]"
        }
        let training = try await Launch.alone.successfulTrainer(train(workspace, "--model", "POP", "--topk", "1,6,50"))
        #expect(
            training.standardError.contains(
                """
                warning: 1 of 12 test rows list their true item among their negatives, the first of them row 3
                         it is not ranked against itself
                """))
        #expect(training.standardError.contains("1 of 12 test rows list a negative more than once; every copy counts"))
        #expect(
            training.standardError.contains(
                """
                warning: a row has at most 6 candidates: HR@6 is 1 for every model
                         choose cut-offs below 6 with --topk
                """))
        let all = try await Launch.alone.successfulTrainer([
            "evaluate", "--checkpoint", workspace("run"), "--evaluation", "full", "--topk", "1",
        ])
        #expect(warnings(all.standardError).isEmpty, "no stored negative is looked at")
    }

    @Test func `a cut-off that is given twice leaves a result that can be read, and the same command again`()
        async throws
    {
        let workspace = try workspace()
        let command = train(workspace, "--model", "ComiRec", "--topk", "5,5,1", "--json")
        let first = try await Launch.alone.successfulTrainer(command)
        #expect(warnings(first.standardError) == ["warning: --topk names 5 more than once"])
        let result = try JSONValue(parsing: first.standardOutput)
        guard case .object(let members)? = result["test"] else { return #expect(Bool(false), "no test metrics") }
        #expect(members.map(\.key) == ["HR@5", "NDCG@5", "HR@1", "NDCG@1"])
        let second = try await Launch.alone.successfulTrainer(command)
        #expect(try JSONValue(parsing: second.standardOutput)["parameters_sha256"] == result["parameters_sha256"])
        let third = try await Launch.alone.successfulTrainer(command + ["--resume"])
        #expect(try JSONValue(parsing: third.standardOutput)["test"] == result["test"])
        let evaluation = try await Launch.alone.successfulTrainer([
            "evaluate", "--checkpoint", workspace("run"), "--topk", "1,1", "--json",
        ])
        #expect(try JSONValue(parsing: evaluation.standardOutput)["metrics"]?["HR@1"] == result["test"]?["HR@1"])
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `a balance of interests that has no meaning is n/a, and null in JSON`(launch: Launch) async throws {
        let workspace = try workspace()
        let one = try await launch.successfulTrainer(
            train(workspace, "--model", "GRU4Rec", "--topk", "2", "--measures", "interests"))
        #expect(warnings(one.standardError).count == 1)
        #expect(one.standardError.contains("--measures interests: GRU4Rec has one vector for each user"))
        let lines = one.standardError.split(separator: "\n")
        let told = try #require(lines.firstIndex { $0.contains("--measures interests") })
        let begun = try #require(lines.firstIndex { $0.hasPrefix("training GRU4Rec") })
        #expect(told < begun, "before the training: \(one.standardError)")
        #expect(one.standardOutput.contains("balance of interests: n/a, the model has one vector for each user"))
        #expect(try FinishedRun(folder: workspace("run")).result["test"]?["interests"] == .null)
        // The routing of MIND begins with chance for each user: only what is within a user means something.
        let random = try await launch.successfulTrainer(
            train(workspace, "--model", "MIND", "--topk", "2", "--measures", "interests", "--overwrite"))
        #expect(random.standardOutput.contains("share of rows by interest: n/a"))
        let interests = try FinishedRun(folder: workspace("run")).result["test"]?["interests"]
        #expect(interests?["true_item"] == .null && interests?["cosine"]?.double != nil)
        let evaluation = try await launch.successfulTrainer([
            "evaluate", "--checkpoint", workspace("run"), "--evaluation", "full", "--json",
        ])
        let all = try JSONValue(parsing: evaluation.standardOutput)["metrics"]?["interests"]
        #expect(all?["true_item"] == .null && all?["first_item"] == nil)
        let matrices = try await launch.successfulTrainer(
            train(workspace, "--model", "ComiRec-DR", "--topk", "2", "--measures", "interests", "--overwrite"))
        #expect(matrices.standardOutput.contains("share of rows whose"))
    }

    @Test(arguments: [
        (["TiMiRec"], true), (["TiMiRec", "--stage", "pretrain"], false), (["ComiRec", "--K", "1"], true),
    ])
    func `whether there are interests to compare is told by what the last stage ranks with`(
        model: [String], isTold: Bool
    ) async throws {
        let workspace = try workspace()
        let command = train(workspace, "--topk", "2", "--measures", "interests", "--model") + model
        let training = try await Launch.alone.successfulTrainer(command)
        let warning = "--measures interests: \(model[0]) has one vector for each user"
        #expect(training.standardError.contains(warning) == isTold, "\(training.standardError)")
        let result = try FinishedRun(folder: workspace("run")).result
        #expect((result["test"]?["interests"] == .null) == isTold)
        let evaluation = try await Launch.alone.successfulTrainer(["evaluate", "--checkpoint", workspace("run")])
        #expect(evaluation.standardError.contains(warning) == isTold, "\(evaluation.standardError)")
    }

    @Test func `a model that is not trained has no epochs to tell of`() async throws {
        let workspace = try workspace()
        let training = try await Launch.alone.successfulTrainer(train(workspace, "--model", "POP", "--topk", "2"))
        #expect(
            !["epoch 1", "training", "trained"].contains(where: training.standardError.contains),
            "\(training.standardError)")
        #expect(training.standardError.contains("\ndev HR@2 "))
    }

    @Test func `the best epoch is the one with the highest gain, not with the most hits`() async throws {
        let workspace = try Workspace()
        try await Launch.alone.successfulTrainer([
            "data", "generate", "--out", workspace("data/tables"), "--users", "60", "--items", "60", "--clusters", "4",
            "--mean-interactions", "8", "--negatives", "20",
        ])
        // Several seeds, until the two numbers disagree about the best epoch.
        for seed in 0..<20 {
            try await Launch.alone.successfulTrainer(
                train(
                    workspace, epochs: 12, "--model", "ComiRec", "--topk", "5,10", "--lr", "0.01", "--seed", "\(seed)",
                    "--overwrite", "--quiet"))
            let run = try FinishedRun(folder: workspace("run"))
            func best(_ metric: String) -> Int? {
                let values = run.metrics.map { $0["dev"]?[metric]?.double ?? 0 }
                return values.firstIndex(of: values.max() ?? 0).map { $0 + 1 }
            }
            guard let gain = best("NDCG@5"), let hits = best("HR@5"), gain != hits else { continue }
            #expect(run.result["best_epoch"] == .integer(gain))
            #expect(run.result["dev"]?["NDCG@5"] == run.metrics[gain - 1]["dev"]?["NDCG@5"])
            return
        }
        Issue.record("no seed tells the gain from the hits")
    }
}
