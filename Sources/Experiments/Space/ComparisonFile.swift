import FileIO
import Options
import Training

/// The file of `trainer compare --config FILE`: models, data sets and seeds, of which every combination is trained and
/// tested.
///
///     seeds: [0, 1, 2, 3, 4]
///     metrics: [NDCG@10, HR@10]           # the first is the one that marks the best
///     proposed: TiMiRec                   # compared with the best of the others
///     datasets: [games, books]
///     fixed: {data-root: data, epochs: 50}
///     models:
///       SASRec: {lr: 1e-3}                # the name is that of the model, unless `model` says another
///       TiMiRec: {interests: 4}
package struct ComparisonFile: Sendable {
    /// A row of the table.
    package struct Model: Sendable {
        /// What the row is called.
        package let label: String
        /// The options that it has beside the fixed ones, or in their place.
        package let options: [OptionText.Entry]
        /// Line of the file, from 1.
        package let line: Int
    }

    /// Seeds of the trainings.
    package let seeds: [UInt64]
    /// The test metrics of the table; empty: the one by which a training finds its best epoch.
    package let metrics: [String]
    /// The row that is compared with the best of the others; nil: the best one.
    package let proposed: String?
    /// Names of data sets.
    package let datasets: [String]
    /// Options that all trainings share.
    package let fixed: [OptionText.Entry]
    /// The rows.
    package let models: [Model]

    /// Reads a file.
    package init(_ tree: OptionTree) throws(OptionError) {
        try tree.refuseUnknown(
            ["seeds", "metrics", "proposed", "datasets", "fixed", "models"], in: "the file of a comparison")
        seeds = try tree["seeds"]?.requireSeeds() ?? [0, 1, 2, 3, 4]
        metrics = try Self.words(tree["metrics"], "metrics")
        fixed = try tree["fixed"]?.requireOptions("fixed") ?? []
        datasets = try Self.words(tree["datasets"], "datasets")
        guard !datasets.isEmpty else {
            throw OptionError(line: nil, reason: "datasets is missing: names of folders in the data root")
        }
        guard let modelsTree = tree["models"] else {
            throw OptionError(line: nil, reason: "models is missing: names with options, such as SASRec: {lr: 1e-3}")
        }
        var models: [Model] = []
        for member in try modelsTree.requireMembers(of: "models") {
            var options = try member.tree.requireOptions(member.name)
            if !options.contains(where: { TrainingConfiguration.name(of: $0.name, model: nil) == "model" }) {
                options.insert(OptionText.Entry(name: "model", value: member.name, line: member.line), at: 0)
            }
            guard Self.isFolderName(member.name) else {
                throw OptionError(line: member.line, reason: "\(member.name) cannot be the name of a folder")
            }
            models.append(Model(label: member.name, options: options, line: member.line))
        }
        self.models = models
        guard models.count > 1 else {
            throw OptionError(line: modelsTree.line, reason: "a comparison has two models or more")
        }
        proposed = try tree["proposed"].map { tree throws(OptionError) in
            let name = try tree.requireText("proposed")
            guard models.contains(where: { $0.label == name }) else {
                let nearest = models.map(\.label).nearest(to: name).map { ", did you mean \($0)?" } ?? ""
                throw OptionError(line: tree.line, reason: "proposed: there is no \(name) among the models\(nearest)")
            }
            return name
        }
        let dataset = ["dataset": "write the data sets as `datasets: [games]`", "dev-only": "a comparison tests"]
        for options in [fixed] + models.map(\.options) { try DecidedOptions.refuse(in: options, dataset) }
    }

    /// Whether a folder can be called so: no path, nothing hidden.
    static func isFolderName(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && !name.contains("/") && name.utf8.count <= 100
            && name.printable(limit: .max) == name
    }

    private static func words(_ tree: OptionTree?, _ name: String) throws(OptionError) -> [String] {
        guard let tree else { return [] }
        var words: [String] = []
        for element in tree.elements ?? [tree] {
            let word = try element.requireText(name)
            guard !words.contains(word) else {
                throw OptionError(line: element.line, reason: "\(name): \(word) is there twice")
            }
            words.append(word)
        }
        return words
    }
}
