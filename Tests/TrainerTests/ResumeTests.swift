import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// Stopping and resuming.
@Suite struct ResumeTests {
    private static let options = FinishedRuns.options + ["--early-stop", "0"]

    private static func train(_ out: String, _ more: String...) async throws -> [String] {
        let finished = try await FinishedRuns.workspace()
        return ["train", "--quiet", "--data-root", finished("data"), "--dataset", FinishedRuns.dataset, "--out", out]
            + options + more
    }

    /// Begins a training without end, and asks it to stop when it has finished an epoch.
    ///
    /// - Parameter send: what is done to ask.
    private static func stopped(
        _ launch: Launch, _ out: String, _ send: (RunningJob) -> Void
    ) async throws -> ProgramResult {
        let arguments = try await train(out, "--model", "ComiRec", "--epochs", "1000000", "--checkpoint-every", "0")
        let job = RunningJob(launch, arguments, out: out, timeout: .seconds(60))
        defer { job.end() }
        let hasTrained = try await job.wait {
            FileManager.default.contents(atPath: out + "/metrics.jsonl")?.isEmpty == false
        }
        try #require(hasTrained)
        send(job)
        return try await job.result
    }

    private static func checkpoints(_ out: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: out + "/checkpoints").sorted()
    }

    @Test(arguments: [
        (SIGTERM, "SIGTERM"), (SIGINT, "SIGINT"), (SIGHUP, "SIGHUP"), (SIGUSR1, "SIGUSR1"), (SIGUSR2, "SIGUSR2"),
    ])
    func `a signal leads to a checkpoint and exit code 75`(signal: Int32, name: String) async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let result = try await Self.stopped(.alone, out) { job in for rank in job.trainers { kill(rank, signal) } }
        #expect(result.exitCode == 75 && !result.timedOut, "\(result.standardError)")
        #expect(result.standardError.contains("--resume continues from there"), "\(result.standardError)")
        #expect(result.standardError.contains("stopped by \(name) after step"), "\(result.standardError)")
        #expect(try Self.checkpoints(out).count == 1)
        #expect(!FileManager.default.fileExists(atPath: out + "/result.json"))
    }

    @Test func `a signal to one rank of several stops all of them with exit code 75`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let result = try await Self.stopped(.ranks(3), out) { job in
            if let rank = job.trainers.max() { kill(rank, SIGTERM) }
        }
        #expect(result.exitCode == 75 && !result.timedOut, "\(result.standardError)")
        #expect(result.standardError.contains("stopped by SIGTERM after step"), "\(result.standardError)")
        #expect(try Self.checkpoints(out).count == 1)
    }

    @Test func `what mpirun passes on of SIGUSR1 stops the ranks with exit code 75`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let result = try await Self.stopped(.ranks(2), out) { job in
            for launcher in job.launchers { kill(launcher, SIGUSR1) }
        }
        #expect(result.exitCode == 75 && !result.timedOut, "\(result.standardError)")
        #expect(try Self.checkpoints(out).count == 1)
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `a training that is stopped by its time limit ends as one that is not`(launch: Launch) async throws {
        let workspace = try Workspace()
        let (out, reference) = (workspace("run"), workspace("reference"))
        let length = ["--model", "TiMiRec", "--epochs", "120"]
        try await Launch.alone.successfulTrainer(try await Self.train(reference) + length)
        var stops = 0
        while true {
            // Longer each time, so that a slow machine gets to the end as well.
            let limit = "\(0.1 * Double(stops + 1))"
            let result = try await launch.trainer(
                try await Self.train(out, "--resume", "--time-limit", limit) + length, timeout: .seconds(60))
            if result.exitCode == 0 { break }
            try #require(result.exitCode == 75 && !result.timedOut, "\(result.standardError)")
            #expect(result.standardError.contains("stopped by the time limit after step"), "\(result.standardError)")
            stops += 1
        }
        #expect(stops > 0)
        let (run, whole) = (try FinishedRun(folder: out), try FinishedRun(folder: reference))
        #expect(run.digest == whole.digest && run.findings == whole.findings)
        #expect(run.metrics == whole.metrics, "no line is missing or there twice")
    }

    @Test(arguments: [(2, "shared"), (3, "messages"), (4, "groups-2")])
    func `more epochs continue a finished training exactly`(ranks: Int, exchange: String) async throws {
        let workspace = try Workspace()
        let (out, reference) = (workspace("run"), workspace("reference"))
        try await Launch.alone.successfulTrainer(try await Self.train(reference, "--model", "SASRec", "--epochs", "6"))
        try await Launch.alone.successfulTrainer(try await Self.train(out, "--model", "SASRec", "--epochs", "3"))
        try await expectRefusal(
            Refusal(64, naming: "--epochs 6 instead of 3", "--extend"), .ranks(ranks),
            try await Self.train(out, "--model", "SASRec", "--epochs", "6", "--resume"), leaving: out)
        try await Launch.ranks(ranks).successfulTrainer(
            try await Self.train(
                out, "--model", "SASRec", "--epochs", "6", "--resume", "--extend", "--exchange", exchange))
        let (run, whole) = (try FinishedRun(folder: out), try FinishedRun(folder: reference))
        #expect(run.digest == whole.digest && run.findings == whole.findings && run.metrics == whole.metrics)
    }

    @Test(arguments: [(1, "shared"), (3, "messages"), (4, "groups-2")])
    func `windows, their order and an average go on exactly`(ranks: Int, exchange: String) async throws {
        let workspace = try Workspace()
        let (out, reference) = (workspace("run"), workspace("reference"))
        let options = [
            "--model", "eSASRec", "--targets", "all", "--window-stride", "3", "--dropout", "0.2", "--average", "0.9",
            "--warmup-steps", "9", "--lr-decay", "linear", "--decay-epochs", "5", "--clip-norm", "0.1",
        ]
        try await Launch.alone.successfulTrainer(try await Self.train(reference, "--epochs", "6") + options)
        try await Launch.alone.successfulTrainer(try await Self.train(out, "--epochs", "3") + options)
        try await Launch.ranks(ranks).successfulTrainer(
            try await Self.train(out, "--epochs", "6", "--resume", "--extend", "--exchange", exchange) + options)
        let (run, whole) = (try FinishedRun(folder: out), try FinishedRun(folder: reference))
        #expect(run.digest == whole.digest && run.findings == whole.findings && run.metrics == whole.metrics)
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `limits below what is done are refused`(launch: Launch) async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let model = ["--model", "BPRMF", "--epochs"]
        try await Launch.alone.successfulTrainer(try await Self.train(out) + model + ["40"])
        let steps = try #require(try FinishedRun(folder: out).result["steps"]?.double)
        for (limits, refusal) in [
            (["5"], "in epoch 40, and would have ended before by --epochs 5"),
            (["39"], "--epochs 39"),
            (["40", "--max-steps", "\(Int(steps) - 1)"], "--max-steps \(Int(steps) - 1)"),
            (["40", "--early-stop", "2", "--patience", "1"], "--early-stop 2 and --patience 1, after epoch 21"),
        ] {
            try await expectRefusal(
                Refusal(64, naming: "has done step \(Int(steps))", refusal, "--out"), launch,
                try await Self.train(out, "--resume", "--extend") + model + limits, leaving: out)
        }
        try await launch.successfulTrainer(
            try await Self.train(out, "--resume", "--extend") + model + ["40", "--max-steps", "\(Int(steps))"])
    }

    @Test func `a rule to stop early that is given later counts from the beginning`() async throws {
        let workspace = try Workspace()
        let (out, reference) = (workspace("run"), workspace("reference"))
        let rule = ["--model", "BPRMF", "--epochs", "400", "--early-stop", "5", "--patience", "8"]
        try await Launch.alone.successfulTrainer(try await Self.train(reference) + rule)
        try await Launch.alone.successfulTrainer(try await Self.train(out, "--model", "BPRMF", "--epochs", "15"))
        try await Launch.ranks(2).successfulTrainer(try await Self.train(out, "--resume", "--extend") + rule)
        let (run, whole) = (try FinishedRun(folder: out), try FinishedRun(folder: reference))
        #expect(try #require(whole.result["epochs"]?.double) < 400, "the rule ends the training")
        #expect(run.digest == whole.digest && run.findings == whole.findings && run.metrics == whole.metrics)
    }

    /// The parameters that are ranked then are not those that the training continues with: an average, or an earlier epoch.
    @Test(arguments: [Launch.alone, .ranks(2)])
    func `a training that is stopped while test is ranked is extended as one that was not`(
        launch: Launch
    ) async throws {
        let workspace = try Workspace()
        try await Launch.alone.successfulTrainer([
            "data", "generate", "--out", workspace("data/wide"), "--users", "5000", "--items", "20000",
            "--mean-interactions", "8", "--negatives", "0",
        ])
        func train(_ name: String, _ more: String...) -> [String] {
            [
                "train", "--quiet", "--data-root", workspace("data"), "--dataset", "wide", "--model", "BPRMF",
                "--evaluation", "full", "--early-stop", "0", "--average", "0.99", "--out", workspace(name),
            ] + more
        }
        try await Launch.alone.successfulTrainer(train("reference", "--epochs", "3"))
        for attempt in 0..<20 {
            let out = workspace("run-\(attempt)")
            let job = RunningJob(launch, train("run-\(attempt)", "--epochs", "2"), out: out, timeout: .seconds(60))
            defer { job.end() }
            let isRankingTest = try await job.wait(every: .milliseconds(5)) {
                FileManager.default.contents(atPath: out + "/metrics.jsonl")?.count { $0 == UInt8(ascii: "\n") } == 2
            }
            guard isRankingTest, let trainer = job.trainers.first else { continue }
            kill(trainer, SIGTERM)
            // One that has ended before has to be tried again.
            guard try await job.result.exitCode == 75 else { continue }
            try await launch.successfulTrainer(
                train("run-\(attempt)", "--epochs", "3", "--resume", "--extend"), timeout: .seconds(60))
            let (run, whole) = (try FinishedRun(folder: out), try FinishedRun(folder: workspace("reference")))
            #expect(run.digest == whole.digest && run.findings == whole.findings && run.metrics == whole.metrics)
            return
        }
        Issue.record("no training was stopped while test was ranked")
    }

    @Test func `a finished training is not trained again`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let arguments = try await Self.train(out, "--model", "BPRMF", "--epochs", "2")
        let first = try await Launch.alone.successfulTrainer(arguments + ["--json"])
        let result = try String(contentsOfFile: out + "/result.json", encoding: .utf8)
        let again = try await Launch.ranks(2).successfulTrainer(arguments + ["--json", "--resume"])
        #expect(again.standardOutput == first.standardOutput)
        #expect(try String(contentsOfFile: out + "/result.json", encoding: .utf8) == result)
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `resuming with other options or data names what differs`(launch: Launch) async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        let out = workspace("run")
        let stopped = try await Launch.alone.trainer(
            try await Self.train(
                out, "--model", "ComiRec", "--epochs", "1000000", "--time-limit", "0.2", "--checkpoint-every", "5"))
        try #require(stopped.exitCode == 75)
        let model = ["--model", "ComiRec", "--epochs", "1000000", "--resume"]
        try await expectRefusal(
            Refusal(64, naming: "--interests 3 instead of 2", "--lr 0.1 instead of", "--out"), launch,
            try await Self.train(out, "--lr", "0.1") + model + ["--K", "3"], leaving: out)
        try workspace.copy(finished("data"), as: "data")
        let train = workspace("data/\(FinishedRuns.dataset)/train.csv")
        var lines = try String(contentsOfFile: train, encoding: .utf8).split(separator: "\n")
        lines.removeLast()
        try lines.joined(separator: "\n").write(toFile: train, atomically: true, encoding: .utf8)
        try await expectRefusal(
            Refusal(65, naming: "is not the data set of", "interactions instead of"), launch,
            ["train", "--data-root", workspace("data"), "--dataset", FinishedRuns.dataset, "--out", out] + Self.options
                + model, leaving: out)
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `a training that could be resumed is not overwritten by accident`(launch: Launch) async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let arguments = try await Self.train(out, "--model", "TiMiRec", "--epochs", "100000")
        let stopped = try await launch.trainer(arguments + ["--time-limit", "0.3"])
        try #require(stopped.exitCode == 75)
        try await expectRefusal(
            Refusal(64, naming: "stopped after step", "--resume", "--overwrite"), launch, arguments, leaving: out)
        let again = try await launch.trainer(
            arguments + ["--overwrite", "--time-limit", "0.3"], timeout: .seconds(60))
        #expect(again.exitCode == 75)
    }

    @Test func `a damaged checkpoint is named and the one before is used`() async throws {
        let workspace = try Workspace()
        let (out, reference) = (workspace("run"), workspace("reference"))
        let length = ["--model", "ComiRec", "--epochs", "40"]
        try await Launch.alone.successfulTrainer(try await Self.train(reference) + length)
        try await Launch.alone.successfulTrainer(
            try await Self.train(out, "--keep-checkpoints", "3", "--checkpoint-every", "7") + length)
        try FileManager.default.removeItem(atPath: out + "/result.json")
        let names = try Self.checkpoints(out)
        try #require(names.count >= 2)
        let newest = out + "/checkpoints/" + names[names.count - 1]
        var bytes = try Data(contentsOf: URL(filePath: newest))
        bytes[bytes.count - 100] ^= 4
        try bytes.write(to: URL(filePath: newest))
        let result = try await Launch.ranks(2).successfulTrainer(try await Self.train(out, "--resume") + length)
        #expect(result.standardError.contains("\(names[names.count - 1]) is damaged: the checksum"))
        #expect(try FinishedRun(folder: out).digest == FinishedRun(folder: reference).digest)

        try FileManager.default.removeItem(atPath: out + "/result.json")
        for name in try Self.checkpoints(out) {
            try Data("cut".utf8).write(to: URL(filePath: out + "/checkpoints/" + name))
        }
        try await expectRefusal(
            Refusal(65, naming: "is damaged", "no checkpoint is left", "--overwrite"), .alone,
            try await Self.train(out, "--resume") + length, leaving: out)
    }

    @Test func `a run that another process has taken over is left alone`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let ghost = RunningJob(
            .ranks(2), try await Self.train(out, "--model", "ComiRec", "--epochs", "1000000"), out: out)
        defer { ghost.end() }
        let hasTrained = try await ghost.wait {
            FileManager.default.contents(atPath: out + "/metrics.jsonl")?.isEmpty == false
        }
        try #require(hasTrained)
        // What a later attempt does first.
        try "2 elsewhere 77 x\n".write(toFile: out + "/attempt", atomically: true, encoding: .utf8)
        let result = try await ghost.result
        #expect(result.exitCode == 73, "\(result.standardError)")
        #expect(result.standardError.contains("process 77 on elsewhere (attempt 2) has taken over this run"))
    }

    @Test(arguments: [Launch.alone, .ranks(3)])
    func `a loss that is no number names the step and the samples`(launch: Launch) async throws {
        let workspace = try Workspace()
        let result = try await launch.trainer(
            try await Self.train(workspace("run"), "--model", "ComiRec", "--epochs", "50", "--lr", "1e30"))
        #expect(result.exitCode == 70, "\(result.standardError)")
        #expect(result.errorLines.count == 1, "\(result.standardError)")
        let isNamed = ["step ", "in the samples of users ", "--lr"].allSatisfy(result.standardError.contains)
        #expect(isNamed, "\(result.standardError)")
    }

    /// Whether a process may have a file system of its own, as root has where no container forbids it.
    private static func canMount() async throws -> Bool {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/unshare") else { return false }
        let mount = ["-m", "mount", "-t", "tmpfs", "tmpfs", FileManager.default.temporaryDirectory.path]
        return try await run(product: "/usr/bin/unshare", arguments: mount, timeout: .seconds(60)).exitCode == 0
    }

    @Test(.enabled("no file system of its own can be mounted here", { try await canMount() }))
    func `a full disk during a checkpoint leaves the one before`() async throws {
        let workspace = try Workspace()
        let (disk, reference) = (workspace("disk"), workspace("reference"))
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        // A checkpoint has 311 to 433 kB, the rest of the run less than 250: the disk has room for one and not for two,
        // and however slowly they are written, there are two: the first that is due, and that of the last step.
        let length = ["--model", "ComiRec", "--epochs", "60", "--embedding-size", "512"]
        try await Launch.alone.successfulTrainer(try await Self.train(reference) + length)
        let (survivor, kept) = (workspace("survivor"), workspace("kept"))
        let script = try workspace.write(
            "script",
            """
            mount -t tmpfs -o size=700k tmpfs '\(disk)' || exit 98
            trainer=$1; shift
            "$trainer" "$@" --checkpoint-every 5 --keep-checkpoints 1000; echo "code $?"
            ls -A '\(disk)/run/checkpoints' >'\(survivor)' || exit 98
            mount -o remount,size=100m '\(disk)' || exit 98
            # Not quietly, so that it says where it resumes.
            for option; do shift; [ "$option" = --quiet ] || set -- "$@" "$option"; done
            "$trainer" "$@" --resume --keep-checkpoints 1000; echo "code $?"
            cp -r '\(disk)/run' '\(kept)' || exit 98
            """)
        let trainer = try path(ofProduct: "trainer")
        let command = try await Self.train(disk + "/run") + length
        let result = try await run(
            product: "/usr/bin/unshare", arguments: ["-m", "sh", script, trainer] + command, timeout: .seconds(60))
        #expect(result.exitCode == 0 && !result.timedOut, "\(result.standardError)")
        #expect(result.errorLines.count == 1, "\(result.standardError)")
        let isNamed = ["cannot be written: No space left on device", "free some space"].allSatisfy(
            result.standardError.contains)
        #expect(isNamed, "\(result.standardError)")
        #expect(result.standardOutput.hasPrefix("code 74\n"), "\(result.standardOutput)")
        #expect(result.standardOutput.hasSuffix("code 0\n"), "\(result.standardOutput)")

        let left = try String(contentsOfFile: survivor, encoding: .utf8).split(separator: "\n").map(String.init)
        let name = try #require(left.first)
        #expect(left.count == 1, "one checkpoint and nothing half-written: \(left)")
        let step = try #require(Int(name.dropFirst("step-".count).prefix(10)))
        #expect(step > 0)
        #expect(result.standardError.contains("resuming from step \(step) in epoch "), "\(result.standardError)")
        #expect(try Self.checkpoints(kept).contains(name))
        let (run, whole) = (try FinishedRun(folder: kept), try FinishedRun(folder: reference))
        #expect(run.digest == whole.digest && run.findings == whole.findings && run.metrics == whole.metrics)
    }

    @Test(arguments: [
        ["--extend"], ["--resume", "--overwrite"], ["--checkpoint-every", "-1"], ["--time-limit", "0"],
        ["--time-limit", "1:2:3:4"], ["--keep-checkpoints", "0"], ["--stall-limit", "-1"],
        ["--checkpoint-seconds", "0"],
    ])
    func `wrong options of running are refused`(options: [String]) async throws {
        let workspace = try Workspace()
        try await expectRefusal(
            Refusal(64, naming: options[0]), .alone,
            try await Self.train(workspace("run"), "--model", "BPRMF") + options, leaving: workspace.path)
    }
}
