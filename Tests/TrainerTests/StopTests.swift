import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// Who is asked to stop, how, and what is said about it.
@Suite struct StopTests {
    /// Steps until the first evaluation: many more than a test sees.
    private static let validateEvery = 10_000_000

    /// A training of steps without end, with a checkpoint soon.
    private static func train(_ out: String, data: String, _ more: [String] = []) -> [String] {
        [
            "train", "--quiet", "--model", "ComiRec", "--data-root", data, "--embedding-size", "8", "--logical-shards",
            "4", "--batch-size", "8", "--sampling", "users", "--validate-every", "\(validateEvery)",
            "--checkpoint-every", "20", "--out", out,
        ] + more
    }

    private static func waitForCheckpoint(_ job: RunningJob) async throws {
        let hasTrained = try await job.wait {
            (try? FileManager.default.contentsOfDirectory(atPath: job.out + "/checkpoints"))?.isEmpty == false
        }
        try #require(hasTrained)
    }

    /// Where the message says that the training stopped.
    private static func step(of result: ProgramResult) -> Int? {
        result.standardError.components(separatedBy: " after step ").dropFirst().first
            .flatMap { Int($0.prefix { $0.isNumber }) }
    }

    @Test(arguments: [(1, "shared"), (2, "messages"), (3, "shared"), (3, "messages")])
    func `a signal to a rank without the first shard stops all in the next step`(
        rank: Int, exchange: String
    ) async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        // Two users are in two shards: ranks 2 and 3 have shards without anything in them.
        let lines = (1...2).flatMap { user in (1...9).map { "\(user) \(user + $0)" } }
        try workspace.write("data/two/data.txt", lines.joined(separator: "\n") + "\n")
        let job = RunningJob(
            .ranks(4), Self.train(out, data: workspace("data"), ["--dataset", "two", "--exchange", exchange]), out: out,
            timeout: .seconds(60))
        defer { job.end() }
        try await Self.waitForCheckpoint(job)
        let victim = try #require(job.trainers.first { job.rank(of: $0) == rank })
        kill(victim, SIGTERM)
        let result = try await job.result
        #expect(result.exitCode == 75 && !result.timedOut, "\(result.standardError)")
        #expect(result.standardError.contains("stopped by SIGTERM after step"), "\(result.standardError)")
        #expect(try #require(Self.step(of: result)) < Self.validateEvery, "the evaluation is not waited for")
    }

    @Test func `what mpirun makes of Ctrl-C is told as such`() async throws {
        let workspace = try Workspace()
        let (out, finished) = (workspace("run"), try await FinishedRuns.workspace())
        // More time for the ranks than usual, since the machine may be busy.
        let job = RunningJob(
            .ranks(2), Self.train(out, data: finished("data"), ["--dataset", FinishedRuns.dataset]), out: out,
            environment: ["OMPI_MCA_odls_base_sigkill_timeout": "20"], timeout: .seconds(60))
        defer { job.end() }
        try await Self.waitForCheckpoint(job)
        for launcher in job.launchers { kill(launcher, SIGTERM) }
        let result = try await job.result
        #expect(!result.timedOut)
        #expect(
            result.standardError.contains("stopped by SIGTERM from mpirun (Ctrl-C, or a signal to mpirun) after step"),
            "\(result.standardError)")
    }

    @Test func `a hang-up that nohup ignores does not stop the training`() async throws {
        let workspace = try Workspace()
        let (out, finished) = (workspace("run"), try await FinishedRuns.workspace())
        let job = RunningJob(
            .alone,
            [try path(ofProduct: "trainer")]
                + Self.train(out, data: finished("data"), ["--dataset", FinishedRuns.dataset]), out: out,
            script: "/usr/bin/nohup")
        defer { job.end() }
        try await Self.waitForCheckpoint(job)
        let trainer = try #require(job.trainers.first)
        let checkpoints = { (try? FileManager.default.contentsOfDirectory(atPath: out + "/checkpoints"))?.max() ?? "" }
        kill(trainer, SIGHUP)
        let last = checkpoints()
        let continues = try await job.wait { checkpoints() > last }
        #expect(continues && !job.hasEnded)
        kill(trainer, SIGTERM)
        let result = try await job.result
        #expect(result.exitCode == 75 && !result.timedOut, "\(result.standardError)")
        #expect(result.standardError.contains("stopped by SIGTERM after step"), "\(result.standardError)")
    }

    @Test func `a reader of the messages who goes away does not end the training`() async throws {
        let workspace = try Workspace()
        let (out, finished) = (workspace("run"), try await FinishedRuns.workspace())
        let command =
            ["train", "--model", "ComiRec", "--data-root", finished("data"), "--dataset", FinishedRuns.dataset]
            + FinishedRuns.options + ["--epochs", "5", "--out", out]
        let result = try await run(
            product: "/bin/bash",
            arguments: [
                "-c", "\"$@\" 2> >(exec head -n 1 >/dev/null)", "bash", try path(ofProduct: "trainer"),
            ] + command)
        #expect(result.exitCode == 0 && !result.timedOut, "\(result.standardError)")
        #expect(FileManager.default.fileExists(atPath: out + "/result.json"))
    }
}
