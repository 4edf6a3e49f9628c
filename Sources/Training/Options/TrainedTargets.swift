import Interactions
import Options

/// Which positions of a sequence a training has a target at.
public enum TrainedTargets: String, Sendable, CaseIterable, OptionValue {
    /// The one behind the newest item of a history: every sample is a history and what came next.
    case last
    /// Each that has a next item: every sample is a window of a user's sequence.
    case all
}

extension TrainingConfiguration {
    /// How sequences are cut into samples; nil where each interaction is a sample of its own.
    package var windows: WindowRule? {
        guard targets == .all else { return nil }
        return WindowRule(historyMax: options.historyMax, stride: windowStride ?? options.historyMax)
    }

    /// The most targets that a sample has.
    var targetsPerSample: Int { windows?.stride ?? 1 }

    /// Refuses targets at every position where something else does not go with them.
    func validateTargets() throws(TrainingError) {
        try require(
            windowStride == nil || targets == .all ? nil : "--window-stride is for --targets all",
            "add --targets all, or leave it out")
        guard targets == .all else { return }
        let stride = windowStride ?? 0
        try require(
            stride > options.historyMax
                ? "--window-stride \(stride) is above --history-max \(options.historyMax)" : nil,
            "targets between two windows would be left out: choose at most the length of a window")
        try require(
            sampling == .epoch ? nil : "--targets all is for --sampling epoch",
            "leave --sampling out: every epoch has each target once")
        try require(
            objective.routingRegularization > 0
                ? "--routing-regularization: with --targets all there is no attention over a whole history" : nil,
            "leave it out, or choose --targets last")
    }
}
