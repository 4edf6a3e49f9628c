import Recommenders
import Reporting

extension TrainingConfiguration {
    /// Says which of the model's hyperparameters were chosen although the model has no use for them.
    public func warnOfUnusedOptions(on console: Console) throws(TrainingError) {
        try entry.warn(ofUnused: try unusedHyperparameters, on: console)
    }

    /// The hyperparameters that were chosen although the model has no use for them.
    var unusedHyperparameters: [String] {
        get throws(TrainingError) { try entry.unused(of: options).map(\.rawValue) }
    }

    /// Sets what a model that is not trained would be trained for to what is usual.
    ///
    /// - Returns: the names of all options that were chosen although the model has no use for them.
    mutating func leaveOutUnused(by entry: RecommenderEntry) throws(TrainingError) -> [String] {
        let hyperparameters = try unusedHyperparameters
        guard !entry.isTrained else { return hyperparameters }
        let training: [String]
        do { training = try chosenTrainingOptions() } catch {
            throw TrainingError(
                .failure, "the options cannot be compared: \(error)", remedy: "report this with the command")
        }
        objective = ObjectiveOptions()
        return hyperparameters + training
    }

    /// The options of training that were chosen, by name.
    private func chosenTrainingOptions() throws -> [String] {
        let usual = TrainingConfiguration(model: model, dataRoot: dataRoot, dataset: dataset, output: output)
        return ResumeDifferences(
            now: try OptionEncoder.encode(self).text, before: try OptionEncoder.encode(usual).text,
            ignoring: Self.optionsBesideTraining
        ).changes.map(\.option)
    }

    /// Names of options that decide about data, ranking and ranks, and those of models, which are looked at for each of
    /// them.
    private static let optionsBesideTraining: Set<String> = Set(ModelOption.allCases.map(\.rawValue)).union([
        "model", "stage", "data-root", "dataset", "out", "logical-shards", "exchange", "evaluation", "topk",
        "history-scores", "measures", "dev-only",
    ])
}

extension RecommenderEntry {
    /// Names options that the model has no use for.
    func warn(ofUnused options: [String], on console: Console) {
        guard !options.isEmpty else { return }
        console.warning(
            "\(name) has no use for \(options.map { "--" + $0 }.joined(separator: ", "))\n"
                + "the result is that of a command without")
    }
}
