import FileIO
import Foundation
import Glibc
import Reporting
import Training

/// Starts the trainings of an experiment, several at a time, until all that is to be trained is trained.
///
/// What is next follows from the files of the trainings (``ExperimentResults``), so that it may be killed at any
/// moment, and several processes, of several machines, can share the work: each claims a training before it starts it.
/// Which of them trains what, and in which order, changes no result.
package struct ExperimentRunner {
    /// How the work ended.
    package enum Ending {
        /// All is trained, or has failed.
        case complete
        /// All trainings have stopped with a checkpoint to resume from.
        case stopped(StopReason)
    }

    private struct Running {
        let child: ChildProcess
        let run: ExperimentPlan.Run
        let rung: Int
        /// The index of its processors in ``TrialLauncher/processors``.
        let share: Int
        let claim: RunFence
        let logSize: Int
        let start: ContinuousClock.Instant
    }

    /// Seconds between two looks at trainings of other processes.
    private static let pause = 2.0

    private var results: ExperimentResults
    private let launcher: TrialLauncher
    private let stop: StopRequest
    private let console: Console
    private var running: [Running] = []
    private var watch = RunWatch()
    /// Trainings that others had at the last look, with the time of the next one.
    private var nextLook: [ExperimentPlan.Run: ContinuousClock.Instant] = [:]
    private var hasNews = true
    private var lastRefresh = ContinuousClock.now

    /// - Parameters:
    ///   - results: of the experiment, whose folder is there.
    ///   - launcher: how trainings are started.
    ///   - stop: what ends the work before its end.
    ///   - console: for a line for each training.
    package init(_ results: ExperimentResults, launcher: TrialLauncher, stop: StopRequest, console: Console) {
        self.results = results
        self.launcher = launcher
        self.stop = stop
        self.console = console
    }

    /// Trains until all is done, or until it is asked to stop.
    ///
    /// - Returns: how it ended, and what is known then.
    package mutating func run() throws -> (ending: Ending, results: ExperimentResults) {
        do {
            while true {
                for index in running.indices.reversed() {
                    guard let ending = running[index].child.ending() else { continue }
                    try finish(running.remove(at: index), ending)
                }
                if let reason = stop.reason {
                    endAll()
                    results.refresh()
                    return (.stopped(reason), results)
                }
                if hasNews || (ContinuousClock.now - lastRefresh).inSeconds > Self.pause {
                    results.refresh()
                    lastRefresh = .now
                    try ExperimentFolder(results.folder).write(results)
                    if results.schedule.isComplete, running.isEmpty { return (.complete, results) }
                    hasNews = false
                    try startOnFreeProcessors()
                }
                Thread.sleep(forTimeInterval: 0.05)
            }
        } catch {
            endAll()
            throw error
        }
    }

    /// Starts trainings on the free processors.
    private mutating func startOnFreeProcessors() throws {
        var free = launcher.processors.indices.filter { share in !running.contains { $0.share == share } }
        for job in results.schedule.jobs {
            for run in results.runs(of: job.candidate) {
                guard let share = free.first else { return }
                guard !running.contains(where: { $0.run == run }), nextLook[run].map({ $0 < .now }) ?? true,
                    results.isOpen(run, rung: job.rung)
                else { continue }
                if try start(run, rung: job.rung, share: share) { free.removeFirst() }
            }
        }
    }

    /// Starts a training.
    ///
    /// - Returns: false where another process has it.
    private mutating func start(_ run: ExperimentPlan.Run, rung: Int, share: Int) throws -> Bool {
        let files = results.files(of: run)
        guard !watch.isAtWork(files.claim) else { return false }
        let claim: RunFence
        do {
            claim = try RunFence(claiming: files.claim)
        } catch let error as TrainingError where error.kind == .taken {
            return false
        }
        // Another process may have been through with it between the look and the claim.
        guard results.isOpen(run, rung: rung) else {
            claim.release()
            hasNews = true
            return false
        }
        let output = results.folder + "/" + results.plan.folder(of: run)
        let arguments =
            results.plan.arguments(
                of: run.candidate, seed: results.plan.seeds[run.seed], rung: rung,
                leavesTestAlone: results.plan.leavesTestAlone, output: output)
            + ["--resume", "--extend", "--keep-checkpoints=1"]
        var status = stat()
        let logSize = stat(files.log, &status) == 0 ? Int(status.st_size) : 0
        do {
            let child = try ChildProcess(
                launcher.command(arguments, on: share), log: files.log)
            running.append(
                Running(
                    child: child, run: run, rung: rung, share: share, claim: claim, logSize: logSize, start: .now))
        } catch {
            claim.release()
            throw error
        }
        return true
    }

    /// Notes how a training ended.
    private mutating func finish(_ ended: Running, _ ending: ChildProcess.Ending) throws {
        defer {
            ended.claim.release()
            hasNews = true
        }
        let files = results.files(of: ended.run)
        let name = describe(ended)
        let log = TrialLog(files.log, from: ended.logSize)
        switch ending {
        case .exited(0) where !results.isOpen(ended.run, rung: ended.rung):
            files.forgetFailure()
            let value = results.value(of: results.plan.metrics[0], in: files, rung: ended.rung)
            console.info(
                "\(name): \(results.plan.leavesTestAlone ? "dev" : "test") \(results.plan.metrics[0]) "
                    + "\(value.map { NumberText.fixed($0, decimals: 4) } ?? "none"), "
                    + NumberText.duration(seconds: (ContinuousClock.now - ended.start).inSeconds))
        case .exited(75):
            // Somebody else has stopped it, with a checkpoint: it is started again.
            nextLook[ended.run] = .now + .seconds(1)
        case .exited(73):
            // A training that outlived the process that started it still runs.
            nextLook[ended.run] = .now + .seconds(Self.pause)
        default:
            let message = log.message ?? "it ended \(ending.words)"
            try files.note(
                TrialFiles.Failure(
                    epochs: results.epochs(of: ended.rung), exitCode: ending.exitCode, message: message))
            console.warning(
                "\(name) failed \(ending.words): \(message)\nthe others are trained; \(files.log) has all it said")
        }
    }

    private func describe(_ ended: Running) -> String {
        let candidate = results.plan.candidates[ended.run.candidate]
        let options = candidate.chosen.filter { results.plan.leavesTestAlone || $0.name == "dataset" }.map {
            "\($0.name) \($0.value ?? "")"
        }
        let name = results.plan.leavesTestAlone ? "trial \(candidate.label)" : candidate.label
        let seed = results.plan.seeds.count > 1 ? ", seed \(results.plan.seeds[ended.run.seed])" : ""
        let epochs = results.epochs(of: ended.rung).map { ", \(NumberText.counted($0, "epochs"))" } ?? ""
        return name + (options.isEmpty ? "" : " (\(options.joined(separator: ", ")))") + seed + epochs
    }

    /// Asks all trainings to stop, and waits for their checkpoints.
    private mutating func endAll() {
        for training in running { training.child.send(launcher.stopSignal) }
        while !running.isEmpty {
            for index in running.indices.reversed() where running[index].child.ending() != nil {
                running.remove(at: index).claim.release()
            }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }
}

extension ChildProcess.Ending {
    /// `with exit code 70`.
    var words: String {
        switch self {
        case .exited(let code): "with exit code \(code)"
        case .signaled(let number): "by signal \(number)"
        }
    }
}
