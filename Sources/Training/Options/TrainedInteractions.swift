import Options

/// Which interactions of a data set a training learns from.
public enum TrainedInteractions: String, Sendable, CaseIterable, OptionValue {
    /// Those of train: dev decides when to end, and test says how good the model is.
    case train
    /// Those of train, dev and test. Nothing is held out, so nothing is ranked.
    case all
}
