import Foundation
import ProcessSupport
import Synchronization
import Testing
import TrainerSupport

/// A rank that is killed while Open MPI starts: mpirun ends, or hangs and is ended by `cluster/run-with-restarts`.
///
/// `FACET_START_KILLS` sets how many starts are killed, one after the other.
@Suite(.serialized) struct StartKillTests {
    private static let kills = ProcessInfo.processInfo.environment["FACET_START_KILLS"].flatMap { Int($0) } ?? 5

    /// Starts that were killed before the training began, and those after which mpirun hung.
    private static let total = Mutex<(starts: Int, hangs: Int)>((0, 0))

    private static func arguments(_ out: String) async throws -> [String] {
        [
            "train", "--quiet", "--model", "ComiRec", "--data-root", try await SmallData.root(), "--dataset",
            SmallData.name, "--embedding-size", "16", "--early-stop", "0", "--epochs", "150", "--out", out,
        ]
    }

    private static let reference = Task {
        let workspace = try Workspace.untilExit()
        try await Launch.alone.successfulTrainer(try await arguments(workspace("reference")))
        return try FinishedRun(folder: workspace("reference"))
    }

    @Test(arguments: 0..<kills)
    func `a rank that is killed in the first second of a start costs a start and nothing else`(round: Int) async throws
    {
        let workspace = try Workspace()
        let out = workspace("run")
        let reference = try await Self.reference.value
        let ranks = 2 + round % 3
        let job = SupervisionTests.job(
            [
                "--wait", "0", "--silence", "30", "mpirun", "-n", "\(ranks)", "--oversubscribe",
                try path(ofProduct: "trainer"),
            ] + (try await Self.arguments(out)), out: out, ranks: ranks, timeout: .seconds(240))
        defer { job.end() }
        let hasStarted = try await job.wait(every: .milliseconds(100)) { !job.trainers.isEmpty }
        try #require(hasStarted)
        // Spread over the second, however many there are.
        try await Task.sleep(for: .milliseconds(round * 619 % 1000))
        let trainers = job.trainers
        var isEarly = false
        if !trainers.isEmpty {
            isEarly = !FileManager.default.fileExists(atPath: out + "/metrics.jsonl")
            kill(trainers[round % trainers.count], SIGKILL)
        }
        let result = try await job.result
        #expect(result.exitCode == 0 && !result.timedOut, "\(result.standardError)")
        expectSame(try FinishedRun(folder: out), as: reference, "after a kill in round \(round)")
        #expect(!job.isLeftOver)
        let hung = result.standardError.contains("no sign of life")
        let total = Self.total.withLock { total in
            total = (total.starts + (isEarly ? 1 : 0), total.hangs + (hung ? 1 : 0))
            return total
        }
        if round == Self.kills - 1 {
            print(
                "\(total.starts) of \(Self.kills) starts killed before the first epoch, mpirun hung \(total.hangs) times"
            )
        }
    }
}
