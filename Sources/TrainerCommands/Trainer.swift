import ArgumentParser
import Recommenders
import Reporting
import Training

/// The command line `trainer`, for an executable of one's own with models of one's own:
///
///     RecommenderCatalogue.add(RecommenderEntry(name: "Mine", summary: "...") { MyModel($0, in: $1) })
///     Trainer.start()
public enum Trainer {
    /// Runs the subcommand that the arguments of the process name, and ends the process with its exit code.
    public static func start() -> Never {
        StandardOutput.outliveReader()
        let arguments = ArgumentSpelling.joinNegativeNumbers(Array(CommandLine.arguments.dropFirst()))
        // Parsing comes before MPI: a mistyped option must not cost the start of a parallel job, and every rank would
        // print the same message.
        do {
            if let error = RecommenderCatalogue.error ?? OptionNames.error(in: RecommenderCatalogue.entries) {
                throw CommandError(exitCode: 70, "\(error)")
            }
            if let list = try ListRequest.answer(to: arguments) ?? ModelHelp.answer(to: arguments)
                ?? ManualPage.answer(to: arguments)
            {
                if Launcher.isFirstRank { try StandardOutput.show(list + "\n") }
                TrainerCommand.exit()
            }
            try CommandNames.check(arguments)
            try ArgumentSpelling.refuseRepetition(arguments)
            // Each puts its options before those that are there, which win: a file before the command line, a recipe
            // before the file, what BaM's program has by itself before all.
            let written = try PathSpelling.expand(try ConfigurationFile.expand(try PathSpelling.expand(arguments)))
            let complete = BaMCommandLine.expand(try RecipeArguments.expand(written))
            var command = try TrainerCommand.parseAsRoot(ArgumentSpelling.named(complete))
            try command.run()
        } catch {
            if !Launcher.isFirstRank { Launcher.endBehindFirstRank(error) }
            if let error = error as? CommandError {
                Console().error(error)
                TrainerCommand.exit(withError: ExitCode(error.exitCode))
            }
            TrainerCommand.end(with: error)
        }
        TrainerCommand.exit()
    }
}

/// The root of the command line.
struct TrainerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trainer",
        abstract: "Trains multi-interest recommenders on CPUs, with the same bits on any number of ranks.",
        usage: "trainer <subcommand> [<options>]",
        discussion: """
            On one core, on two, and with settings whose results are known:

              trainer train --model TiMiRec --dataset NAME --out RUN
              mpirun -n 2 trainer train --model ComiRec --dataset NAME --out OTHER
              trainer train --recipe grocery-expected --data-root DATA

            All models, all recipes:

              trainer train --model
              trainer train --recipe

            Exit codes: 0 done, 64 wrong usage, 65 bad data, 70 internal error, 73 another process works on the run, 74 \
            input/output error, 75 stopped early with a checkpoint to resume from.
            """, version: BuildDescription.current.text,
        subcommands: [
            TrainCommand.self, EvaluateCommand.self, RecommendCommand.self, SimilarCommand.self, ExportCommand.self,
            SearchCommand.self, CompareCommand.self, ReportCommand.self, BenchmarkCommand.self,
            ForecastCommand.self, DataCommand.self,
        ])
}
