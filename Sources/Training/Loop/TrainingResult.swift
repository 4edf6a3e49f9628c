import Evaluation
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
    public let trainSeconds: Double
    public let samplesPerSecond: Double
    public let parametersDigest: String

    public var json: JSONValue {
        [
            "model": .string(model),
            "dataset": .string(dataset),
            "evaluation": .string(ranking.rawValue),
            "history_scores": ranking == .full ? .string(historyScores.rawValue) : .null,
            "test": test.json,
            "dev": dev.json,
            "popularity_test": popularity.json,
            "best_epoch": .integer(bestEpoch),
            "epochs": .integer(epochs),
            "steps": .integer(steps),
            "parameters": .integer(parameters),
            "ranks": .integer(ranks),
            "train_seconds": .number(trainSeconds),
            "samples_per_second": .number(samplesPerSecond),
            "parameters_sha256": .string(parametersDigest),
        ]
    }

    /// The test metrics beside those of the popularity baseline, for people.
    public var text: String { table.text + (test.interests.map { "\n" + $0.text } ?? "") }

    private var table: Table {
        var table = Table([.text("test, \(test.users) users")] + test.named.map { .number($0.name) })
        for (name, metrics) in [(model, test), ("popularity", popularity)] {
            // The baseline does not have every measure.
            let cells = metrics.named.map { NumberText.fixed($0.value, decimals: 4) }
            table.addRow([name] + cells + [String](repeating: "", count: test.named.count - cells.count))
        }
        return table
    }
}
