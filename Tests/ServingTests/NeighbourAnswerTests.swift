import Evaluation
import Foundation
import Interactions
import Recommenders
import Serving
import Testing
import TrainerSupport

/// Answers of a model whose ranking adds to the scores for items that stand near those of the history.
@Suite struct NeighbourAnswerTests {
    private func train(_ options: [String], in scratch: Workspace) async throws {
        let workspace = try await ServedRuns.workspace()
        try await Launch.alone.successfulTrainer(
            [
                "train", "--quiet", "--data-root", workspace("data"), "--dataset", ServedRuns.dataset, "--epochs", "2",
                "--embedding-size", "12", "--history-max", "9", "--batch-size", "64", "--lr", "0.02",
                "--neighbour-weight", "2", "--evaluation", "full", "--out", scratch("run"),
            ] + options)
    }

    @Test(arguments: [["--model", "SASRec"], ["--model", "ComiRec", "--interests", "3"]])
    func `scores are inner products and what is added, for all items`(options: [String]) async throws {
        let scratch = try Workspace()
        try await train(options, in: scratch)
        let workspace = try await ServedRuns.workspace()
        let dataset = try InteractionDataset.load(folder: workspace("data/" + ServedRuns.dataset))
        let added = NeighbourScores(ItemNeighbours(dataset), weight: 2)
        let exported = try await Launch.alone.successfulTrainer([
            "export", "--checkpoint", scratch("run"), "--out", scratch("vectors"),
        ])
        #expect(exported.standardError.contains("--neighbour-weight"))
        let vectors = try ExportedVectors(folder: scratch("vectors"))
        let search = try ItemSearch(try TrainedModel(run: scratch("run")), SearchOptions(top: ServedRuns.items))
        let histories = try await ServedRuns.histories()
        var isDifferent = false
        for user in histories.users.indices {
            let history = Array(histories.history(user))
            let times = Array(histories.times[histories.offsets[user]..<histories.offsets[user + 1]])
            let query = UserQuery(
                user: "\(histories.users[user])", history: history.map(String.init), times: times)
            history.suffix(9).withUnsafeBufferPointer(added.look)
            let products = vectors.rows(user, top: ServedRuns.items, without: Set(query.history))
            let expected = products.map { row in
                (item: row.item, score: row.score + added.score(of: Int32(row.item)!))
            }
            .sorted { ($1.score, Int($0.item)!) < ($0.score, Int($1.item)!) }
            let found = try search.items(for: query).items
            #expect(found.map(\.id) == expected.map(\.item) && found.map(\.score) == expected.map(\.score))
            isDifferent = isDifferent || products.map(\.item) != expected.map(\.item)
        }
        #expect(isDifferent)
    }

    @Test func `an evaluation on any ranks finds what the training found, and another weight another result`()
        async throws
    {
        let scratch = try Workspace()
        try await train(["--model", "SASRec"], in: scratch)
        func evaluate(_ options: [String], on launch: Launch = .alone) async throws -> Double {
            let printed = try await launch.successfulTrainer(
                ["evaluate", "--checkpoint", scratch("run"), "--split", "test", "--json"] + options)
            return try #require(NDCG.first(in: printed.standardOutput))
        }
        let result = try String(contentsOfFile: scratch("run/result.json"), encoding: .utf8)
        let own = try await evaluate([])
        #expect(own == NDCG.first(in: result))
        #expect(try await evaluate(["--neighbour-weight", "0"]) != own)
        #expect(try await evaluate(["--neighbour-weight", "2"], on: .ranks(3)) == own)
    }

    @Test func `a model that was trained on all interactions knows the neighbours of all of them`() async throws {
        let scratch = try Workspace()
        // 98 and 99 follow each other in dev and test alone.
        var lines: [String] = []
        for user in 1...60 {
            let history: [Int] = [user % 7 + 1, (user + 2) % 7 + 1, 10 + user % 5, 98, 99]
            for item in history { lines.append("\(user) \(item)") }
        }
        let folder = scratch("data/pairs")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try (lines.joined(separator: "\n") + "\n").write(
            toFile: folder + "/pairs.txt", atomically: true, encoding: .utf8)
        func score(weight: String) async throws -> Float {
            try await Launch.alone.successfulTrainer([
                "train", "--quiet", "--model", "SASRec", "--data-root", scratch("data"), "--dataset", "pairs",
                "--train-on", "all", "--epochs", "1", "--embedding-size", "8", "--batch-size", "16",
                "--neighbour-weight", weight, "--out", scratch(weight),
            ])
            let search = try ItemSearch(try TrainedModel(run: scratch(weight)), SearchOptions(top: 20))
            return try #require(search.items(for: UserQuery(history: ["98"])).items.first { $0.id == "99" }).score
        }
        let without = try await score(weight: "0")
        #expect(try await score(weight: "5") > without + 1)
    }

    @Test func `divided tables are refused, and the message says why`() async throws {
        let refused = try await Launch.alone.trainer([
            "train", "--model", "SASRec", "--dataset", "none", "--neighbour-weight", "1", "--table-sharding", "rows",
        ])
        #expect(refused.exitCode == 64 && refused.standardError.contains("--neighbour-weight"))
    }
}

/// The first NDCG@10 of a JSON text.
private enum NDCG {
    static func first(in text: String) -> Double? {
        guard let name = text.range(of: "\"NDCG@10\":") else { return nil }
        return Double(text[name.upperBound...].prefix { !",}\n".contains($0) }.trimmingCharacters(in: .whitespaces))
    }
}
