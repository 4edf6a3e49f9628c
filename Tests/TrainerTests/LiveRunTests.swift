import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// A run that a process works on belongs to that process.
@Suite struct LiveRunTests {
    private static func train(_ out: String, _ more: String...) async throws -> [String] {
        let finished = try await FinishedRuns.workspace()
        return [
            "train", "--quiet", "--data-root", finished("data"), "--dataset", FinishedRuns.dataset, "--out", out,
            "--early-stop", "0",
        ] + FinishedRuns.options + more
    }

    private static let endless = ["--epochs", "1000000"]

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `a training at work is left alone by every other command, and followed at once when it is killed`(
        launch: Launch
    ) async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        // Without a checkpoint there is nothing that could tell it from a folder of nobody.
        let first = RunningJob(
            launch, try await Self.train(out, "--model", "ComiRec", "--checkpoint-every", "0") + Self.endless, out: out)
        defer { first.end() }
        let hasTrained = try await first.wait {
            FileManager.default.contents(atPath: out + "/metrics.jsonl")?.isEmpty == false
        }
        try #require(hasTrained)
        let ranks = first.trainers
        for options in [
            ["--model", "ComiRec"] + Self.endless, ["--model", "ComiRec", "--resume"] + Self.endless,
            ["--model", "SASRec", "--epochs", "1", "--overwrite"], ["--model", "SASRec", "--epochs", "1"],
        ] {
            let second = try await Launch.alone.trainer(try await Self.train(out) + options)
            #expect(second.exitCode == 73 && !second.timedOut, "\(options): \(second.standardError)")
            #expect(second.errorLines.count == 1, "\(second.standardError)")
            #expect(second.standardError.contains("is at work there (attempt 1)"), "\(second.standardError)")
        }
        #expect(first.running(ranks).count == ranks.count, "the first one goes on")
        for process in first.launchers + ranks { kill(process, SIGKILL) }
        _ = try await first.result
        try await launch.successfulTrainer(
            try await Self.train(out, "--model", "ComiRec", "--epochs", "2", "--resume"))
    }

    @Test func `of two that start at the same moment one trains, and the other one is told so`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let options = try await Self.train(out, "--model", "ComiRec", "--time-limit", "25") + Self.endless
        async let one = Launch.alone.trainer(options)
        async let other = Launch.alone.trainer(options)
        let results = [try await one, try await other]
        #expect(Set(results.map(\.exitCode)) == [75, 73], "\(results.map(\.standardError))")
        let loser = try #require(results.first { $0.exitCode == 73 })
        #expect(loser.standardError.contains("is at work there (attempt 1)"), "\(loser.standardError)")
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `a training beats while it works, and not any more when it has stopped`(launch: Launch) async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let job = RunningJob(launch, try await Self.train(out, "--model", "ComiRec") + Self.endless, out: out)
        defer { job.end() }
        let beats = { (try? String(contentsOfFile: out + "/heartbeat", encoding: .utf8)) ?? "" }
        try #require(try await job.wait { beats().contains(" computing ") || beats().contains(" exchanging ") })
        let first = beats()
        let goesOn = try await job.wait { beats() != first && !beats().isEmpty }
        #expect(goesOn)
        let claim = try String(contentsOfFile: out + "/attempt", encoding: .utf8).split(separator: " ")
        #expect(claim.count == 7 && first.hasPrefix(claim[3] + " "), "\(claim) \(first)")
        for rank in job.trainers { kill(rank, SIGTERM) }
        let result = try await job.result
        #expect(result.exitCode == 75, "\(result.standardError)")
        let names = Set(try FileManager.default.contentsOfDirectory(atPath: out))
        #expect(names == ["attempt", "checkpoints", "config.yaml", "metrics.jsonl", "model"])
    }

    @Test(arguments: [["--checkpoint-seconds", "3600"], ["--checkpoint-every", "1000000000"], []])
    func `what is trained in the first epoch is not lost, however seldom checkpoints are`(options: [String])
        async throws
    {
        let workspace = try Workspace()
        let out = workspace("run")
        let command = try await Self.train(out, "--model", "ComiRec") + Self.endless + options
        let job = RunningJob(.alone, command, out: out)
        defer { job.end() }
        let isSaved = try await job.wait {
            (try? FileManager.default.contentsOfDirectory(atPath: out + "/checkpoints"))?
                .contains { $0.hasPrefix("step-") } ?? false
        }
        #expect(isSaved)
        for process in job.trainers { kill(process, SIGKILL) }
        _ = try await job.result
        try await expectRefusal(
            Refusal(64, naming: "stopped after step", "--resume"), .alone,
            try await Self.train(out, "--model", "SASRec"), leaving: out + "/checkpoints")
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `what is refused leaves no folder`(launch: Launch) async throws {
        let workspace = try Workspace()
        let result = try await launch.trainer(
            try await Self.train(workspace("a/b"), "--model", "ComiRec", "--data-root", workspace("none")))
        #expect(result.exitCode == 65, "\(result.standardError)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: workspace.path).isEmpty)
    }
}
