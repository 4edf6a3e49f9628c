import ArgumentParser
import Reporting

// Parsing comes before MPI: a mistyped option must not cost the start of a parallel job, and every rank would print
// the same message.
do {
    if ModelList.isAskedFor(Array(CommandLine.arguments.dropFirst())) {
        if Launcher.isFirstRank { print(ModelList.text) }
        Trainer.exit()
    }
    var command = try Trainer.parseAsRoot(try ConfigurationFile.expand(Array(CommandLine.arguments.dropFirst())))
    try command.run()
} catch {
    if !Launcher.isFirstRank { Launcher.endBehindFirstRank(error) }
    if let error = error as? CommandError {
        Console().error(error)
        Trainer.exit(withError: ExitCode(error.exitCode))
    }
    Trainer.exit(withError: error)
}
