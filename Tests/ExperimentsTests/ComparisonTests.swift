import Experiments
import FileIO
import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// Comparisons with real trainings.
@Suite(.serialized) struct ComparisonTests {
    @Test func `a comparison ends in means, deviations and tests that follow from its runs`() async throws {
        let workspace = try Workspace()
        let root = try await SearchedData.root()
        try workspace.write(
            "comparison.yaml",
            """
            seeds: [0, 1, 2]
            metrics: [NDCG@5, HR@10]
            proposed: ours
            datasets: [small]
            fixed: {data-root: \(root), epochs: 4, embedding-size: 8, batch-size: 16, topk: [5, 10], lr: 0.01}
            models:
              POP: {}
              YouTubeDNN: {}
              ours: {model: ComiRec, interests: 2}
            """)
        let out = workspace("run")
        let command = ["compare", "--quiet", "--config", workspace("comparison.yaml"), "--out", out]
        let result = try await Launch.alone.successfulTrainer(command, timeout: .seconds(300))
        func values(_ model: String, _ metric: String) throws -> [Double] {
            try (0..<3).map { try #require(try FinishedRun(folder: "\(out)/small/\(model)/seed-\($0)").test(metric)) }
        }
        func mean(_ model: String) throws -> Double { try values(model, "NDCG@5").reduce(0, +) / 3 }
        let baseline = try mean("POP") > mean("YouTubeDNN") ? "POP" : "YouTubeDNN"
        let table = result.standardOutput.split(separator: "\n").map(String.init)
        #expect(table[0].hasPrefix("small, test, 3 seeds") && table[0].hasSuffix("HR@10"))
        let row = try #require(table.first { $0.hasPrefix("ours ") })
        let statistics = SampleStatistics(try values("ours", "NDCG@5"))
        let deviation = String(format: "%.4f", try #require(statistics.standardDeviation))
        #expect(row.contains(String(format: "%.4f", statistics.mean) + " ± " + deviation), "\(row)")
        #expect(table.filter { $0.contains("(best baseline)") }.map { $0.hasPrefix(baseline + " ") } == [true])
        let paired = PairedDifferences(
            zip(try values("ours", "NDCG@5"), try values(baseline, "NDCG@5")).map { $0 - $1 })
        let line = try #require(table.first { $0.hasPrefix("NDCG@5: ours - \(baseline) = ") })
        let t = String(format: "%.3g", try #require(paired.tTest))
        let signs = String(format: "%.3g", try #require(paired.signFlipTest))
        #expect(line.contains("of 3 seeds; paired t-test p \(t), sign-flip test p \(signs) "), "\(line)")
        #expect(line.hasSuffix("(at best 0.25)"))
        #expect(table.contains { $0.hasPrefix("HR@10: ours - ") })
        // Once more it trains nothing.
        let again = try await Launch.alone.successfulTrainer(command, timeout: .seconds(300))
        #expect(again.standardOutput == result.standardOutput)
    }

    @Test func `one seed has no deviation and no test, and a model that fails is told`() async throws {
        let workspace = try Workspace()
        try workspace.write(
            "comparison.yaml",
            """
            seeds: 7
            datasets: [small]
            fixed: {data-root: \(try await SearchedData.root()), epochs: 2, embedding-size: 8}
            models:
              ComiRec: {}
              wild: {model: ComiRec, lr: 1e30}
              SASRec: {}
            """)
        let result = try await Launch.alone.trainer(
            ["compare", "--quiet", "--config", workspace("comparison.yaml"), "--out", workspace("run")],
            timeout: .seconds(300))
        #expect(result.exitCode == 70, "\(result.standardError)")
        #expect(result.standardOutput.contains("more seeds are needed for a test"), "\(result.standardOutput)")
        #expect(result.standardOutput.contains(/wild +failed/) && !result.standardOutput.contains("±"))
    }
}
