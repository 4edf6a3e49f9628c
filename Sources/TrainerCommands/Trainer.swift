import ArgumentParser
import Reporting

/// The command line `trainer`, for an executable of one's own with models of one's own:
///
///     RecommenderCatalogue.add(RecommenderEntry(name: "Mine", summary: "...") { MyModel($0, in: $1) })
///     Trainer.start()
public enum Trainer {
    /// Runs the subcommand that the arguments of the process name, and ends the process with its exit code.
    public static func start() -> Never {
        let arguments = ArgumentSpelling.joinNegativeNumbers(Array(CommandLine.arguments.dropFirst()))
        // Parsing comes before MPI: a mistyped option must not cost the start of a parallel job, and every rank would
        // print the same message.
        do {
            if try ModelList.isAskedFor(arguments) {
                if Launcher.isFirstRank { print(ModelList.text) }
                TrainerCommand.exit()
            }
            try ArgumentSpelling.refuseTwoModels(arguments)
            var command = try TrainerCommand.parseAsRoot(
                BaMCommandLine.expand(
                    try PathSpelling.expand(try ConfigurationFile.expand(try PathSpelling.expand(arguments)))))
            try command.run()
        } catch {
            if !Launcher.isFirstRank { Launcher.endBehindFirstRank(error) }
            if let error = error as? CommandError {
                Console().error(error)
                TrainerCommand.exit(withError: ExitCode(error.exitCode))
            }
            TrainerCommand.exit(withError: error)
        }
        TrainerCommand.exit()
    }
}

/// The root of the command line.
struct TrainerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trainer",
        abstract: "Trains multi-interest recommenders on CPUs, with the same bits on any number of ranks.",
        discussion: """
            On one core:          trainer train --model TiMiRec --data-root data --dataset NAME --out RUN
            One rank per core:    mpirun -n 8 trainer train ...
            All models:           trainer train --model

            Exit codes: 0 done, 64 wrong usage, 65 bad data, 70 internal error, 73 another process works on the run,
            74 input/output error, 75 stopped early with a checkpoint to go on from.
            """,
        subcommands: [TrainCommand.self, EvaluateCommand.self, BenchmarkCommand.self, DataCommand.self])
}
