import FileIO
import Foundation
import TrainerSupport

/// The folder of a run as a training leaves it, with numbers of the test's own.
struct WrittenRun {
    var model = "ComiRec"
    var dataset = "games"
    var options: [(String, String)] = []
    var seed = 0
    /// NDCG@5 on dev by epoch.
    var dev: [Double] = [0.1, 0.2, 0.15]
    /// Members of a line behind those that all have, by epoch.
    var more: [JSONValue] = []
    /// On test; nil: the training has not come to its end.
    var test: Double? = 0.18
    var users = 100

    /// Writes the folder `name` of a workspace.
    ///
    /// - Returns: its path.
    @discardableResult
    func write(to workspace: Workspace, _ name: String) throws -> String {
        let own = options.map { "\($0.0): \"\(Self.quoted($0.1))\"\n" }.joined()
        try workspace.write(
            name + "/config.yaml",
            """
            model: \(model)
            data-root: data
            dataset: "\(Self.quoted(dataset))"
            out: runs/one
            seed: \(seed)
            exchange: automatic
            evaluation: sampled

            """ + own)
        try workspace.write(name + "/metrics.jsonl", lines.map { $0.compact + "\n" }.joined())
        if let test { try workspace.write(name + "/result.json", result(test).pretty) }
        return workspace(name)
    }

    /// By scalars: a quotation mark with a combining mark behind it is another character.
    private static func quoted(_ text: String) -> String {
        text.unicodeScalars.map { $0 == "\"" ? "\\\"" : String($0) }.joined()
    }

    var lines: [JSONValue] {
        dev.enumerated().map { index, value in
            var line: JSONValue = [
                "epoch": .integer(index + 1), "step": .integer(10 * (index + 1)),
                "train_loss": .number(1 / Double(index + 1)), "seconds": 0.5, "samples_per_second": 2000,
                "dev": ["HR@5": .number(value * 1.5), "NDCG@5": .number(value)],
            ]
            if index < more.count, case .object(let members) = more[index] {
                for member in members { line[member.key] = member.value }
            }
            return line
        }
    }

    func result(_ test: Double) -> JSONValue {
        let best = dev.indices.max { dev[$0] < dev[$1] } ?? 0
        return [
            "model": .string(model), "dataset": .string(dataset), "evaluation": "sampled", "test_rows": 50,
            "rows_without_history": 0, "test": ["HR@5": .number(test * 1.5), "NDCG@5": .number(test)],
            "dev": ["HR@5": .number((dev.max() ?? 0) * 1.5), "NDCG@5": .number(dev.max() ?? 0)],
            "popularity_test": ["HR@5": 0.09, "NDCG@5": 0.0625], "best_epoch": .integer(best + 1),
            "epochs": .integer(dev.count), "parameters": 1234, "ranks": 2, "train_seconds": 1.5,
            "parameters_sha256": .string("digest of \(seed)"),
            "data": [
                "users": .integer(users), "items": 40, "train": ["interactions": 900, "crc32c": 1],
                "dev": ["interactions": 50, "crc32c": 2], "test": ["interactions": 50, "crc32c": 3],
            ],
        ]
    }
}
