import Foundation
import Options
import Recommenders
import Training

/// The folder of a run for which none is named.
enum DefaultFolder {
    /// Named after what decides about the result of the first stage, as far as the model uses it, so that a later stage
    /// finds the earlier one and other options get another folder.
    static func name(
        of configuration: TrainingConfiguration, pretraining: StageOptions, data: DataOptions
    ) -> String {
        let start = configuration.warmStart.map { ["warm-" + URL(filePath: $0).lastPathComponent] } ?? []
        let parts =
            [configuration.model] + configuration.folderParts + pretraining.nameParts.map { "pretrain-" + $0 } + start
        return parent(of: data) + "/" + parts.joined(separator: "-")
    }

    /// `runs` and the name of the data set, which stays below it wherever the data set lies.
    private static func parent(of data: DataOptions) -> String {
        let dataset = data.dataset ?? ""
        let parts = dataset.split(separator: "/").filter { $0 != "." }.map(String.init)
        guard parts.contains("..") else { return (["runs"] + parts).joined(separator: "/") }
        return "runs/" + URL(filePath: data.root + "/" + dataset).standardizedFileURL.lastPathComponent
    }
}
