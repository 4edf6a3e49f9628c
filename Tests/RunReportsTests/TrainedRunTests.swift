import FileIO
import Foundation
import RunReports
import Testing
import TrainerSupport

/// `trainer report` of what `trainer train` leaves.
@Suite struct TrainedRunTests {
    private static let making = Task {
        let workspace = try Workspace.untilExit()
        try await Launch.alone.successfulTrainer([
            "data", "generate", "--out", workspace("data/shop"), "--users", "80", "--items", "60", "--clusters", "6",
            "--mean-interactions", "10", "--negatives", "20",
        ])
        for (name, more) in [
            ("comirec-0", ["--model", "ComiRec"]), ("comirec-1", ["--model", "ComiRec", "--seed", "1"]),
            ("timirec", ["--model", "TiMiRec"]), ("pop", ["--model", "POP"]),
        ] {
            try await Launch.alone.successfulTrainer(
                [
                    "train", "--quiet", "--data-root", workspace("data"), "--dataset", "shop", "--out", workspace(name),
                    "--embedding-size", "8", "--interests", "3", "--epochs", "3", "--topk", "5,10",
                ] + more)
        }
        return workspace
    }

    @Test func `the page of trainings has the numbers of their results`() async throws {
        let workspace = try await Self.making.value
        let scratch = try Workspace()
        let names = ["comirec-0", "comirec-1", "timirec", "pop"]
        let result = try await Launch.alone.successfulTrainer(
            ["report"] + names.map { workspace($0) } + ["--out", scratch("page.html"), "--title", "Shop"])
        #expect(result.standardError.contains("page.html shows 4 runs"))
        let page = try ReadPage(try String(contentsOfFile: scratch("page.html"), encoding: .utf8))
        #expect(page.all("h1").map(\.text) == ["Shop"])
        let metrics = ["HR@5", "NDCG@5", "HR@10", "NDCG@10"]
        let head = try #require(page.rows.first { $0.starts(with: ["configuration", "seeds"]) })
        #expect(Set(head.dropFirst(2)) == Set(metrics))
        let shown = Array(head.dropFirst(2))
        let rows = page.rows.filter { $0.count == head.count && $0 != head }
        let runs = try names.map { try FinishedRun(folder: workspace($0)) }
        let means = try shown.map { metric in
            try #require(runs[0].test(metric)) / 2 + #require(runs[1].test(metric)) / 2
        }
        let comirec = try #require(rows.first { $0[0].contains("ComiRec") })
        #expect(zip(page.numbers(ofRow: comirec[0]), means).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(comirec[1] == "2" && comirec[2].contains("±"))
        for (run, model) in [(runs[2], "TiMiRec"), (runs[3], "POP")] {
            let row = try #require(rows.first { $0[0].contains(model) })
            let values = Array(page.numbers(ofRow: row[0]).prefix(shown.count))
            #expect(values == shown.compactMap { run.test($0) })
        }
        #expect(page.elements.contains { $0.name == "h3" && $0.text.contains("pretraining") })
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `folders that are no runs are warned of, once each`(launch: Launch) async throws {
        let workspace = try await Self.making.value
        let scratch = try Workspace()
        let result = try await launch.successfulTrainer([
            "report", workspace("data"), workspace("comirec-0"), "/no/such/run", "--out", scratch("page.html"),
            "--quiet",
        ])
        let warnings = result.standardError.split(separator: "\n").filter { $0.hasPrefix("warning: ") }
        #expect(warnings.count == 2, "\(result.standardError)")
        let none = try await launch.trainer(["report", "/no/such/run", "/dev", "--out", scratch("none.html")])
        #expect(none.exitCode == 65 && none.errorLines.count == 2, "\(none.standardError)")
        #expect(!FileManager.default.fileExists(atPath: scratch("none.html")))
    }

    @Test func `wrong usage is told before anything is written`() async throws {
        let workspace = try await Self.making.value
        let scratch = try Workspace()
        let without = try await Launch.alone.trainer(["report", "--out", scratch("page.html")])
        #expect(without.exitCode == 64 && without.errorLines == ["error: no run is named"])
        try scratch.write("mine.txt", "mine")
        let other = try await Launch.alone.trainer(["report", workspace("pop"), "--out", scratch("mine.txt")])
        #expect(other.exitCode == 64 && other.standardError.contains("there is a file that is no report"))
        let nowhere = try await Launch.alone.trainer(["report", workspace("pop"), "--out", scratch("no/page.html")])
        #expect(nowhere.exitCode == 74 && nowhere.errorLines.count == 1, "\(nowhere.standardError)")
    }
}
