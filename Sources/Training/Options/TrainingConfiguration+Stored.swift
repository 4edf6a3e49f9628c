import FileIO
import Options
import Recommenders

extension TrainingConfiguration {
    /// An option of a run, as its `config.yaml` or the defaults of then have it.
    package struct StoredOption: Sendable, Equatable {
        /// The name without dashes.
        package let name: String
        /// The value as in a file of options; nil: not set.
        package let value: String?
        /// Whether a training with another value can have another result. The seed, and what only says where something
        /// is found or what else is reported, does not count.
        package let decides: Bool
    }

    /// The options of a `config.yaml`, perhaps of an earlier version, in the order in which this version writes them:
    /// those of the model's training with what they meant then where the file does not have them.
    ///
    /// The file is not checked: an option that there is not stands at the end, a value that is none stays as it is.
    package static func storedOptions(_ options: OptionText) -> [StoredOption] {
        let model = options["model"]?.value ?? ""
        var values = canonical(ofEarlier: options, model: model)
        // What stands for the stages in a comparison of two parameters is no text of the file.
        values["stage"] = options["stage"]?.value
        let ownExtractor = RunFolder(options["out"]?.value ?? "").pretrain.path
        if values["extractor"] == ownExtractor { values["extractor"] = nil }
        let declared = declarations(for: RecommenderCatalogue.entry(named: model))
        var stored: [StoredOption] = []
        for declaration in declared {
            guard let value = values.removeValue(forKey: declaration.name) else { continue }
            let decides = declaration.effect != .nothing && !undeciding.contains(declaration.name)
            stored.append(
                StoredOption(
                    name: declaration.name, value: value, decides: decides || deciding.contains(declaration.name)))
        }
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            stored.append(StoredOption(name: name, value: value, decides: true))
        }
        return stored
    }

    /// Options that two runs of one configuration may differ in: the parameters of the extractor depend on the seed.
    private static let undeciding: Set = ["seed", "extractor", "measures"]
    /// What a resumption need not compare, and what decides all the same: the options of the stage before, the data.
    private static let deciding: Set = ["pretrain", "dataset"]
}
