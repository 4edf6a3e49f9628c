import Differentiation
import Evaluation
import FileIO
import Foundation
import Interactions
import KernelCore
import MPI
import ModelFiles
import Recommenders
import Reporting

/// Ranks dev or test with the parameters of a finished run or of a safetensors file.
public struct EvaluationJob: Sendable {
    let file: String
    let configuration: TrainingConfiguration
    let entry: RecommenderEntry
    let split: Split

    /// - Parameters:
    ///   - file: parameters as safetensors.
    ///   - configuration: model, stage, options, data set and protocol.
    public init(file: String, configuration: TrainingConfiguration, split: Split) throws(TrainingError) {
        self.file = file
        self.configuration = configuration
        self.split = split
        try configuration.validate()
        entry = try configuration.entry
    }

    /// The metrics, at rank 0; nil elsewhere. Collective.
    public func run(world: Communicator, console: Console) throws -> EvaluationResult? {
        try configuration.warnOfUnusedOptions(on: console)
        configuration.warnOfMissingInterests(of: entry, on: console)
        return try Kernel.flushingSubnormals { try evaluate(world: world, console: console) }
    }

    private func evaluate(world: Communicator, console: Console) throws -> EvaluationResult? {
        let (parameters, known) = try world.collectively {
            let file = try SafetensorsFile(path: file)
            return (file, try KnownIds(of: entry, in: file))
        }
        let data = try TrainingData(
            folder: configuration.dataFolder, kind: entry.training.samples, shardCount: configuration.logicalShards,
            windows: configuration.windows,
            needsSamples: false, drawsNegatives: false, needsGraph: entry.needs.contains(.graph),
            neighbours: configuration.countedNeighbours, known: known, world: world)
        data.warnings.forEach(console.warning)
        try world.collectively {
            guard split != .dev || data.hasDev else {
                throw TrainingError(
                    .data, "\(data.name) has no dev rows", recoverySuggestion: "rank test with --split test")
            }
        }
        let ranking = try world.collectively { try data.ranking(for: configuration) }
        let census = try EvaluationCensus(
            store: data.store, kind: data.kind, split: split, ranking: ranking, world: world)
        census.tell(on: console)
        census.tellAbout(topK: configuration.topK, on: console)
        let layout = ParameterLayout()
        let context = data.context(configuration.options, stage: configuration.stage)
        let model = entry.model(context, in: layout.root)
        if parameters.names.contains(Objective.ownParameterName),
            layout.specification(named: Objective.ownParameterName) == nil
        {
            // Parameters of the training alone, which the digest counts.
            var options = ObjectiveOptions()
            options.selection = .softLinear
            _ = Objective(options, context, in: layout.root)
        }
        let mixture = MixtureOfLogits(
            configuration.objective, size: configuration.options.embeddingSize, in: layout.root)
        try world.collectively { try entry.check(model, layout) }
        let values = ParameterValues.count(for: layout) * MemoryLayout<Float>.stride
        let propagated = model.propagation.map { Propagator.sharedCount($0, layout, parts: 1) + layout.tableCount } ?? 0
        try MemoryNeed.check(
            MemoryNeed(own: values + propagated * MemoryLayout<Float>.stride), of: "parameters", world: world)
        let storage = ParameterStorage(layout)
        try world.collectively {
            try ModelFile.read(parameters, into: storage.values, layout, unused: entry.tensors.unused)
        }
        let propagator = model.propagation.map { Propagator($0, layout, parameters: storage.values) }
        let clock = ContinuousClock()
        let start = clock.now
        propagator?.propagate {}
        propagator?.materializeAll()
        let metrics = try Evaluator(
            store: data.store, kind: data.kind, split: split, historyMax: configuration.options.historyMax,
            ranking: ranking, historyScores: configuration.historyScores, measures: configuration.measures,
            score: configuration.objective.score, mixture: mixture,
            neighbours: data.neighbourScores(for: configuration), seed: configuration.seed
        ).metrics(
            of: model, on: Tape(parameters: propagator?.values ?? storage.values), topK: configuration.topK,
            world: world)
        let seconds = (clock.now - start).inSeconds
        return metrics.map {
            EvaluationResult(
                model: entry.name, dataset: data.name, split: split, ranking: ranking,
                historyScores: configuration.historyScores, metrics: $0,
                rowsWithoutHistory: census.rowsWithoutHistory, seconds: seconds,
                parametersDigest: ModelFile.digest(storage.values, storage.layout))
        }
    }
}

/// What an evaluation found.
public struct EvaluationResult: Sendable {
    /// Name of the model in the catalogue.
    public let model: String
    /// Name of the data set.
    public let dataset: String
    /// The part of the data that was ranked, dev or test.
    public let split: Split
    /// Which items the true item of a row was ranked among.
    public let ranking: RankingProtocol
    /// What the items of a history counted for; decides about nothing unless all items were ranked.
    public let historyScores: HistoryScores
    /// Over the rows that were ranked.
    public let metrics: RankingMetrics
    /// Rows that are not ranked because they have no history.
    public let rowsWithoutHistory: Int
    /// Seconds of the ranking, without reading data and parameters.
    public let seconds: Double
    /// SHA-256 over the parameters, as in the result of the training that made them.
    public let parametersDigest: String

    /// The result for programs, as `trainer evaluate --json` prints it.
    public var json: JSONValue {
        [
            "model": .string(model),
            "dataset": .string(dataset),
            "split": .string(split.name),
            "evaluation": .string(ranking.rawValue),
            "history_scores": ranking == .full ? .string(historyScores.rawValue) : .null,
            "rows": .integer(metrics.rows),
            "rows_without_history": .integer(rowsWithoutHistory),
            "metrics": metrics.json,
            "seconds": .number(seconds),
            "rows_per_second": .number(Double(metrics.rows) / seconds),
            "parameters_sha256": .string(parametersDigest),
        ]
    }

    /// The metrics for people.
    public var text: String {
        let interests = metrics.interestsText
        return table.text + (interests.isEmpty ? "" : "\n" + interests)
    }

    /// The head of a table of metrics: `test, 40 of 100 rows` where the others are left out.
    static func title(_ split: String, rows: Int, excluded: Int) -> String {
        "\(split), \(rows)\(excluded > 0 ? " of \(rows + excluded)" : "") rows"
    }

    private var table: Table {
        let title = Self.title(split.name, rows: metrics.rows, excluded: rowsWithoutHistory)
        var table = Table([.text(title)] + metrics.named.map { .number($0.name) })
        table.addRow([model] + metrics.named.map { NumberText.fixed($0.value, decimals: 4) })
        return table
    }
}

extension Split {
    /// `train`, `dev` or `test`.
    public var name: String { "\(self)" }
}
