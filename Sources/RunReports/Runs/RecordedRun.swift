import FileIO
import Options
import Training

/// What the folder of a run tells of its training, when it is read.
struct RecordedRun: Sendable {
    /// The folder, as it was named.
    let path: String
    /// The options, in the order of `config.yaml`.
    let options: [TrainingConfiguration.StoredOption]
    /// What `metrics.jsonl` has.
    let epochs: [RecordedEpoch]
    /// `metrics.jsonl` of the stage before, where one command trained both.
    let epochsBefore: [RecordedEpoch]
    /// The content of `result.json`; nil before the end.
    let result: JSONValue?
    /// Whether it has come to its end, and what it is at.
    let progress: RunProgress

    /// The value of an option; nil where it is not set.
    func option(_ name: String) -> String? { options.first { $0.name == name }?.value }

    /// Name of the model.
    var model: String { option("model") ?? result?["model"]?.text ?? "?" }
    /// Name of the data set.
    var dataset: String { option("dataset") ?? result?["dataset"]?.text ?? "?" }
    /// The seed, as it is written.
    var seed: String { option("seed") ?? "0" }

    /// All that decides about a result, but for the seed: what the runs of a group have in common.
    var decidingOptions: [TrainingConfiguration.StoredOption] { options.filter(\.decides) }

    /// The split that the result was measured on: `test`, or `dev` where test is left alone.
    var split: String {
        guard let result else { return option("dev-only") == "true" || option("dev-only") == "1" ? "dev" : "test" }
        return result["test_rows"] != nil || result["test_users"] != nil ? "test" : "dev"
    }

    /// What was measured at the end; empty before it.
    var finalMetrics: [RecordedEpoch.Metric] { RecordedEpoch.Metric.all(in: result?[split]) }
    /// The same of ranking by popularity.
    var popularity: [RecordedEpoch.Metric] { RecordedEpoch.Metric.all(in: result?["popularity_" + split]) }

    /// The epoch with the best dev result: as the result has it, or by the first metric of dev.
    var bestEpoch: Int? {
        if let result { return result["best_epoch"]?.whole }
        guard let name = selection else { return nil }
        var best: RecordedEpoch?
        // The first of equal ones, as a training keeps it.
        for epoch in epochs where epoch.metric(name) ?? 0 > best?.metric(name) ?? -1 { best = epoch }
        return best?.epoch
    }

    /// The metric that decides about the best epoch: NDCG at the first cut-off.
    var selection: String? {
        let names = epochs.first { !$0.metrics.isEmpty }?.metrics.map(\.name) ?? []
        return names.first { $0.hasPrefix("NDCG@") } ?? names.first
    }
}
