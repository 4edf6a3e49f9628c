import Evaluation
import FileIO
import Interactions
import Reporting

/// What a finished training is, as in `result.json`.
public struct TrainingResult: Sendable {
    /// Name of the model in the catalogue.
    public let model: String
    /// Name of the data set.
    public let dataset: String
    /// How good the kept parameters are; nil for a training on all interactions, which leaves nothing to rank.
    public let metrics: Metrics?
    /// The epoch with the best dev result; nil without dev rows.
    public let bestEpoch: Int?
    /// The epoch whose parameters are kept and tested.
    public let keptEpoch: Int
    /// Epochs that were trained, the last one perhaps in part.
    public let epochs: Int
    /// Steps that were taken, those before a resumption too.
    public let steps: Int
    /// Number of trainable values, those of the objective too.
    public let parameters: Int
    /// Ranks at the end of the training.
    public let ranks: Int
    /// From the beginning of the command, or of its stage, to the end of the first step; nil where no step was taken.
    public let startSeconds: Double?
    /// Seconds of all steps; reading data and ranking do not count.
    public let trainSeconds: Double
    /// Samples of all ranks in a second of the steps.
    public let samplesPerSecond: Double
    /// SHA-256 over the kept parameters: two trainings agree in every bit if and only if these agree.
    public let parametersDigest: String
    /// What tells the data set from others.
    public let data: DatasetFingerprint

    /// How good the kept parameters are.
    public struct Metrics: Sendable {
        /// The metrics on test; nil for a training that leaves test alone.
        public let test: RankingMetrics?
        /// The metrics on dev.
        public let dev: RankingMetrics
        /// The metrics of the popularity baseline: on test, or on dev where test is left alone.
        public let popularity: RankingMetrics
        /// The metrics of the same baseline on dev; nil where dev is what is reported, and without dev rows.
        public let popularityOnDev: RankingMetrics?
        /// Rows of that split that are not ranked because they have no history.
        public let rowsWithoutHistory: Int
        /// Which items the true item of a row was ranked among.
        public let ranking: RankingProtocol
        /// What the items of a history counted for; decides about nothing unless all items were ranked.
        public let historyScores: HistoryScores

        /// What is reported at the end: test, or dev where test is left alone.
        var reported: RankingMetrics { test ?? dev }

        var members: [JSONValue.Member] {
            [
                .init("evaluation", .string(ranking.rawValue)),
                .init("history_scores", ranking == .full ? .string(historyScores.rawValue) : .null),
                .init(test == nil ? "dev_rows" : "test_rows", .integer(reported.rows)),
                .init("rows_without_history", .integer(rowsWithoutHistory)),
                .init("test", test?.json ?? .null),
                .init("dev", dev.rows > 0 ? dev.json : .null),
                .init(test == nil ? "popularity_dev" : "popularity_test", popularity.json),
            ] + (popularityOnDev.map { [.init("popularity_dev", $0.json)] } ?? [])
        }
    }

    /// Stands for metrics where all interactions were trained on.
    private static let trainedOnAll = JSONValue.Member("trained_on", .string(TrainedInteractions.all.rawValue))

    /// The content of `result.json`.
    public var json: JSONValue {
        let own: JSONValue = [
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
            "build": BuildDescription.current.json,
        ]
        guard case .object(let members) = own else { return own }
        return .object(
            [.init("model", .string(model)), .init("dataset", .string(dataset))]
                + (metrics?.members ?? [Self.trainedOnAll]) + members)
    }

    /// The test metrics beside those of the popularity baseline, for people; those of dev where test is left alone.
    public var text: String {
        let interests = metrics?.reported.interestsText ?? ""
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
        if json[trainedOnAll.key] == trainedOnAll.value {
            return "trained on all interactions: none is left to say how good the model is\n"
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
    /// Sizes and checksums as in `result.json` and in checkpoints.
    package var json: JSONValue {
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
