import MPI
import Testing

@Suite struct LauncherDiscrepancyTests {
    @Test func `no launcher is no discrepancy`() {
        #expect(launcherDiscrepancy(environment: ["PATH": "/bin", "HOME": "/"], worldSize: 1) == nil)
    }

    @Test(arguments: ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"])
    func `several tasks and a world of one rank is a discrepancy`(variable: String) throws {
        let found = try #require(launcherDiscrepancy(environment: [variable: "4"], worldSize: 1))
        #expect(found.variable == variable)
        #expect(found.tasks == 4)
        let lines = found.description.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0] == "\(variable)=4, but MPI has a world of one rank: 4 processes would each do all of the work")
    }

    @Test(arguments: ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"])
    func `as many tasks as ranks is none`(variable: String) {
        #expect(launcherDiscrepancy(environment: [variable: "4"], worldSize: 4) == nil)
        #expect(launcherDiscrepancy(environment: [variable: "1"], worldSize: 1) == nil)
    }

    @Test func `a world of several ranks is never questioned`() {
        #expect(launcherDiscrepancy(environment: ["PMI_SIZE": "8"], worldSize: 2) == nil)
    }

    @Test func `Slurm counts inside of a step`() throws {
        let step = ["SLURM_NTASKS": "8", "SLURM_PROCID": "3", "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "6"]
        let found = try #require(launcherDiscrepancy(environment: step, worldSize: 1))
        #expect(found.variable == "SLURM_STEP_NUM_TASKS")
        #expect(found.tasks == 6)
        #expect(found.description.contains("srun --mpi=pmix"))
        let old = ["SLURM_NTASKS": "8", "SLURM_PROCID": "3", "SLURM_STEPID": "0"]
        #expect(launcherDiscrepancy(environment: old, worldSize: 1)?.tasks == 8)
    }

    @Test func `Slurm does not count in a batch script or a step of one task`() {
        let batch = ["SLURM_NTASKS": "8", "SLURM_PROCID": "0", "SLURM_JOB_ID": "17"]
        #expect(launcherDiscrepancy(environment: batch, worldSize: 1) == nil)
        let allocation = ["SLURM_NTASKS": "8", "SLURM_JOB_ID": "17"]
        #expect(launcherDiscrepancy(environment: allocation, worldSize: 1) == nil)
        let single = ["SLURM_NTASKS": "8", "SLURM_PROCID": "0", "SLURM_STEP_ID": "1", "SLURM_STEP_NUM_TASKS": "1"]
        #expect(launcherDiscrepancy(environment: single, worldSize: 1) == nil)
    }

    @Test func `the innermost launcher counts`() {
        let mpirunInStep = [
            "OMPI_COMM_WORLD_SIZE": "1", "SLURM_PROCID": "0", "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "4",
        ]
        #expect(launcherDiscrepancy(environment: mpirunInStep, worldSize: 1) == nil)
    }

    @Test func `a variable that is no number is ignored`() {
        #expect(launcherDiscrepancy(environment: ["PMI_SIZE": "many"], worldSize: 1) == nil)
    }
}
