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

    /// Runs a script that starts trainings at the same time, which tests otherwise wait for one after the other.
    ///
    /// - Parameters:
    ///   - script: `$trainer` is the program, `$out` the folder of the run, `"$@"` begins a command with its options.
    ///   - ranks: that the script starts at the same time.
    private static func run(_ script: String, ranks: Int, out: String) async throws -> ProgramResult {
        let trainer = try path(ofProduct: "trainer")
        let command = try await train(out)
        return try await ProcessSupport.run(
            script: "/bin/bash", ranks: ranks,
            arguments: ["-c", "trainer='\(trainer)' out='\(out)'\n" + script, "bash", trainer] + command,
            timeout: .seconds(240))
    }

    @Test(arguments: ["", "mpirun -n 2 --oversubscribe"])
    func `a training at work is left alone by every other command, and followed at once when it is killed`(
        launcher: String
    ) async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        // Without a checkpoint there is nothing that could tell it from a folder of nobody.
        let script = """
            \(launcher) "$@" --model ComiRec --checkpoint-every 0 --epochs 1000000 >/dev/null 2>&1 &
            first=$!
            until [ -s "$out/metrics.jsonl" ]; do
                kill -0 $first || exit 99
                sleep 0.05
            done
            for options in '--model ComiRec --epochs 1000000' '--model ComiRec --epochs 1000000 --resume' \
                '--model SASRec --epochs 1 --overwrite' '--model SASRec --epochs 1'; do
                "$@" $options >/dev/null
                echo "code $?"
            done
            kill -0 $first && echo 'the first one continues'
            read -r _ _ rank _ <"$out/attempt"
            kill -KILL $first $rank
            wait $first
            \(launcher) "$@" --model ComiRec --epochs 2 --resume >/dev/null
            echo "code $?"
            """
        let result = try await Self.run(script, ranks: 3, out: out)
        #expect(
            result.standardOutput
                == String(repeating: "code 73\n", count: 4) + "the first one continues\n" + "code 0\n",
            "\(result.standardError)")
        #expect(result.errorLines.count == 4, "\(result.standardError)")
        let isNamed = result.errorLines.allSatisfy { $0.contains("is at work there (attempt 1)") }
        #expect(isNamed, "\(result.standardError)")
    }

    @Test func `of two that start at the same moment one trains, and the other one is told so`() async throws {
        let workspace = try Workspace()
        // The loser ends first; then the other one is asked to stop.
        let script = """
            for start in 1 2; do "$@" --model ComiRec --epochs 1000000 >/dev/null & done
            wait -n
            echo "code $?"
            kill -USR1 $(jobs -p -r)
            wait -n
            echo "code $?"
            """
        let result = try await Self.run(script, ranks: 2, out: workspace("run"))
        #expect(result.standardOutput == "code 73\ncode 75\n", "\(result.standardError)")
        #expect(result.errorLines.count == 1, "\(result.standardError)")
        #expect(result.standardError.contains("is at work there (attempt 1)"), "\(result.standardError)")
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
        let continues = try await job.wait { beats() != first && !beats().isEmpty }
        #expect(continues)
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
