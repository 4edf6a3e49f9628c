import Foundation
import Recommenders
import Reporting

/// What `--extend` means for a training in several stages.
///
/// A stage that another one has continued ends where it ended: to train it on would take back what the other has made of
/// it. So `--extend` is about the last stage that there is, and about the one before as long as that has not ended.
extension TrainingJob {
    /// Says that a stage which has ended stays as it is, or refuses options that are for this stage alone. At rank 0.
    func tellOfExtension(of own: TrainingConfiguration, at index: Int, on console: Console) throws {
        let folder = RunFolder(own.output)
        if index == stages.count - 1 { return try refuseContinued(own, in: folder) }
        guard FileManager.default.fileExists(atPath: folder.result) else { return }
        let changes = try folder.differences(from: own).changes.filter { $0.effect == .ending }
        guard !changes.isEmpty else { return }
        let stage = own.stage?.rawValue ?? ""
        let problem = "\(stage) in \(folder.path) has ended, and --extend trains on the last stage alone"
        let recoverySuggestion =
            "to train \(stage) on: --stage \(stage) --resume --extend --out \(folder.path), then "
            + "--stage \(stages.last??.rawValue ?? "") --overwrite --out \(output)"
        let given = Set(pretrainingOptions.entries.map(\.name))
        if let change = changes.first(where: { given.contains($0.option) }) {
            throw TrainingError(
                .usage, "--pretrain: \(change.text.dropFirst(2)): \(problem)", recoverySuggestion: recoverySuggestion)
        }
        console.info(
            "\(problem): \(changes.map(\.text).joined(separator: ", ")) does not count there\n\(recoverySuggestion)")
    }

    /// Refuses to train a stage on in the folder of the one that has continued it.
    private func refuseContinued(_ own: TrainingConfiguration, in folder: RunFolder) throws {
        guard own.stage != nil, own.stage != entry.stages.last, let found = try? folder.readConfiguration(),
            found.stage == entry.stages.last, (try? folder.pretrain.readConfiguration())?.stage == own.stage
        else { return }
        let stage = own.stage?.rawValue ?? ""
        throw TrainingError(
            .usage,
            "\(folder.path) is of the stage \(found.stage?.rawValue ?? ""), and \(stage) is in \(folder.pretrain.path)",
            recoverySuggestion: "train it on there, with --out \(folder.pretrain.path), then "
                + "--stage \(found.stage?.rawValue ?? "") --overwrite --out \(folder.path)")
    }

    /// The configuration with the record of how the stage before really ended, where this was before.
    func notingEnd(before own: TrainingConfiguration, at index: Int) -> TrainingConfiguration {
        guard own.trainsAllStages, let before = try? RunFolder(own.output).pretrain.readConfiguration() else {
            return own
        }
        var own = own
        own.noteStageBefore(before, chosen: pretrainingOptions)
        return own
    }
}
