import Experiments
import Foundation

/// The array job by which several workers share a search or a comparison under Slurm: each task is a worker on a node of
/// its own, and claims trainings in the folder that all of them see.
struct SlurmJob {
    /// `search` or `compare`.
    let command: String
    /// The file of the experiment.
    let config: String
    let options: ExperimentOptions
    /// Tasks of the array.
    let workers: Int

    /// The batch script.
    var text: String {
        let parallel = options.parallel ?? 1
        var words = [command, "--config", config, "--out", options.out ?? "EXPERIMENT", "--worker"]
        words += ["--parallel", String(parallel), "--ranks", String(options.ranks)]
        if options.launcher != .mpirun { words += ["--launcher", options.launcher.rawValue] }
        if let root = options.dataRoot { words += ["--data-root", root] }
        let trainer = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "trainer"
        return """
            #!/bin/bash
            #SBATCH --job-name=facet-\(command)
            #SBATCH --array=0-\(workers - 1)
            #SBATCH --nodes=1
            #SBATCH --ntasks=\(parallel * options.ranks)
            #SBATCH --cpus-per-task=1
            #SBATCH --time=04:00:00
            #SBATCH --signal=B:TERM@120
            #SBATCH --requeue
            #SBATCH --open-mode=append
            #SBATCH --output=%x-%A-%a.out

            # Each task is a worker: it claims trainings in the folder that all of them share, until all are done. The table
            # is in the output of every worker. After SIGTERM its trainings leave checkpoints, and the task queues again.

            trainer=${TRAINER:-\(trainer.asShellWord)}
            "$trainer" \(words.map(\.asShellWord).joined(separator: " ")) &
            worker=$!
            trap 'kill -TERM "$worker" 2>/dev/null' TERM
            while :; do
                wait "$worker"
                code=$?
                kill -0 "$worker" 2>/dev/null || break
            done

            # 75: stopped with checkpoints. Not again if the job was cancelled.
            if [ "$code" -eq 75 ] && squeue --noheader --states=RUNNING --jobs="$SLURM_JOB_ID" 2>/dev/null | grep -q .; then
                scontrol requeue "$SLURM_JOB_ID" && sleep 60
            fi
            exit "$code"

            """
    }
}
