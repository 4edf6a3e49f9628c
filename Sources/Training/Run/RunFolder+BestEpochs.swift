import FileIO
import Foundation

/// How long a finished training should have lasted.
public struct BestEpochs: Sendable, Equatable {
    /// The best epoch of the last stage, or of the only one.
    public let last: Int
    /// That of the stage before; nil where the run has none.
    public let pretraining: Int?
}

extension RunFolder {
    /// The best epochs of the finished training here, by its dev results.
    public func bestEpochs() throws(TrainingError) -> BestEpochs {
        let pretraining = FileManager.default.fileExists(atPath: pretrain.result) ? try pretrain.bestEpoch() : nil
        return BestEpochs(last: try bestEpoch(), pretraining: pretraining)
    }

    private func bestEpoch() throws(TrainingError) -> Int {
        guard let text = try? String(contentsOfFile: result, encoding: .utf8),
            let json = try? JSONValue(parsing: text)
        else {
            throw TrainingError(
                .data, "--epochs-from \(path): there is no result of a finished training",
                recoverySuggestion: "name the folder of a run that has come to its end")
        }
        guard case .integer(let epoch)? = json["best_epoch"], epoch > 0 else {
            throw TrainingError(
                .data, "--epochs-from \(path): the training had no dev rows, so no epoch is known to be the best",
                recoverySuggestion: "name a run with dev rows, or choose --epochs")
        }
        return epoch
    }

    /// What decides about a result and is not in `configuration` as in the run here, without what only says where a
    /// training begins: `--lr 0.001 instead of 0.01`.
    public func otherOptions(than configuration: TrainingConfiguration) throws -> [String] {
        let beginning = Set(TrainingConfiguration.beginningFields.map(\.name) + ["seed", "stage"])
        return try differences(from: configuration).changes
            .filter { $0.effect == .result && !beginning.contains($0.option) }.map(\.text)
    }
}
