import FileIO
import Foundation
import Glibc

/// How trainings are started on this machine.
package struct TrialLauncher: Sendable {
    /// What starts the ranks of a training that has several.
    package enum Program: String, CaseIterable, Sendable { case mpirun, srun }

    /// The program `trainer`, by its whole path.
    package let trainer: String
    /// Ranks of a training.
    package let ranks: Int
    /// The processors of each of the trainings that run at the same time: empty lists where there are too few.
    package let processors: [[Int]]
    private let program: Program
    private let canBind: Bool

    /// - Parameters:
    ///   - trainer: the program, by its whole path.
    ///   - parallel: trainings at the same time; nil: as many as the processors have room for.
    ///   - ranks: of a training.
    ///   - program: what starts several ranks.
    package init(trainer: String, parallel: Int?, ranks: Int, program: Program) throws(ExperimentError) {
        self.trainer = trainer
        self.ranks = ranks
        self.program = program
        canBind = Self.isInPath("taskset")
        let available = ProcessorSet.current
        processors = ProcessorSet.shares(
            parallel: parallel ?? max(available.count / ranks, 1), ranks: ranks, among: available)
        guard ranks == 1 || Self.isInPath(program.rawValue) else {
            throw ExperimentError(
                .usage, "--ranks \(ranks) needs \(program.rawValue), which is not in PATH",
                recoverySuggestion: "install Open MPI, or leave --ranks out")
        }
    }

    /// Whether each training has processors of its own.
    package var hasOwnProcessors: Bool { processors.allSatisfy { !$0.isEmpty } }

    /// The command of a training.
    ///
    /// - Parameter share: the index of its processors in ``processors``.
    func command(_ arguments: [String], on share: Int) -> [String] {
        // taskset replaces itself by what it starts, so signals reach the training.
        let list = processors[share].map(String.init).joined(separator: ",")
        let binding = list.isEmpty || !canBind ? [] : ["taskset", "-c", list]
        let training = [trainer, "train"] + arguments
        guard ranks > 1 else { return binding + training }
        return switch program {
        // The ranks share the processors of their training, which mpirun has and hands on.
        case .mpirun: binding + ["mpirun", "-n", String(ranks), "--bind-to", "none"] + training
        // Slurm binds the ranks of its steps itself.
        case .srun: ["srun", "--mpi=pmix", "-K1", "--exact", "-n", String(ranks)] + training
        }
    }

    /// What asks a training to stop with a checkpoint: launchers hand SIGUSR1 on to all ranks and wait for them, after
    /// SIGTERM they wait for two seconds only.
    var stopSignal: Int32 { ranks > 1 ? SIGUSR1 : SIGTERM }

    private static func isInPath(_ program: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").contains {
            access($0 + "/" + program, X_OK) == 0
        }
    }
}
