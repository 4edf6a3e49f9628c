import Foundation
import ProcessSupport
import Synchronization
import Testing
import TrainerSupport

/// A rank that vanishes ends the job: nobody waits for it.
@Suite struct KilledRankTests {
    @Test(arguments: ["shared", "messages"])
    func `a rank that is killed in the middle of training ends the job within 10 seconds`(
        exchange: String
    ) async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let arguments = [
            "train", "--model", "ComiRec", "--data-root", try await SmallData.root(), "--dataset", SmallData.name,
            "--epochs", "1000000", "--early-stop", "0", "--exchange", exchange, "--out", out,
        ]
        let job = Job(arguments)
        defer { job.end() }
        let ranks = try await ranksInTraining(job, out)
        #expect(ranks.count == 2)
        let victim = try #require(ranks.max())

        let clock = ContinuousClock()
        let start = clock.now
        kill(victim, SIGKILL)
        let result = try await job.result
        #expect(clock.now - start < .seconds(10))
        #expect(!result.timedOut)
        #expect(result.exitCode != 0)
        while clock.now - start < .seconds(10), !running(ranks, out).isEmpty {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(running(ranks, out).isEmpty, "every rank is gone")
        #expect(!FileManager.default.fileExists(atPath: out + "/result.json"))
    }

    /// Those of the ranks that are still there.
    private func running(_ ranks: [pid_t], _ out: String) -> [pid_t] {
        ranks.filter { RunningProcess($0).arguments.contains(out) }
    }

    /// The processes that train into `out` and were started by an mpirun that was given the same folder, once they have
    /// finished an epoch.
    private func ranksInTraining(_ job: Job, _ out: String) async throws -> [pid_t] {
        while !job.hasEnded {
            try await Task.sleep(for: .milliseconds(50))
            guard let log = FileManager.default.contents(atPath: out + "/metrics.jsonl"), !log.isEmpty else { continue }
            return try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter {
                let own = RunningProcess($0)
                guard own.arguments.contains(out), own.arguments.first?.hasSuffix("/trainer") == true else {
                    return false
                }
                let parent = RunningProcess(own.parent)
                return parent.arguments.first?.hasSuffix("mpirun") == true && parent.arguments.contains(out)
            }
        }
        return []
    }
}

/// Two ranks that train while the test goes on.
private final class Job: Sendable {
    private let ending: Task<ProgramResult, any Error>
    private let ended = Flag()

    init(_ arguments: [String]) {
        ending = Task { [ended] in
            defer { ended.value.withLock { $0 = true } }
            return try await Launch.ranks(2).trainer(arguments, timeout: .seconds(60))
        }
    }

    /// Ends the ranks, if they are still there.
    func end() { ending.cancel() }

    var hasEnded: Bool { ended.value.withLock { $0 } }

    var result: ProgramResult {
        get async throws { try await ending.value }
    }
}

private final class Flag: Sendable {
    let value = Mutex(false)
}

/// A process as `/proc` shows it; without arguments if there is none, or one that has ended and was not waited for.
private struct RunningProcess {
    let arguments: [String]
    let parent: pid_t

    init(_ identifier: pid_t) {
        let bytes = (try? Data(contentsOf: URL(filePath: "/proc/\(identifier)/cmdline"))) ?? Data()
        arguments = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        let status = (try? String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("PPid:") }
        parent = line.flatMap { pid_t($0.dropFirst(5).drop { $0 == "\t" || $0 == " " }) } ?? 0
    }
}
