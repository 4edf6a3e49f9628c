import Differentiation
import Foundation
import Interactions
import ModelFiles
import Recommenders

/// The parameters that the stage `finetune` starts from.
enum PretrainedParameters {
    /// Reads the parameters whose names begin with `prefix` from the run or the file at `source`.
    ///
    /// A run must have been made with the options that shape the extractor, on the same data set: otherwise the
    /// differences are named, and nothing is read.
    ///
    /// - Parameters:
    ///   - part: what of the parameters is read; nil: all of them.
    ///   - itemIds: what the rows must belong to.
    static func read(
        _ source: String, _ prefix: String, into values: ParameterValues, _ layout: ParameterLayout,
        part: ParameterSlice?, _ configuration: TrainingConfiguration, itemIds: Vocabulary
    ) throws {
        var path = source
        if !SafetensorsFile.isNamed(by: source) {
            let run = RunFolder(source)
            let differences = Self.differences(try run.readConfiguration(namedBy: "--extractor"), configuration)
            guard differences.isEmpty else {
                throw TrainingError(
                    .usage, "\(source) was pretrained with other options: \(differences.joined(separator: ", "))",
                    recoverySuggestion:
                        "give the same options to both stages, or name another extractor with --extractor")
            }
            path = run.model
        }
        let file = try SafetensorsFile(path: path)
        try ModelFile.read(file, into: values, layout, prefix: prefix, part: part)
        guard try ModelFile.ids(ModelFile.itemIds, in: file, rows: itemIds.count + 1) == itemIds else {
            throw TrainingError(
                .data, "\(path) was pretrained on other items, as many as these",
                recoverySuggestion: "name the data set that it was pretrained on, or another extractor with --extractor"
            )
        }
    }

    /// What an earlier run has that this one has not, of all that the extractor depends on.
    private static func differences(_ earlier: TrainingConfiguration, _ now: TrainingConfiguration) -> [String] {
        var result: [String] = []
        func compare<Value: Equatable>(_ name: String, _ value: (TrainingConfiguration) -> Value) {
            if value(earlier) != value(now) { result.append("\(name) \(value(earlier)) instead of \(value(now))") }
        }
        compare("--model") { $0.model }
        if earlier.stage != .pretrain {
            result.append("--stage \(earlier.stage?.rawValue ?? "none") instead of pretrain")
        }
        compare("--dataset") { $0.dataset }
        for option in RecommenderCatalogue.entry(named: now.model)?.optionsOfAllStages ?? [] {
            compare("--\(option.declaration.name)") { $0.options.text(of: option) }
        }
        return result
    }
}
