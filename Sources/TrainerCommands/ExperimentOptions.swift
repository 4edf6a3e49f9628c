import ArgumentParser
import Experiments
import FileIO
import Foundation
import MPI
import Options
import Reporting
import RunReports
import Training

/// How the trainings of a search or a comparison are run; never changes a result.
struct ExperimentOptions: ParsableArguments {
    @Option(help: "Folder of the search or comparison. The same command again continues what is there.")
    var out: String?

    @Option(name: .field("data-root"), help: "Folder of data sets, in the place of that in the file.")
    var dataRoot: String?

    @Option(help: "Trainings at a time. (default: as many as the processors have room for)")
    var parallel: Int?

    @Option(help: "Ranks of each training.")
    var ranks = 1

    @Option(help: ArgumentHelp("What starts several ranks: mpirun or srun.", visibility: .hidden))
    var launcher = TrialLauncher.Program.mpirun

    @Option(
        name: .spellings(of: "time-limit"),
        help: "Stop with checkpoints and exit code 75 after so much time: seconds, or hours:minutes:seconds.")
    var timeLimit: TimeLimit?

    @Flag(help: "Train again what failed; otherwise it stays failed.")
    var retry = false

    @Flag(help: "Share the trainings with others that are started so on the same --out, on any number of machines.")
    var worker = false

    @Option(
        help: ArgumentHelp(
            "Print a Slurm job of so many workers on the same --out, for sbatch, and train nothing.",
            valueName: "workers"))
    var slurm: Int?

    @Flag(name: .shortAndLong, help: "Only the table, warnings and errors.")
    var quiet = false

    mutating func validate() throws {
        func require(_ isGood: Bool, _ message: String) throws {
            if !isGood { throw ValidationError(message) }
        }
        try require((1...4096).contains(ranks), "--ranks is \(ranks): choose 1 to 4096")
        try require((1...4096).contains(parallel ?? 1), "--parallel is \(parallel ?? 1): choose 1 to 4096")
        try require((1...10_000).contains(slurm ?? 1), "--slurm is \(slurm ?? 1): choose 1 to 10000")
        try require(!retry || !worker, "--retry is for one process: retry without --worker")
    }

    /// The folder, which must be named.
    var folder: String {
        get throws(CommandError) {
            guard let out else { throw CommandError("--out is missing\nname the folder of the experiment") }
            return out
        }
    }
}

extension TrialLauncher.Program: ExpressibleByArgument {}

/// A search or a comparison that a command asks for.
struct ExperimentRequest {
    let plan: ExperimentPlan
    let options: ExperimentOptions
    /// The table of what has been found.
    let table: (ExperimentResults) -> String
    /// Called with what has been found when all is done.
    let finish: (ExperimentResults) throws -> Void

    /// Trains what a file asks for, or prints the Slurm job that does.
    ///
    /// - Parameters:
    ///   - command: `search` or `compare`.
    ///   - path: the file.
    ///   - advice: what to do where the file is no plan.
    ///   - plan: makes it of the file.
    static func run(
        _ command: String, config path: String, _ options: ExperimentOptions, advice: String,
        plan: () throws -> ExperimentPlan, table: @escaping (ExperimentResults) -> String,
        finish: @escaping (ExperimentResults) throws -> Void = { _ in }
    ) throws {
        let checked: ExperimentPlan
        do {
            checked = try ExperimentFile.checked(try plan())
        } catch let error as OptionError {
            throw CommandError(exitCode: 65, "\(error.message(path: path))\n\(advice)")
        }
        if let workers = options.slurm {
            return try StandardOutput.show(
                SlurmJob(command: command, config: path, options: options, workers: workers).text)
        }
        try ExperimentRequest(plan: checked, options: options, table: table, finish: finish).run()
    }

    /// Trains all, prints the table, and ends the process.
    private func run() throws(CommandError) {
        do {
            try train()
        } catch let error as CommandError {
            throw error
        } catch {
            throw CommandError(exitCode: Launcher.exitCode(for: error), "\(error)")
        }
    }

    private func train() throws {
        let environment = ProcessInfo.processInfo.environment
        guard environment["OMPI_COMM_WORLD_SIZE"] == nil, environment["PMIX_RANK"] == nil else {
            throw CommandError(
                "this command starts the ranks of its trainings by itself\n"
                    + "start it without mpirun, and say --ranks \(environment["OMPI_COMM_WORLD_SIZE"] ?? "N")")
        }
        let console = Console(isQuiet: options.quiet)
        let path = try options.folder
        let folder = ExperimentFolder(path)
        let launcher = try TrialLauncher(
            trainer: try Self.program, parallel: options.parallel, ranks: options.ranks, program: options.launcher)
        try folder.refuseOther(than: plan)
        let made = try Folder.create(path, advice: "choose another folder with --out")
        let claim = options.worker ? nil : try claim(path, made: made, console)
        defer { claim?.release() }
        try claim?.begin()
        var results = ExperimentResults(plan, in: path)
        // Before there are other folders: by this file another worker, begun at the same moment, knows whose they are.
        try folder.write(results)
        for candidate in plan.candidates {
            try Folder.create(path + "/" + candidate.folder, advice: "choose another folder with --out")
        }
        if options.retry {
            for (run, _) in results.failures { results.files(of: run).forgetFailure() }
            results = ExperimentResults(plan, in: path)
        }
        try folder.write(results)
        tell(launcher, results, console)
        StopRequest.watchSignals()
        var runner = ExperimentRunner(
            results, launcher: launcher, stop: StopRequest(timeLimit: options.timeLimit?.seconds), console: console)
        let (ending, found) = try runner.run()
        try folder.write(found)
        claim?.release()
        try end(ending, found, console)
    }

    /// Claims the folder for this process.
    private func claim(_ path: String, made: [String], _ console: Console) throws -> RunFence {
        do {
            return try RunFence(claiming: RunFolder(path)) { if let text = $0 { console.info(text) } }
        } catch {
            for folder in made.reversed() { rmdir(folder) }
            throw error
        }
    }

    /// Writes the page of all trainings beside them.
    private func report(_ results: ExperimentResults, _ console: Console) throws {
        let files = results.plan.candidates.indices.flatMap(results.runs(of:)).map(results.files(of:))
        let report = RunReport(folders: files.filter { $0.result != nil }.map(\.folder.path))
        guard !report.isEmpty else { return }
        let path = ExperimentFolder(results.folder).report
        try report.write(to: path)
        console.info("\(path) shows all trainings")
    }

    private func tell(_ launcher: TrialLauncher, _ results: ExperimentResults, _ console: Console) {
        let ranks = launcher.ranks > 1 ? " of \(launcher.ranks) ranks" : ""
        let parallel = launcher.processors.count
        let known = plan.candidates.indices.flatMap(results.runs(of:)).filter { results.files(of: $0).result != nil }
        let count = plan.candidates.count * plan.seeds.count
        console.info(
            "\(plan.method): \(NumberText.counted(count, "trainings")), \(parallel) at a time\(ranks), into \(results.folder)"
                + (known.isEmpty ? "" : "; \(known.count) have a result already"))
        if !launcher.hasOwnProcessors {
            console.warning(
                "\(NumberText.counted(parallel, "trainings"))\(ranks) at a time are more than the "
                    + "\(ProcessorSet.current.count) processors have room for\n"
                    + "they share them; choose fewer with --parallel or --ranks")
        }
    }

    private func end(
        _ ending: ExperimentRunner.Ending, _ results: ExperimentResults, _ console: Console
    ) throws {
        if case .stopped(let reason) = ending {
            console.warning(
                "stopped \(reason); all trainings have left checkpoints\nthe same command continues (\(results.folder))"
            )
            TrainerCommand.exit(withError: ExitCode(Launcher.stoppedEarly))
        }
        try StandardOutput.show(table(results).printableLines)
        try finish(results)
        try report(results, console)
        let failures = results.failures
        guard !failures.isEmpty else { return }
        throw CommandError(
            exitCode: 70,
            "\(NumberText.counted(failures.count, "trainings")) failed; the table is of the others\n"
                + "look at the logs in \(results.folder), then train what failed again with --retry")
    }

    /// What trains: this program, whatever it is called, or the one that `TRAINER` names, as for the scripts of clusters.
    private static var program: String {
        get throws(CommandError) {
            if let path = ProcessInfo.processInfo.environment["TRAINER"], !path.isEmpty { return path }
            guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
                throw CommandError(exitCode: 70, "the path of this program is not known\nmount /proc")
            }
            return path
        }
    }
}
