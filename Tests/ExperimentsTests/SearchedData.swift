import FileIO
import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// A synthetic data set for searches, made once by the program itself, and what they leave behind.
enum SearchedData {
    /// The folder that holds the data set `small`.
    static func root() async throws -> String { try await generation.value.path }

    private static let generation = Task {
        let workspace = try Workspace.untilExit()
        try await Launch.alone.successfulTrainer([
            "data", "generate", "--out", workspace("small"), "--users", "90", "--items", "60", "--mean-interactions",
            "8",
            "--clusters", "6", "--max-interests", "3", "--negatives", "20", "--seed", "3",
        ])
        return workspace
    }

    /// The options that all trainings of these tests share.
    static func fixed(_ more: String = "") async throws -> String {
        "fixed: {model: ComiRec, dataset: small, data-root: \(try await root()), embedding-size: 8, batch-size: 16, "
            + "logical-shards: 4, early-stop: 0, topk: [5, 10]\(more)}\n"
    }

    /// A search of four trials by successive halving, in two rungs.
    static func halving(first: Int, most: Int) async throws -> String {
        """
        method: halving
        trials: 4
        metric: NDCG@10
        epochs: {first: \(first), factor: 2, most: \(most)}

        """ + (try await fixed()) + """
            search:
              lr: {log-uniform: [1e-3, 1e-1]}
              interests: [1, 2, 3]
            """
    }
}

/// What is left of an experiment, without times.
struct FinishedExperiment: Equatable {
    /// `experiment.json`: the trials with their values, the best first.
    let state: JSONValue
    /// The digest of the parameters of each training that has ended, by its folder.
    let digests: [String: String]

    init(_ folder: String) throws {
        state = try JSONValue(parsing: try String(contentsOfFile: folder + "/experiment.json", encoding: .utf8))
        var digests: [String: String] = [:]
        for case let name as String in FileManager.default.enumerator(atPath: folder) ?? .init()
        where name.hasSuffix("/result.json") {
            let result = try JSONValue(parsing: try String(contentsOfFile: folder + "/" + name, encoding: .utf8))
            digests[name] = result["parameters_sha256"]?.string
        }
        self.digests = digests
    }
}

extension ProgramResult {
    /// The rows of the table without the column of seconds, which is the last but one.
    var rows: [[String]] {
        standardOutput.split(separator: "\n", omittingEmptySubsequences: false).drop { !$0.hasPrefix("---") }
            .dropFirst().prefix { !$0.isEmpty }.map {
                row in
                var cells = row.split(separator: " ").map(String.init)
                if cells.count > 2 { cells.remove(at: cells.count - 2) }
                return cells
            }
    }
}
