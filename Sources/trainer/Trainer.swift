import ArgumentParser

/// The root of the command line.
struct Trainer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trainer",
        abstract: "Trains multi-interest recommenders on CPUs, with the same bits on any number of ranks.",
        discussion: """
            On one core:          trainer train --model TiMiRec --data-root data --dataset NAME --out RUN
            One rank per core:    mpirun -n 8 trainer train ...

            Exit codes: 0 done, 64 wrong usage, 65 bad data, 70 internal error, 74 input/output error.
            """,
        subcommands: [TrainCommand.self, EvaluateCommand.self, DataCommand.self])
}
