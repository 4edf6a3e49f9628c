import Evaluation
import Interactions
import Reporting

/// What a finished training is, as in `result.json`.
public struct TrainingResult: Sendable {
    public let model: String
    public let dataset: String
    public let test: RankingMetrics
    public let dev: RankingMetrics
    public let popularity: RankingMetrics
    public let ranking: RankingProtocol
    public let historyScores: HistoryScores
    public let bestEpoch: Int
    public let epochs: Int
    public let steps: Int
    public let parameters: Int
    public let ranks: Int
    /// From the beginning of the command, or of its stage, to the end of the first step; nil where no step was taken.
    public let startSeconds: Double?
    public let trainSeconds: Double
    public let samplesPerSecond: Double
    public let parametersDigest: String
    public let data: DatasetFingerprint

    public var json: JSONValue {
        [
            "model": .string(model),
            "dataset": .string(dataset),
            "evaluation": .string(ranking.rawValue),
            "history_scores": ranking == .full ? .string(historyScores.rawValue) : .null,
            "test_users": .integer(test.users),
            "test": test.json,
            "dev": dev.json,
            "popularity_test": popularity.json,
            "best_epoch": .integer(bestEpoch),
            "epochs": .integer(epochs),
            "steps": .integer(steps),
            "parameters": .integer(parameters),
            "ranks": .integer(ranks),
            "start_seconds": startSeconds.map { .number($0) } ?? .null,
            "train_seconds": .number(trainSeconds),
            "samples_per_second": .number(samplesPerSecond),
            "parameters_sha256": .string(parametersDigest),
            "data": data.json,
        ]
    }

    /// The test metrics beside those of the popularity baseline, for people.
    public var text: String { Self.text(of: json) + (test.interests.map { "\n" + $0.text } ?? "") }

    /// The table of the test metrics of a `result.json`.
    static func text(of json: JSONValue) -> String {
        func metrics(_ key: String) -> [(name: String, value: Double)] {
            guard case .object(let members)? = json[key] else { return [] }
            return members.compactMap { member in
                switch member.value {
                case .number(let value): (member.key, value)
                case .integer(let value): (member.key, Double(value))
                default: nil
                }
            }
        }
        guard case .string(let model)? = json["model"], case .integer(let users)? = json["test_users"] else {
            return ""
        }
        let test = metrics("test")
        var table = Table([.text("test, \(users) users")] + test.map { .number($0.name) })
        for (name, values) in [(model, test), ("popularity", metrics("popularity_test"))] {
            // The baseline does not have every measure.
            let cells = values.map { NumberText.fixed($0.value, decimals: 4) }
            table.addRow([name] + cells + [String](repeating: "", count: max(test.count - cells.count, 0)))
        }
        return table.text
    }
}

extension DatasetFingerprint {
    var json: JSONValue {
        func part(_ part: Part) -> JSONValue {
            ["interactions": .integer(part.interactions), "crc32c": .integer(Int(part.checksum))]
        }
        return [
            "users": .integer(users), "items": .integer(items), "train": part(train), "dev": part(dev),
            "test": part(test),
        ]
    }
}
