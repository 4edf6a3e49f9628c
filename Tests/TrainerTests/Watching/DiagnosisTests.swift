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

    /// Users who take ten items of many, and then two of the five that nearly all have: popularity is hard to beat.
    private static func writePopularItems(to workspace: Workspace) throws {
        let lines = (1...60).flatMap { user in
            (0..<12).map { place in
                let isPopular = place >= 9 || place % 3 == 0
                let item = isPopular ? 1 + (user + place) % 5 : 6 + (user * 13 + place * 29) % 200
                return "\(user) \(item)\n"
            }
        }
        try workspace.write("data/popular/pairs.txt", lines.joined())
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `a training that learns nothing is told of once, in the terminal and in the log`(launch: Launch) async throws {
        let workspace = try Workspace()
        try Self.writePopularItems(to: workspace)
        let out = workspace("run")
        let options = [
            "train", "--quiet", "--data-root", workspace("data"), "--dataset", "popular", "--out", out, "--model",
            "ComiRec", "--lr", "1e-12", "--sampling", "users", "--validate-every", "100", "--batch-size", "16",
            "--embedding-size", "8",
        ]
        let first = try await launch.successfulTrainer(options + ["--epochs", "7"])
        let found = try Self.warnings(out)
        #expect(found.keys.sorted() == [5], "\(found)")
        let texts = found[5] ?? []
        #expect(
            texts.contains { $0.hasPrefix("the loss does not fall") && $0.contains("try another --lr (1e-12 now)") })
        #expect(texts.contains { $0.hasPrefix("dev is ranked no better than by popularity after 5 epochs: NDCG@5 ") })
        let second = try await launch.successfulTrainer(options + ["--epochs", "9", "--resume", "--extend"])
        for text in texts {
            let line = "warning: " + String(text.split(separator: "\n")[0])
            #expect(first.standardError.components(separatedBy: line).count == 2, "\(line)")
            #expect(!second.standardError.contains(line))
        }
        #expect(try Self.warnings(out) == found)
    }

    @Test func `interests that are one are told of, with what to try`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        try await Launch.alone.successfulTrainer(
            try await WatchedTraining.arguments(
                out, "--epochs", "6", "--history-max", "1", "--sampling", "users", "--validate-every", "100"))
        let line = try #require(try WatchedTraining.lines(out).last)
        #expect(abs((line["interests"]?["cosine"]?.double ?? 0) - 1) < 1e-5, "one item makes all interests")
        let texts = try Self.warnings(out)[5] ?? []
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
            out, "--epochs", "8", "--lr", "0.01", "--batch-size", "32",
        ])
        #expect(!result.standardError.contains("warning:"), "\(result.standardError)")
        #expect(try Self.warnings(out).isEmpty)
        let run = try FinishedRun(folder: out)
        let (best, popularity) = (run.result["dev"]?["NDCG@5"]?.double, run.result["popularity_dev"]?["NDCG@5"]?.double)
        #expect((best ?? 0) > (popularity ?? 1))
    }
}
