import Options

/// Which parameters a training keeps, and tests at its end.
public enum KeptParameters: String, Sendable, CaseIterable, OptionValue {
    /// Those of the epoch with the best dev result, the first one of equals.
    case best
    /// Those of the last epoch.
    case last
}

extension TrainingData {
    /// A configuration with what depends on the data set: the protocol of ranking, and the parameters to keep.
    func resolve(_ configuration: TrainingConfiguration) throws(TrainingError) -> TrainingConfiguration {
        var resolved = configuration
        resolved.ranking = try ranking(for: configuration)
        resolved.keep = try kept(configuration)
        return resolved
    }

    /// Whether there are rows that epochs can be compared by.
    var hasDev: Bool { trainsOn == .train && fingerprint.dev.interactions > 0 }

    /// Whether there are rows that say how good a model is.
    var hasTest: Bool { trainsOn == .train }

    private func kept(_ configuration: TrainingConfiguration) throws(TrainingError) -> KeptParameters {
        guard !hasDev else { return configuration.keep ?? .best }
        let takesAll = configuration.trainsOn == .all
        if configuration.keep == .best {
            throw TrainingError(
                .usage,
                (takesAll ? "--train-on all leaves" : "\(name) has") + " no dev rows to choose the best epoch by",
                recoverySuggestion: "keep the parameters of the last one with --keep last")
        }
        if configuration.leavesTestAlone {
            throw TrainingError(
                .usage,
                takesAll
                    ? "--train-on all leaves no dev rows for --dev-only"
                    : "\(name) has no dev rows, and --dev-only leaves test alone: nothing would be ranked",
                recoverySuggestion: "leave --dev-only out")
        }
        return .last
    }
}
