import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// What `cluster/run-with-restarts` does about an mpirun that hangs, a run that is somebody else's, and signals.
@Suite struct SupervisionTests {
    /// Runs the script as from a terminal, whose shell ignores no signal.
    static func job(
        _ arguments: [String], out: String, ranks: Int = 1, timeout: Duration = .seconds(60), prefix: [String] = []
    ) -> RunningJob {
        let signals = prefix.isEmpty ? ["--default-signal=INT,HUP,TERM,USR1,USR2"] : []
        return RunningJob(
            .ranks(ranks), signals + prefix + [RestartTests.script] + arguments, out: out, timeout: timeout,
            script: "/usr/bin/env")
    }

    /// A training without end on two ranks.
    private static func endless(_ out: String) async throws -> [String] {
        [
            "--wait", "0", "mpirun", "-n", "2", "--oversubscribe", try path(ofProduct: "trainer"), "train", "--model",
            "ComiRec", "--data-root", try await SmallData.root(), "--dataset", SmallData.name, "--early-stop", "0",
            "--epochs", "1000000", "--out", out,
        ]
    }

    private static func waitForEpoch(_ job: RunningJob) async throws {
        let hasTrained = try await job.wait {
            FileManager.default.contents(atPath: job.out + "/metrics.jsonl")?.isEmpty == false
        }
        try #require(hasTrained)
    }

    private static func lines(of file: String) -> [Substring] {
        ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(separator: "\n")
    }

    @Test func `mpirun that hangs is ended with all that it has started, and started again`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let (starts, children) = (workspace("starts"), workspace("children"))
        // Stands for mpirun: hangs once and ignores SIGTERM, as does its child, which has a session of its own.
        let stand = try workspace.write(
            "stand-in",
            """
            #!/bin/bash
            echo start >>'\(starts)'
            if [ "$(wc -l <'\(starts)')" -lt 2 ]; then
                trap '' TERM
                setsid bash -c 'trap "" TERM; while :; do sleep 1; done' &
                echo $! >>'\(children)'
                while :; do sleep 1; done
            fi
            mkdir -p '\(out)'; touch '\(out)/result.json'
            """)
        chmod(stand, 0o755)
        let job = Self.job(["--wait", "0", "--silence", "2", stand, "trainer", "train", "--out", out], out: out)
        let result = try await job.result
        #expect(result.exitCode == 0 && !result.timedOut, "\(result.standardError)")
        #expect(result.standardError.contains("no sign of life in \(out) for 2 s"), "\(result.standardError)")
        #expect(Self.lines(of: starts).count == 2)
        let child = try #require(Self.lines(of: children).first.flatMap { pid_t($0) })
        let command = FileManager.default.contents(atPath: "/proc/\(child)/cmdline") ?? Data()
        #expect(command.isEmpty, "the child is gone, or waits to be buried")
    }

    @Test(arguments: ["heartbeat", "pretrain/heartbeat"])
    func `a training that shows a sign of life is left alone, however long it takes`(file: String) async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let stand = try workspace.write(
            "stand-in",
            """
            #!/bin/bash
            mkdir -p '\(out)/pretrain'
            for ((beat = 0; beat < 40; beat++)); do echo $beat >'\(out)/\(file)'; sleep 0.25; done
            touch '\(out)/result.json'
            """)
        chmod(stand, 0o755)
        let job = Self.job(["--wait", "0", "--silence", "6", stand, "trainer", "train", "--out", out], out: out)
        let result = try await job.result
        #expect(result.exitCode == 0 && !result.timedOut, "\(result.standardError)")
        #expect(result.standardError.isEmpty, "\(result.standardError)")
    }

    @Test func `a run that another process has taken over is final`() async throws {
        let workspace = try Workspace()
        let (out, starts) = (workspace("run"), workspace("starts"))
        let stand = try workspace.write("stand-in", "#!/bin/sh\necho start >>'\(starts)'\nexit 73\n")
        chmod(stand, 0o755)
        let job = Self.job(["--wait", "0", stand, "trainer", "train", "--out", out], out: out)
        let result = try await job.result
        #expect(result.exitCode == 73 && !result.timedOut, "\(result.standardError)")
        #expect(result.standardError.contains("it is left to that one"), "\(result.standardError)")
        #expect(Self.lines(of: starts).count == 1)
    }

    @Test func `a rank of the start before that lives on, cut off, is waited for`() async throws {
        let workspace = try Workspace()
        let (out, starts) = (workspace("run"), workspace("starts"))
        let stand = try workspace.write(
            "stand-in",
            """
            #!/bin/bash
            mkdir -p '\(out)'; echo start >>'\(starts)'
            case $(wc -l <'\(starts)') in
                1) echo "1 elsewhere 77 x" >'\(out)/attempt'; exit 7 ;;
                2 | 3 | 4 | 5) exit 73 ;;
                *) touch '\(out)/result.json' ;;
            esac
            """)
        chmod(stand, 0o755)
        let job = Self.job(["--wait", "0", stand, "trainer", "train", "--out", out], out: out)
        let result = try await job.result
        #expect(result.exitCode == 0 && !result.timedOut, "\(result.standardError)")
        #expect(result.standardError.contains("waiting for its end"), "\(result.standardError)")
        #expect(Self.lines(of: starts).count == 6)
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGUSR2])
    func `a signal to all processes of a terminal leaves a checkpoint, exit code 75 and nothing else`(
        signal: Int32
    ) async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let job = Self.job(try await Self.endless(out), out: out, ranks: 2)
        defer { job.end() }
        try await Self.waitForEpoch(job)
        let script = try #require(job.scripts.first)
        // The script leads the group, as it does on a terminal: Ctrl-C and the end of a terminal reach all of it.
        try #require(getpgid(script) == script)
        kill(-script, signal)
        // The same request on another way, as from a batch system that signals the job and its script.
        kill(-script, SIGUSR1)
        let result = try await job.result
        #expect(result.exitCode == 75 && !result.timedOut, "\(result.standardError)")
        #expect(result.standardError.contains("stopped by SIGUSR1 after step"), "\(result.standardError)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: out + "/checkpoints").isEmpty == false)
        #expect(!job.isLeftOver)
    }

    @Test func `a hang-up that nohup ignores is not passed on`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let job = Self.job(try await Self.endless(out), out: out, ranks: 2, prefix: ["nohup"])
        defer { job.end() }
        try await Self.waitForEpoch(job)
        let script = try #require(job.scripts.first)
        kill(-script, SIGHUP)
        let before = Self.lines(of: out + "/metrics.jsonl").count
        let continues = try await job.wait { Self.lines(of: out + "/metrics.jsonl").count > before + 20 }
        #expect(continues)
        kill(script, SIGTERM)
        let result = try await job.result
        #expect(result.exitCode == 75 && !result.timedOut, "\(result.standardError)")
        #expect(!result.standardError.contains("SIGHUP"), "\(result.standardError)")
    }

    @Test func `a stop that is asked for while mpirun hangs ends it`() async throws {
        let workspace = try Workspace()
        let (out, starts) = (workspace("run"), workspace("starts"))
        let stand = try workspace.write(
            "stand-in",
            """
            #!/bin/bash
            trap '' TERM USR1
            echo start >>'\(starts)'
            while :; do sleep 1; done
            """)
        chmod(stand, 0o755)
        let job = Self.job(["--wait", "0", stand, "trainer", "train", "--out", out], out: out)
        defer { job.end() }
        let hasBegun = try await job.wait { !Self.lines(of: starts).isEmpty }
        try #require(hasBegun)
        for script in job.scripts { kill(script, SIGTERM) }
        let result = try await job.result
        #expect(result.exitCode == 75 && !result.timedOut, "\(result.standardError)")
        #expect(result.standardError.contains("the ranks do not end"), "\(result.standardError)")
        #expect(!job.isLeftOver)
    }

    @Test func `of two scripts with one command one trains and the other leaves it alone`() async throws {
        let workspace = try Workspace()
        let (out, said) = (workspace("run"), workspace("said"))
        let both = """
            "$@" >/dev/null & first=$!
            until [ -s '\(out)/metrics.jsonl' ]; do kill -0 $first || exit 99; sleep 0.1; done
            "$@" >/dev/null 2>'\(said)' && echo 0 || echo $?
            kill -TERM $first
            wait $first && echo 0 || echo $?
            """
        let result = try await run(
            script: "/bin/bash", ranks: 4,
            arguments: ["-c", both, "bash", RestartTests.script] + (try await Self.endless(out)),
            timeout: .seconds(120))
        #expect(result.standardOutput == "73\n75\n" && !result.timedOut, "\(result.standardError)")
        let second = try String(contentsOfFile: said, encoding: .utf8)
        #expect(second.contains("it is left to that one") && !second.contains("resumes from"), "\(second)")
        let attempt = try String(contentsOfFile: out + "/attempt", encoding: .utf8)
        #expect(attempt.hasPrefix("1 "), "nobody fights for it: \(attempt)")
    }
}
