import FileIO
import Foundation

/// What a finished training left in its folder, without what depends on time and on the number of ranks.
public struct FinishedRun: Sendable {
    /// `result.json` as it is.
    public let result: JSONValue
    /// The lines of `metrics.jsonl` without the times.
    public let metrics: [JSONValue]
    /// The bytes of `model/model.safetensors`.
    public let model: Data

    public init(folder: String) throws {
        result = try JSONValue(parsing: try String(contentsOfFile: folder + "/result.json", encoding: .utf8))
        metrics = try String(contentsOfFile: folder + "/metrics.jsonl", encoding: .utf8).split(separator: "\n").map {
            var line = try JSONValue(parsing: String($0))
            line["seconds"] = nil
            line["samples_per_second"] = nil
            line["phase_seconds"] = nil
            return line
        }
        model = try Data(contentsOf: URL(filePath: folder + "/model/model.safetensors"))
    }

    /// `parameters_sha256`.
    public var digest: String { result["parameters_sha256"].map { $0.compact } ?? "" }

    /// What the training found: all of `result.json` that must not depend on the number of ranks.
    public var findings: JSONValue {
        let keys = [
            "model", "dataset", "evaluation", "test", "dev", "popularity_test", "best_epoch", "epochs", "steps",
            "parameters", "parameters_sha256",
        ]
        return .object(keys.map { JSONValue.Member($0, result[$0] ?? .null) })
    }

    /// A metric of the test, such as `NDCG@5`; nil if it was not computed.
    public func test(_ metric: String) -> Double? { result["test"]?[metric]?.double }
}

extension JSONValue {
    /// The value of a number.
    public var double: Double? {
        switch self {
        case .number(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    /// The text of a string.
    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }
}
