import Foundation
import Synchronization
import Testing
import TrainerSupport

/// A training that is killed at random moments, and is resumed each time on another number of ranks, ends as one that was
/// left alone.
///
/// `FACET_KILL_RUNS` sets how many such trainings there are, one after the other: the machine would spend its time on
/// those that wait.
@Suite(.serialized) struct KillAndResumeTests {
    static let runs = ProcessInfo.processInfo.environment["FACET_KILL_RUNS"].flatMap { Int($0) } ?? 20

    /// Trainings that are through, and how often they were killed.
    private static let total = Mutex<(runs: Int, kills: Int)>((0, 0))

    /// Trainings of every kind of state: two stages, propagated tables, batches of random users, dropout, windows and an
    /// average.
    private static let commands: [[String]] = [
        ["--model", "TiMiRec", "--stage", "both", "--epochs", "60", "--K", "3"],
        ["--model", "LightGCN", "--epochs", "150", "--layers", "2"],
        [
            "--model", "ComiRec", "--sampling", "users", "--validate-every", "60", "--patience", "5", "--steps", "8000",
            "--loss", "sampled-softmax", "--negatives", "20", "--selection", "soft",
        ],
        ["--model", "SASRec", "--epochs", "200", "--dropout", "0.3", "--heads", "2"],
        ["--model", "eSASRec", "--targets", "all", "--epochs", "150", "--dropout", "0.2", "--average", "0.99"],
    ]

    private static func arguments(_ command: Int, out: String) async throws -> [String] {
        [
            "train", "--quiet", "--data-root", try await SmallData.root(), "--dataset", SmallData.name,
            "--embedding-size", "16", "--batch-size", "16", "--early-stop", "0", "--lr", "0.005", "--out", out,
        ] + commands[command]
    }

    /// The trainings that nobody kills, made once.
    private static let references = Task {
        let workspace = try Workspace.untilExit()
        var folders: [String] = []
        for command in commands.indices {
            let out = workspace("reference-\(command)")
            try await Launch.alone.successfulTrainer(try await arguments(command, out: out))
            folders.append(out)
        }
        return (workspace, folders)
    }

    /// Changes when a stage of the training begins or is resumed.
    private static func attempts(_ out: String) -> [Data?] {
        ["/attempt", "/pretrain/attempt"].map { FileManager.default.contents(atPath: out + $0) }
    }

    @Test(arguments: 0..<runs)
    func `a training that is killed again and again ends as one that is left alone`(seed: Int) async throws {
        var random = SplitMix(state: UInt64(seed))
        let command = seed % Self.commands.count
        let reference = try await Self.references.value.1[command]
        let workspace = try Workspace()
        let out = workspace("run")
        var kills = 0
        for _ in 0..<2 + Int.random(in: 0...2, using: &random) {
            let ranks = Int.random(in: 1...4, using: &random)
            let more = [
                "--resume", "--checkpoint-every", "\(Int.random(in: 1...40, using: &random))", "--exchange",
                Bool.random(using: &random) ? "auto" : "messages", "--table-sharding",
                // The rows of LightGCN are not divided.
                Bool.random(using: &random) && !Self.commands[command].contains("LightGCN") ? "rows" : "none",
                "--row-updates", Bool.random(using: &random) ? "when-read" : "every-step", "--optimizer-sharding",
                // Every node moves all rows of LightGCN.
                Self.commands[command].contains("LightGCN")
                    ? "none" : ["none", "dense", "all"].randomElement(using: &random)!,
            ]
            let attempts = Self.attempts(out)
            let job = RunningJob(.ranks(ranks), try await Self.arguments(command, out: out) + more, out: out)
            defer { job.end() }
            // While the ranks start in some cases, in the others while they train.
            let startsEarly = Int.random(in: 0..<4, using: &random) == 0
            let hasBegun = try await job.wait {
                startsEarly
                    ? job.trainers.count == ranks
                    : Self.attempts(out) != attempts
            }
            guard hasBegun else { break }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...500, using: &random)))
            let ranksNow = job.trainers
            guard let victim = ranksNow.randomElement(using: &random), !job.hasEnded else { break }
            let victims = Bool.random(using: &random) ? [victim] : job.launchers + ranksNow
            for process in victims { kill(process, SIGKILL) }
            kills += 1
            _ = try await job.result
            // A rank whose launcher was killed may live on for a moment; the fence keeps it from doing harm.
            if Bool.random(using: &random) {
                _ = try await job.wait { job.running(ranksNow).isEmpty }
            }
        }
        let total = Self.total.withLock { total in
            total = (total.runs + 1, total.kills + kills)
            return total
        }
        if total.runs == Self.runs {
            print("\(total.kills) kills of \(total.runs) trainings")
            #expect(total.kills >= total.runs, "most trainings ended before they were killed")
        }
        let ranks = Int.random(in: 1...4, using: &random)
        try await Launch.ranks(ranks).successfulTrainer(
            try await Self.arguments(command, out: out) + ["--resume"], timeout: .seconds(120))
        let how = "after \(kills) kills of \(Self.commands[command][1]), seed \(seed)"
        expectSame(try FinishedRun(folder: out), as: try FinishedRun(folder: reference), how)
        if Self.commands[command].contains("both") {
            expectSame(
                try FinishedRun(folder: out + "/pretrain"), as: try FinishedRun(folder: reference + "/pretrain"), how)
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): a run of the test can be repeated by its seed.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
