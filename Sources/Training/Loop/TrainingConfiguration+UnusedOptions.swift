import Recommenders
import Reporting

extension TrainingConfiguration {
    /// Says which of the model's hyperparameters were chosen although the model has no use for them.
    public func warnOfUnusedOptions(on console: Console) throws(TrainingError) {
        let entry = try entry
        let unused = entry.unused(of: options)
        guard !unused.isEmpty else { return }
        console.warning(
            "\(entry.name) has no use for \(unused.map { "--" + $0.rawValue }.joined(separator: ", "))\n"
                + "the result is that of a command without")
    }
}
