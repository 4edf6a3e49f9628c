/// The part of a data set that an interaction belongs to.
public enum Split: UInt8, Sendable {
    /// What a model learns from.
    case train = 0
    /// What decides about the best epoch.
    case dev = 1
    /// What a trained model is measured by.
    case test = 2
}
