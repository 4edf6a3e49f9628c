import Evaluation
import Options
import Recommenders
import Reporting

extension TrainingConfiguration {
    /// Says which of the model's hyperparameters were chosen although the model has no use for them.
    public func warnOfUnusedOptions(on console: Console) throws(TrainingError) {
        try entry.warn(ofUnused: try unusedHyperparameters, on: console)
    }

    /// The hyperparameters that were chosen although the model has no use for them.
    var unusedHyperparameters: [String] {
        get throws(TrainingError) {
            let entry = try entry
            let history = ModelOptions.historyMaxOption
            let isLengthUnused = options.historyMax != history.defaultValue && !readsHistories(entry)
            return (isLengthUnused ? [history.declaration.name] : []) + entry.unused(of: options)
        }
    }

    /// Whether the length of histories decides about the result: the model looks at them, or the ranking does.
    func readsHistories(_ entry: RecommenderEntry?) -> Bool {
        entry?.readsHistories ?? true || historyScores == .zero || neighbourWeight > 0
    }

    /// Sets what a model that is not trained would be trained for to its default.
    ///
    /// - Returns: the names of all options that were chosen although the model has no use for them.
    mutating func leaveOutUnused(by entry: RecommenderEntry) throws(TrainingError) -> [String] {
        let hyperparameters = try unusedHyperparameters
        options = entry.own(options)
        guard !entry.training.isTrained else { return hyperparameters }
        let training = chosenTrainingOptions
        objective = ObjectiveOptions()
        return hyperparameters + training
    }

    /// The options of training that were chosen, by name: not those of ranks, which a ranking has too.
    private var chosenTrainingOptions: [String] {
        let standard = TrainingConfiguration(model: model, dataRoot: dataRoot, dataset: dataset, output: output)
        let fields = (Self.beginningFields + Self.endFields + Self.stepFields + Self.objectiveFields).filter {
            $0.declaration.effect != .nothing && $0.name != "logical-shards"
        }
        return fields.filter { $0.text(in: self) != $0.text(in: standard) }.map(\.name).sorted()
    }
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
