import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// `cluster/run-with-restarts`, with real deaths of ranks.
@Suite struct RestartTests {
    static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "cluster/run-with-restarts").path

    /// A training of some seconds under the script.
    static func arguments(_ workspace: Workspace, _ out: String, _ more: [String] = []) async throws -> [String] {
        ["--wait", "0"] + more + [
            "mpirun", "-n", "2", "--oversubscribe", try path(ofProduct: "trainer"), "train", "--quiet", "--model",
            "ComiRec", "--data-root", try await SmallData.root(), "--dataset", SmallData.name, "--embedding-size", "16",
            "--batch-size", "16", "--early-stop", "0", "--epochs", "150", "--checkpoint-every", "20", "--out", out,
        ]
    }

    @Test func `a training whose ranks die is finished as if nothing had happened`() async throws {
        let workspace = try Workspace()
        let (out, reference) = (workspace("run"), workspace("reference"))
        let alone = try await Self.arguments(workspace, reference).drop { $0 != "train" }
        try await Launch.alone.successfulTrainer(Array(alone))
        let job = RunningJob(
            .ranks(2), try await Self.arguments(workspace, out), out: out, timeout: .seconds(120), script: Self.script)
        defer { job.end() }
        for _ in 0..<2 {
            let before = try? FileManager.default.contentsOfDirectory(atPath: out + "/checkpoints").count
            guard
                try await job.wait(until: {
                    let names = try? FileManager.default.contentsOfDirectory(atPath: out + "/checkpoints")
                    return job.trainers.count == 2 && (names?.count ?? 0) > min(before ?? 0, 1)
                }), let victim = job.trainers.max()
            else { break }
            kill(victim, SIGKILL)
            _ = try await job.wait { job.running([victim]).isEmpty }
        }
        let result = try await job.result
        #expect(result.exitCode == 0 && !result.timedOut, "\(result.standardError)")
        #expect(result.standardError.contains("resumes from its last checkpoint"), "\(result.standardError)")
        expectSame(try FinishedRun(folder: out), as: try FinishedRun(folder: reference), "after restarts")
    }

    @Test func `a training that dies without progress is given up`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let job = RunningJob(
            .ranks(2),
            ["--wait", "0", "--failures", "2", "sh", "-c", "exit 7", "sh", "train", "--out", out], out: out,
            script: Self.script)
        let result = try await job.result
        #expect(result.exitCode == 7 && !result.timedOut, "\(result.standardError)")
        #expect(result.standardError.contains("2 failures in a row without progress"))
    }

    @Test func `a folder below ~ is the one that the training writes`() async throws {
        let workspace = try Workspace()
        let result = try await run(
            product: Self.script,
            arguments: [
                "--wait", "0", "--failures", "1", "sh", "-c", "mkdir -p $HOME/a && echo {} > $HOME/a/result.json", "sh",
                "train", "--out=~/a",
            ], environment: ["HOME": workspace.path], timeout: .seconds(60))
        #expect(result.exitCode == 0 && !result.timedOut, "\(result.standardError)")
    }

    @Test func `success without a result is a failure`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let job = RunningJob(
            .ranks(2), ["--wait", "0", "--failures", "2", "true", "train", "--out", out], out: out, script: Self.script)
        let result = try await job.result
        #expect(result.exitCode == 70 && !result.timedOut, "\(result.standardError)")
        #expect(result.standardError.contains("exit code 0, but there is no \(out)/result.json"))
    }

    @Test func `one failure is allowed as long as each start gets on`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        // Stands for mpirun: gets an epoch further twice, and then no more.
        let stand = try workspace.write(
            "stand-in",
            """
            #!/bin/sh
            mkdir -p '\(out)'; echo start >>'\(out)/starts'
            [ "$(wc -l <'\(out)/starts')" -gt 2 ] || echo '{}' >>'\(out)/metrics.jsonl'
            exit 7
            """)
        chmod(stand, 0o755)
        let job = RunningJob(
            .ranks(1), ["--wait", "0", "--failures", "1", stand, "trainer", "train", "--out", out], out: out,
            script: Self.script)
        let result = try await job.result
        #expect(result.exitCode == 7 && !result.timedOut, "\(result.standardError)")
        #expect(
            result.standardError.contains("a failure without progress (exit code 7): giving up"),
            "\(result.standardError)")
        let starts = try String(contentsOfFile: out + "/starts", encoding: .utf8)
        #expect(starts.split(separator: "\n").count == 3)
    }

    @Test func `SIGTERM to the script leaves a checkpoint and exit code 75`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        var arguments = try await Self.arguments(workspace, out)
        arguments += ["--epochs", "1000000"]
        let job = RunningJob(.ranks(2), arguments, out: out, timeout: .seconds(60), script: Self.script)
        defer { job.end() }
        let hasTrained = try await job.wait {
            FileManager.default.contents(atPath: out + "/metrics.jsonl")?.isEmpty == false
        }
        try #require(hasTrained)
        for script in job.scripts { kill(script, SIGTERM) }
        let result = try await job.result
        #expect(result.exitCode == 75 && !result.timedOut, "\(result.standardError)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: out + "/checkpoints").isEmpty == false)
    }

    @Test func `hosts that do not answer are left out of the next start`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let hosts = try workspace.write("hosts", "good slots=2\nbad slots=4\n")
        let record = workspace("calls")
        // Stands for mpirun: dies once, then tells what it was started with.
        let stand = try workspace.write(
            "stand-in",
            """
            #!/bin/sh
            printf '%s ' "$@" >>'\(record)'; cat "$4" >>'\(record)'
            [ "$(grep -c train '\(record)')" -gt 1 ] && mkdir -p '\(out)' && touch '\(out)/result.json'
            """)
        let probe = try workspace.write("probe", "#!/bin/sh\n[ \"$1\" = good ]\n")
        for program in [stand, probe] { chmod(program, 0o755) }
        let job = RunningJob(
            .ranks(1),
            [
                "--wait", "0", "--probe", probe,
                stand, "-n", "6", "--hostfile", hosts, "trainer", "train", "--out", out,
            ], out: out, script: Self.script)
        let result = try await job.result
        #expect(result.exitCode == 0, "\(result.standardError)")
        #expect(result.standardError.contains("bad does not answer"), "\(result.standardError)")
        let calls = try String(contentsOfFile: record, encoding: .utf8)
        #expect(calls.contains("-n 6 --hostfile \(hosts)") && calls.contains("-n 2 --hostfile "), "\(calls)")
        #expect(calls.hasSuffix("good slots=2\n"), "\(calls)")
    }
}
