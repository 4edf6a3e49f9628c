import Foundation
import Recommenders
import Testing
import TrainerSupport

/// The number of ranks changes nothing on a published data set either.
@Suite struct PublishedDataTests {
    private static let name = "Grocery_and_Gourmet_Food"

    /// `FACET_DATA`, or `shared/data` beside the package.
    private static let root: String = {
        if let root = ProcessInfo.processInfo.environment["FACET_DATA"] { return root }
        var package = URL(filePath: #filePath)
        for _ in 0..<3 { package.deleteLastPathComponent() }
        return package.deletingLastPathComponent().appending(path: "shared/data").path
    }()

    private static var isThere: Bool { FileManager.default.fileExists(atPath: root + "/" + name) }
    private static var absence: Comment { "\(name) is not in \(root); set FACET_DATA to the folder that holds it" }

    struct Case: Sendable, CustomStringConvertible {
        let arguments: [String]
        let ranks: [Int]
        var steps = 200

        var description: String { arguments.joined(separator: " ") }
    }

    static let cases = [
        Case(
            arguments: ["--model", "TiMiRec", "--stage", "both", "--K", "6", "--add-trm", "1", "--n_layers", "2"],
            ranks: [2, 3, 5, 8]),
        Case(arguments: ["--model", "ComiRec", "--K", "4", "--negatives", "2"], ranks: [2, 3, 5, 8]),
        // Four panels of columns: shared out among up to four ranks, and the nodes of a panel among more.
        Case(arguments: ["--model", "LightGCN", "--l2", "1e-8"], ranks: [2, 3, 5, 8]),
    ]

    /// All other models, for a few steps.
    static let otherCases = RecommenderCatalogue.entries
        .filter { entry in entry.training.isTrained && !["TiMiRec", "ComiRec", "LightGCN"].contains(entry.name) }
        .map { Case(arguments: ["--model", $0.name], ranks: [2, 3, 5, 8], steps: 20) }

    private func arguments(_ test: Case) -> [String] {
        [
            "train", "--quiet", "--data-root", Self.root, "--dataset", Self.name, "--max-steps", "\(test.steps)",
            "--topk", "5",
        ] + test.arguments
    }

    @Test(.enabled(if: isThere, absence), arguments: cases + otherCases)
    func `steps on Grocery end alike on 1 to 8 ranks`(_ test: Case) async throws {
        let workspace = try Workspace()
        let arguments = arguments(test)
        try await Launch.alone.successfulTrainer(arguments + ["--out", workspace("alone")], timeout: .seconds(300))
        let reference = try FinishedRun(folder: workspace("alone"))
        expectComplete(reference)
        #expect(reference.result["steps"] == .integer(test.steps))
        for count in test.ranks {
            let out = workspace("ranks-\(count)")
            try await Launch.ranks(count).successfulTrainer(arguments + ["--out", out], timeout: .seconds(300))
            expectSame(try FinishedRun(folder: out), as: reference, "\(Launch.ranks(count))")
        }
    }

    @Test(.enabled(if: isThere, absence)) func `the same command twice on Grocery ends alike`() async throws {
        let workspace = try Workspace()
        let arguments = arguments(Case(arguments: ["--model", "MIND", "--K", "3"], ranks: [2], steps: 20))
        for name in ["first", "second"] {
            try await Launch.ranks(2).successfulTrainer(arguments + ["--out", workspace(name)], timeout: .seconds(300))
        }
        let first = try FinishedRun(folder: workspace("first"))
        expectComplete(first)
        expectSame(try FinishedRun(folder: workspace("second")), as: first, "of the second run")
    }
}
