import ArgumentParser
import Differentiation
import Experiments
import FileIO
import Foundation
import Interactions
import KernelCore
import MPI
import ModelFiles
import Reporting
import Serving
import Training

/// Starting under a launcher, and ending with the right exit code on all ranks.
enum Launcher {
    /// Whether this process is the one that speaks before MPI has started: the first rank of a launcher, or alone.
    static var isFirstRank: Bool {
        let environment = ProcessInfo.processInfo.environment
        let rank = environment["OMPI_COMM_WORLD_RANK"] ?? environment["PMI_RANK"] ?? environment["SLURM_PROCID"]
        return (rank ?? "0") == "0"
    }

    /// Ends a rank that is not the first because of an error before MPI has started.
    ///
    /// A launcher ends all ranks as soon as one ends with an error, so the first rank gets the time to tell why. What
    /// is wrong with a file may be wrong on this rank's host only: a rank that still runs after that time tells it itself.
    static func endBehindFirstRank(_ error: any Error) -> Never {
        let exitCode = (error as? CommandError)?.exitCode ?? TrainerCommand.exitCode(for: error).rawValue
        if exitCode != 0 { Thread.sleep(forTimeInterval: 3) }
        if error is CommandError { Console().error(error) }
        TrainerCommand.exit(withError: ExitCode(exitCode))
    }

    /// The exit code of a training that stopped with a checkpoint to resume from (`EX_TEMPFAIL` of `sysexits.h`).
    static let stoppedEarly: Int32 = 75

    /// The exit code of a training that found another process at work on its run, or lost the run to one (`EX_CANTCREAT` of
    /// `sysexits.h`). To start again would not help.
    static let taken: Int32 = 73

    /// Runs `body` on all ranks and ends the process with the exit code that it returns, if that is not 0. An error ends
    /// all ranks with its exit code and one message.
    static func run(isQuiet: Bool, _ body: (Communicator, Console) throws -> Int32) {
        var end: Int32 = 0
        MPI.run(exitCode: exitCode(for:), message: printable) { world in
            if let discrepancy = launcherDiscrepancy(worldSize: world.size) { throw discrepancy }
            try world.collectively {
                guard InstructionSet.isAvailable else { throw UnsuitableProcessor() }
            }
            endAtMemoryShortage(rank: world.rank, of: world.size)
            let console = Console(isSpeaking: world.rank == 0, isQuiet: isQuiet)
            try warnOfMixedBuilds(world, console)
            do { end = try body(world, console) } catch {
                // Most mistakes of a model happen on all ranks at a time, and need one message.
                if error is ModelError, world.rank > 0 { Thread.sleep(forTimeInterval: 3) }
                // MPI.run prints it, past the console, and rank 0 may be drawing its bar.
                if !(error is PeerFailure) { console.output.makeRoom() }
                throw error
            }
        }
        if end != 0 { TrainerCommand.exit(withError: ExitCode(end)) }
    }

    /// Lets memory that cannot be had end all ranks with one message.
    ///
    /// It is needed deep inside of a step, where no error can be thrown.
    private static func endAtMemoryShortage(rank: Int, of size: Int) {
        LargeMemory.onShortage { shortage in
            // All ranks need about as much, and most of them find it out together: the first one tells it.
            if rank > 0 { Thread.sleep(forTimeInterval: 3 + 0.2 * Double(rank)) }
            let error = TrainingError(shortage)
            let output = TerminalOutput.standardError()
            output.makeRoom()
            Console(output: output).error(size > 1 ? "rank \(rank): \(error)" : "\(error)")
            // Alone there is nobody to end, and the notice of MPI_Abort would bury the message.
            if size == 1, (try? MPIEnvironment.finalize()) != nil { exit(exitCode(for: error)) }
            MPIEnvironment.abort(exitCode: exitCode(for: error))
        }
    }

    /// Says when the kernels of the ranks were built for instruction sets that round differently: the bits of a result
    /// then depend on which rank computed what.
    private static func warnOfMixedBuilds(_ world: Communicator, _ console: Console) throws(MPIError) {
        guard world.size > 1 else { return }
        let different = Set(try world.allGather(InstructionSet.builtFor)).sorted()
        guard !different.allSatisfy({ InstructionSet.agree($0, different[0]) }) else { return }
        console.warning(
            "the programs of the ranks were built for different instruction sets: \(different.joined(separator: ", "))\n"
                + "the result can differ from that of another placement; use one build on all nodes to repeat it bit by bit"
        )
    }

    /// The message of an error, without what a terminal would obey in the names that it quotes.
    private static func printable(_ error: any Error) -> String { "\(error)".printableLines }

    /// The exit codes of `sysexits.h` that scripts can rely on.
    static func exitCode(for error: any Error) -> Int32 {
        switch error {
        case let error as CommandError: error.exitCode
        case let error as TrainingError:
            switch error.kind {
            case .usage: 64
            case .data: 65
            case .failure: 70
            case .taken: taken
            }
        case let error as DatasetError: error.kind == .configuration ? 64 : 65
        case let error as ExperimentError:
            switch error.kind {
            case .usage: 64
            case .data: 65
            case .failure: 70
            }
        case let error as ServingError: error.kind == .usage ? 64 : 65
        case is SafetensorsError, is ModelFileError: 65
        case is FileError: 74
        case is LauncherDiscrepancy: 64
        default: 70
        }
    }
}

/// The kernels were built for another processor.
struct UnsuitableProcessor: Error, CustomStringConvertible {
    var description: String {
        """
        this processor lacks instructions that the kernels were built with (\(InstructionSet.builtFor))
        build on this machine, or for all machines of the cluster with FACET_MARCH=x86-64-v3
        """
    }
}

/// Wrong usage that is found after parsing, before anything has started.
struct CommandError: Error, CustomStringConvertible {
    let exitCode: Int32
    let description: String

    init(exitCode: Int32 = 64, _ description: String) {
        self.exitCode = exitCode
        self.description = description
    }
}
