import Evaluation
import FileIO
import Interactions
import Reporting

/// What a finished training is, as in `result.json`.
public struct TrainingResult: Sendable {
    public let model: String
    public let dataset: String
    /// nil for a training that leaves test alone.
    public let test: RankingMetrics?
    /// Of the kept parameters.
    public let dev: RankingMetrics
    /// Of the popularity baseline: on test, or on dev where test is left alone.
    public let popularity: RankingMetrics
    /// Rows of that split that are not ranked because they have no history.
    public let rowsWithoutHistory: Int
    public let ranking: RankingProtocol
    public let historyScores: HistoryScores
    /// The epoch with the best dev result; nil without dev rows.
    public let bestEpoch: Int?
    /// The epoch whose parameters are kept and tested.
    public let keptEpoch: Int
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
            (test == nil ? "dev_rows" : "test_rows"): .integer((test ?? dev).rows),
            "rows_without_history": .integer(rowsWithoutHistory),
            "test": test?.json ?? .null,
            "dev": dev.rows > 0 ? dev.json : .null,
            (test == nil ? "popularity_dev" : "popularity_test"): popularity.json,
            "best_epoch": bestEpoch.map { .integer($0) } ?? .null,
            "kept_epoch": .integer(keptEpoch),
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

    /// The test metrics beside those of the popularity baseline, for people; those of dev where test is left alone.
    public var text: String {
        let interests = (test ?? dev).interestsText
        return Self.text(of: json) + (interests.isEmpty ? "" : "\n" + interests)
    }

    /// The table of the test metrics of a `result.json`, or of the dev metrics where test is left alone.
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
        // Older files have the number of rows under the name of users.
        let counts = [("test", "test_rows"), ("test", "test_users"), ("dev", "dev_rows"), ("dev", "dev_users")]
        guard case .string(let model)? = json["model"], let (split, key) = counts.first(where: { json[$0.1] != nil }),
            case .integer(let rows)? = json[key]
        else { return "" }
        var excluded = 0
        if case .integer(let count)? = json["rows_without_history"] { excluded = count }
        let found = metrics(split)
        var table = Table(
            [.text(EvaluationResult.title(split, rows: rows, excluded: excluded))] + found.map { .number($0.name) })
        for (name, values) in [(model, found), ("popularity", metrics("popularity_" + split))] {
            // The baseline does not have every measure.
            let cells = values.map { NumberText.fixed($0.value, decimals: 4) }
            table.addRow([name] + cells + [String](repeating: "", count: max(found.count - cells.count, 0)))
        }
        return table.text
    }
}

extension DatasetFingerprint {
    var json: JSONValue {
        func part(_ part: Part) -> JSONValue {
            ["interactions": .integer(part.interactions), "crc32c": .integer(Int(part.checksum))]
        }
        let counted: JSONValue = [
            "users": .integer(users), "items": .integer(items), "train": part(train), "dev": part(dev),
            "test": part(test),
        ]
        guard let ids, case .object(let members) = counted else { return counted }
        return .object(members + [JSONValue.Member("ids_crc32c", .integer(Int(ids)))])
    }
}
