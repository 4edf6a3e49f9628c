import FileIO
import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// Searches with real trainings, one after the other: each starts several programs.
@Suite(.serialized) struct SearchTests {
    private static func search(_ workspace: Workspace, _ out: String, _ more: String...) -> [String] {
        ["search", "--quiet", "--config", workspace("space.yaml"), "--out", out] + more
    }

    @Test func `one training at a time, several, and several ranks find the same`() async throws {
        let workspace = try Workspace()
        try workspace.write("space.yaml", try await SearchedData.halving(first: 2, most: 4))
        let one = try await Launch.alone.successfulTrainer(
            Self.search(workspace, workspace("one"), "--parallel", "1"), timeout: .seconds(300))
        let three = try await Launch.alone.successfulTrainer(
            Self.search(workspace, workspace("three"), "--parallel", "3"), timeout: .seconds(300))
        let ranks = try await run(
            script: try path(ofProduct: "trainer"), ranks: 2,
            arguments: Self.search(workspace, workspace("ranks"), "--parallel", "1", "--ranks", "2"),
            timeout: .seconds(300))
        #expect(ranks.exitCode == 0, "\(ranks.standardError)")
        let found = try FinishedExperiment(workspace("one"))
        #expect(found.digests.count == 4)
        #expect(try FinishedExperiment(workspace("three")) == found)
        #expect(try FinishedExperiment(workspace("ranks")) == found)
        #expect(one.rows.count == 4 && three.rows == one.rows && ranks.rows == one.rows)
        #expect(one.standardOutput.contains("best: trial \(one.rows[0][0]), dev NDCG@10 "))
        #expect(one.standardError == "", "nothing but the table: \(one.standardError)")
        // The last rung has a trial, and test is left alone.
        let best = workspace("one/trials/00\(one.rows[0][0])/seed-0/")
        let result = try JSONValue(parsing: try String(contentsOfFile: best + "result.json", encoding: .utf8))
        #expect(result["epochs"] == 4 && result["test"] == .null && result["dev"]?["NDCG@10"] != nil)
        // A promoted training is the one that was never interrupted, and the options of the winner are told.
        try await Launch.alone.successfulTrainer(
            ["train", "--quiet", "--config", workspace("one/best.yaml"), "--out", workspace("again")])
        let again = try FinishedRun(folder: workspace("again"))
        #expect(again.digest == result["parameters_sha256"]?.compact)
        #expect(again.test("NDCG@10") != nil)
        let page = try String(contentsOfFile: workspace("one/report.html"), encoding: .utf8)
        #expect((0..<4).allSatisfy { page.contains("trials/00\($0)/seed-0") })
        // A finished search prints its table again.
        let repeated = try await Launch.alone.successfulTrainer(
            Self.search(workspace, workspace("one")), timeout: .seconds(300))
        #expect(repeated.standardOutput == one.standardOutput)
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGKILL])
    func `a search that is stopped or killed goes on to the same table`(signal: Int32) async throws {
        let workspace = try Workspace()
        try workspace.write("space.yaml", try await SearchedData.halving(first: 40, most: 80))
        let reference = try await Launch.alone.successfulTrainer(
            Self.search(workspace, workspace("reference")), timeout: .seconds(300))
        let out = workspace("run")
        for stop in 0..<2 {
            let job = RunningJob(.alone, Self.search(workspace, out), out: out, timeout: .seconds(300))
            defer { job.end() }
            let wanted = 1 + 2 * stop
            let hasTrained = try await job.wait {
                let names = FileManager.default.enumerator(atPath: out + "/trials")?.compactMap { $0 as? String } ?? []
                return names.filter { $0.hasSuffix("/metrics.jsonl") }.count >= wanted
            }
            guard hasTrained, let search = job.trainers.first else { continue }
            kill(search, signal)
            let result = try await job.result
            #expect(result.exitCode == (signal == SIGKILL ? 137 : 75), "\(result.standardError)")
            if signal != SIGKILL { #expect(result.standardError.contains("the same command continues")) }
        }
        let end = try await Launch.alone.successfulTrainer(Self.search(workspace, out), timeout: .seconds(300))
        #expect(end.rows == reference.rows)
        let expected = try FinishedExperiment(workspace("reference"))
        #expect(try FinishedExperiment(out) == expected)
    }

    @Test func `a training that fails is told, and the others go on`() async throws {
        let workspace = try Workspace()
        try workspace.write(
            "space.yaml",
            "method: grid\n" + (try await SearchedData.fixed(", epochs: 2"))
                + "search:\n  lr: [0.01, 1e30, 0.02]\n  interests: [2]\n")
        let out = workspace("run")
        let failed = try await Launch.alone.trainer(Self.search(workspace, out), timeout: .seconds(300))
        #expect(failed.exitCode == 70 && failed.errorLines.count == 1, "\(failed.standardError)")
        #expect(failed.errorLines.first?.contains("1 training failed") == true)
        #expect(failed.standardError.contains("warning: trial 1 (lr 1e30, interests 2) failed with exit code 70: "))
        #expect(failed.rows.count == 3 && failed.rows.last?.first == "1" && failed.rows.last?.last == "failed")
        #expect(failed.standardOutput.contains("\(out)/trials/001/seed-0 failed (exit code 70): "))
        // It stays failed until it is asked for again.
        let again = try await Launch.alone.trainer(Self.search(workspace, out), timeout: .seconds(300))
        #expect(again.exitCode == 70 && again.rows == failed.rows && !again.standardError.contains("warning"))
        let retried = try await Launch.alone.trainer(Self.search(workspace, out, "--retry"), timeout: .seconds(300))
        #expect(retried.exitCode == 70 && retried.standardError.contains("warning: trial 1"))
    }

    @Test func `several workers share a search, each training once`() async throws {
        let workspace = try Workspace()
        try workspace.write("space.yaml", try await SearchedData.halving(first: 6, most: 12))
        try await Launch.alone.successfulTrainer(
            Self.search(workspace, workspace("reference")), timeout: .seconds(300))
        let out = workspace("run")
        let results = try await withThrowingTaskGroup(of: ProgramResult.self) { group in
            for task in 0..<3 {
                group.addTask {
                    try await Launch.alone.trainer(
                        Self.search(workspace, out, "--worker", "--parallel", "1"),
                        environment: ["SLURM_ARRAY_TASK_ID": "\(task)"], timeout: .seconds(300))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for result in results {
            #expect(result.exitCode == 0 && result.rows == results[0].rows, "\(result.standardError)")
        }
        let expected = try FinishedExperiment(workspace("reference"))
        #expect(try FinishedExperiment(out) == expected)
        for trial in 0..<4 {
            let log = try String(contentsOfFile: out + "/trials/00\(trial)/seed-0.log", encoding: .utf8)
            #expect(log.split(separator: "\n").filter { $0.hasPrefix("epoch 1/6 ") }.count == 1, "\(log)")
        }
    }

    @Test func `the value of a trial is the mean over its seeds`() async throws {
        let workspace = try Workspace()
        try workspace.write(
            "space.yaml",
            "method: grid\nmetric: HR@5\nseeds: [3, 4]\n" + (try await SearchedData.fixed(", epochs: 3"))
                + "search: {lr: [0.01, 0.03]}\n")
        let out = workspace("run")
        try await Launch.alone.successfulTrainer(Self.search(workspace, out), timeout: .seconds(300))
        let state = try FinishedExperiment(out).state
        guard case .array(let trials)? = state["trials"] else { throw CocoaError(.coderInvalidValue) }
        for trial in trials {
            let values = try [3, 4].map { seed in
                let path = "\(out)/\(trial["folder"]?.string ?? "")/seed-\(seed)/result.json"
                let json = try JSONValue(parsing: try String(contentsOfFile: path, encoding: .utf8))
                return try #require(json["dev"]?["HR@5"]?.double)
            }
            #expect(trial["value"]?.double == (values[0] + values[1]) / 2)
        }
    }

    @Test func `a Slurm job starts a worker that finishes the search`() async throws {
        let workspace = try Workspace()
        try workspace.write("space.yaml", try await SearchedData.halving(first: 1, most: 2))
        let out = workspace("run")
        let printed = try await Launch.alone.successfulTrainer(
            Self.search(workspace, out, "--slurm", "4", "--parallel", "2"), timeout: .seconds(300))
        #expect(printed.standardOutput.contains("#SBATCH --array=0-3\n"))
        #expect(printed.standardOutput.contains("#SBATCH --ntasks=2\n"))
        #expect(!FileManager.default.fileExists(atPath: out))
        let script = try workspace.write("search.sbatch", printed.standardOutput)
        let result = try await run(
            product: "/bin/bash", arguments: [script],
            environment: ["SLURM_ARRAY_TASK_ID": "2", "SLURM_JOB_ID": "1", "SLURM_PROCID": "0", "SLURM_NTASKS": "2"],
            timeout: .seconds(300))
        #expect(result.exitCode == 0 && result.rows.count == 4, "\(result.standardError)")
    }
}
