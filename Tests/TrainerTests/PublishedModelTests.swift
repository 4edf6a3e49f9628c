import FileIO
import Foundation
import Testing
import TrainerSupport

/// The models that the authors of BaM published give their numbers, evaluated from their files.
@Suite struct PublishedModelTests {
    private static let name = "ml-1m-bam"

    /// `FACET_DATA`, or `shared/data` beside the package.
    private static let root: String = {
        if let root = ProcessInfo.processInfo.environment["FACET_DATA"] { return root }
        var package = URL(filePath: #filePath)
        for _ in 0..<3 { package.deleteLastPathComponent() }
        return package.deletingLastPathComponent().appending(path: "shared/data").path
    }()

    private static func path(ofModel rule: String) -> String { "\(root)/\(name)/comirec-sa-bam-\(rule).safetensors" }

    private static var isThere: Bool { FileManager.default.fileExists(atPath: path(ofModel: "p")) }
    private static var absence: Comment { "\(name) is not in \(root); set FACET_DATA to the folder that holds it" }

    struct Case: Sendable, CustomStringConvertible {
        let rule: String
        /// Recall@10, Recall@20, NDCG@10, NDCG@20 of the authors' scoring on this file.
        let metrics: [Double]

        var description: String { "BaM_" + rule }
    }

    static let cases = [
        Case(rule: "p", metrics: [0.2331, 0.3291, 0.1256, 0.1498]),
        Case(rule: "l", metrics: [0.2379, 0.3353, 0.1319, 0.1564]),
    ]

    @Test(.enabled(if: isThere, absence), arguments: cases, [Launch.alone, .ranks(2)])
    func `published models have their published metrics`(_ test: Case, launch: Launch) async throws {
        let result = try await launch.successfulTrainer([
            "evaluate", "--json", "--checkpoint", Self.path(ofModel: test.rule), "--model", "BaM-ComiRec",
            "--data-root", Self.root, "--dataset", Self.name, "--interests", "4", "--history-max", "200",
            "--evaluation", "full", "--history-scores", "zero", "--topk", "10,20", "--measures", "recall",
        ])
        let metrics = try JSONValue(parsing: result.standardOutput)["metrics"]
        for (name, expected) in zip(["Recall@10", "Recall@20", "NDCG@10", "NDCG@20"], test.metrics) {
            let found = try #require(metrics?[name]?.double, "\(name) is missing in \(result.standardOutput)")
            #expect(abs(found - expected) <= 0.0002, "\(name) is \(found) instead of \(expected)")
        }
    }
}
