/// A launcher that started several tasks of which each believes to be alone: the program was started by a launcher that
/// its MPI library does not understand, and would do the whole work as many times as there are tasks.
///
///     if let discrepancy = launcherDiscrepancy(worldSize: world.size) { throw discrepancy }
public struct LauncherDiscrepancy: Error, Hashable, Sendable, CustomStringConvertible {
    /// The environment variable by which the launcher says how many tasks it started.
    public let variable: String
    /// The number of tasks that the launcher started.
    public let tasks: Int

    public var description: String {
        """
        \(variable)=\(tasks), but MPI has a world of one rank: \(tasks) processes would each do all of the work
        \(advice)
        """
    }

    private var advice: String {
        switch variable {
        case "OMPI_COMM_WORLD_SIZE":
            "start the program with mpirun of the Open MPI that it was built with"
        case "PMI_SIZE":
            "this launcher is not Open MPI's: start the program with Open MPI's mpirun"
        default:
            "start it with srun --mpi=pmix, or with mpirun inside of the allocation; srun -n 1 for a single process"
        }
    }
}

/// What a launcher says about the number of tasks, if it contradicts a world of `worldSize` ranks; nil if all is well.
///
/// Only a world of one rank is questioned: a larger one proves that launcher and library understand each other. The
/// innermost launcher counts: Open MPI's `OMPI_COMM_WORLD_SIZE` before `PMI_SIZE` before Slurm. Slurm's variables count
/// only inside of a step that `srun` started (`SLURM_PROCID` together with a step variable), since they are also set in
/// batch scripts and interactive shells, where a single process is as it should be. A shell that `srun --pty` started
/// with several tasks cannot be told apart from such a step.
///
/// - Parameter environment: the environment variables of the process.
public func launcherDiscrepancy(environment: [String: String], worldSize: Int) -> LauncherDiscrepancy? {
    launcherDiscrepancy(worldSize: worldSize) { environment[$0] }
}

/// What the launcher of this process says about the number of tasks, if it contradicts a world of `worldSize` ranks.
public func launcherDiscrepancy(worldSize: Int) -> LauncherDiscrepancy? {
    launcherDiscrepancy(worldSize: worldSize, value: environmentValue)
}

private func launcherDiscrepancy(worldSize: Int, value: (String) -> String?) -> LauncherDiscrepancy? {
    guard worldSize == 1 else { return nil }
    func tasks(_ variable: String) -> Int? { value(variable).flatMap { Int($0) } }

    let isInsideStep =
        value("SLURM_PROCID") != nil
        && (value("SLURM_STEP_NUM_TASKS") ?? value("SLURM_STEP_ID") ?? value("SLURM_STEPID")) != nil
    let candidates =
        ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"] + (isInsideStep ? ["SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"] : [])
    for variable in candidates {
        guard let count = tasks(variable) else { continue }
        return count > 1 ? LauncherDiscrepancy(variable: variable, tasks: count) : nil
    }
    return nil
}
