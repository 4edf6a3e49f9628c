import Foundation
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
        let job = RunningJob(.ranks(2), arguments, out: out, timeout: .seconds(60))
        defer { job.end() }
        let hasTrained = try await job.wait {
            FileManager.default.contents(atPath: out + "/metrics.jsonl")?.isEmpty == false
        }
        try #require(hasTrained)
        let ranks = job.trainers
        #expect(ranks.count == 2)
        let victim = try #require(ranks.max())

        let clock = ContinuousClock()
        let start = clock.now
        kill(victim, SIGKILL)
        let result = try await job.result
        #expect(clock.now - start < .seconds(10))
        #expect(!result.timedOut)
        #expect(result.exitCode != 0)
        // The survivors cannot know: it is the launcher that speaks, once, and they say nothing themselves.
        let message = "exited on signal 9 (Killed)"
        #expect(result.standardError.components(separatedBy: message).count == 2, "\(result.standardError)")
        #expect(result.standardError.contains("process rank 1 "), "\(result.standardError)")
        #expect(result.errorLines.isEmpty, "\(result.standardError)")
        while clock.now - start < .seconds(10), !job.running(ranks).isEmpty {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(job.running(ranks).isEmpty, "every rank is gone")
        #expect(!FileManager.default.fileExists(atPath: out + "/result.json"))
    }

    @Test func `a second signal ends a rank that cannot stop, at once and with everybody`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let arguments = [
            "train", "--quiet", "--model", "ComiRec", "--data-root", try await SmallData.root(), "--dataset",
            SmallData.name, "--epochs", "1000000", "--early-stop", "0", "--out", out,
        ]
        let job = RunningJob(.ranks(2), arguments, out: out, timeout: .seconds(60))
        defer { job.end() }
        let hasTrained = try await job.wait {
            FileManager.default.contents(atPath: out + "/metrics.jsonl")?.isEmpty == false
        }
        try #require(hasTrained)
        let ranks = job.trainers.sorted()
        try #require(ranks.count == 2)
        // The other one waits for it in the exchange and comes to no end of its step.
        kill(ranks[1], SIGSTOP)
        kill(ranks[0], SIGTERM)
        try await Task.sleep(for: .milliseconds(200))
        kill(ranks[0], SIGTERM)
        try await Task.sleep(for: .seconds(1))
        #expect(job.running(ranks).count == 2, "signals within half a second are one")

        let clock = ContinuousClock()
        let start = clock.now
        kill(ranks[0], SIGTERM)
        let result = try await job.result
        #expect(clock.now - start < .seconds(10))
        #expect(result.exitCode == 128 + SIGTERM && !result.timedOut, "\(result.standardError)")
        #expect(result.errorLines.isEmpty, "\(result.standardError)")
        while clock.now - start < .seconds(10), !job.running(ranks).isEmpty {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(job.running(ranks).isEmpty)
        #expect(!FileManager.default.fileExists(atPath: out + "/result.json"))
    }

    @Test(arguments: ["shared", "messages"])
    func `a rank that is stopped is named and the job ends after the limit`(exchange: String) async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let arguments = [
            "train", "--quiet", "--model", "ComiRec", "--data-root", try await SmallData.root(), "--dataset",
            SmallData.name, "--epochs", "1000000", "--early-stop", "0", "--exchange", exchange, "--out", out,
            "--stall-limit", "6",
        ]
        let job = RunningJob(.ranks(3), arguments, out: out, timeout: .seconds(60))
        defer { job.end() }
        let hasTrained = try await job.wait {
            FileManager.default.contents(atPath: out + "/metrics.jsonl")?.isEmpty == false
        }
        try #require(hasTrained)
        let victim = try #require(job.trainers.max())
        kill(victim, SIGSTOP)
        let result = try await job.result
        kill(victim, SIGCONT)
        #expect(!result.timedOut)
        #expect(result.exitCode == 70, "\(result.standardError)")
        #expect(result.errorLines.count == 1, "\(result.standardError)")
        #expect(
            result.standardError.contains("(process \(victim))")
                && result.standardError.contains("does not respond: it is stopped or hangs"), "\(result.standardError)")
    }
}
