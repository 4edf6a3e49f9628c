import FileIO
import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// What a training says about itself in words.
@Suite struct DiagnosisTests {
    private static func warnings(_ out: String) throws -> [Int: [String]] {
        var result: [Int: [String]] = [:]
        for (index, line) in try WatchedTraining.lines(out).enumerated() {
            guard case .array(let texts)? = line["warnings"] else { continue }
            result[index + 1] = texts.compactMap(\.string)
        }
        return result
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `a training that learns nothing is told of once, in the terminal and in the log`(launch: Launch) async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let options = ["--lr", "1e-12", "--quiet"]
        let first = try await launch.successfulTrainer(
            try await WatchedTraining.arguments(out, "--epochs", "7") + options)
        let found = try Self.warnings(out)
        #expect(found.keys.sorted().allSatisfy { $0 == 5 || $0 == 3 })
        let texts = found[5] ?? []
        #expect(
            texts.contains { $0.hasPrefix("the loss does not fall") && $0.contains("try another --lr (1e-12 now)") })
        #expect(texts.contains { $0.hasPrefix("dev is ranked no better than by popularity after 5 epochs: NDCG@5 ") })
        for text in found.values.joined() {
            let line = String(text.split(separator: "\n")[0])
            #expect(first.standardError.components(separatedBy: "warning: " + line).count == 2, "\(line)")
        }
        let second = try await launch.successfulTrainer(
            try await WatchedTraining.arguments(out, "--epochs", "9", "--resume", "--extend") + options)
        #expect(!second.standardError.contains("warning:"), "\(second.standardError)")
        #expect(try Self.warnings(out) == found)
    }

    @Test func `interests that are one are told of, with what to try`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        // The attention hardly moves, so that all interests are about the same mean of the history.
        try await Launch.alone.successfulTrainer(
            try await WatchedTraining.arguments(out, "--epochs", "3", "--lr", "1e-12", "--history-max", "1"))
        let line = try #require(try WatchedTraining.lines(out).last)
        #expect(abs((line["interests"]?["cosine"]?.double ?? 0) - 1) < 1e-5, "one item makes all interests")
        let texts = try Self.warnings(out)[3] ?? []
        #expect(texts.contains { $0.hasPrefix("the interests of a user are nearly the same") }, "\(texts)")
        #expect(texts.contains { $0.contains("--dissimilarity 0.1") && $0.contains("fewer --interests") }, "\(texts)")
    }

    @Test func `a training that learns is told nothing`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let data = workspace("data/synthetic")
        try await Launch.alone.successfulTrainer(
            ["data", "generate", "--out", data, "--users", "300", "--items", "150", "--clusters", "8"])
        let result = try await Launch.ranks(2).successfulTrainer([
            "train", "--quiet", "--model", "ComiRec", "--data-root", workspace("data"), "--dataset", "synthetic",
            "--out",
            out, "--epochs", "8", "--lr", "0.01",
        ])
        #expect(!result.standardError.contains("warning:"), "\(result.standardError)")
        #expect(try Self.warnings(out).isEmpty)
        let run = try FinishedRun(folder: out)
        let (best, popularity) = (run.result["dev"]?["NDCG@5"]?.double, run.result["popularity_dev"]?["NDCG@5"]?.double)
        #expect((best ?? 0) > (popularity ?? 1))
    }
}
