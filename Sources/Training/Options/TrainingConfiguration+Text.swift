import FileIO
import Options
import Recommenders

/// A configuration as options of one word or number each: what a command line, a recipe or a file hands over, and what
/// `config.yaml` holds.
extension TrainingConfiguration {
    /// The configuration of a command line, a recipe or a file.
    ///
    /// Options that are not there have their default, in which model and loss have a say. Those of other models are kept
    /// for a warning (``RecommenderEntry/unused(of:)``).
    ///
    /// - Parameters:
    ///   - options: by any of their spellings; no option twice.
    ///   - isStored: whether they are those of a run, perhaps of an earlier version: what is not there is what it was then.
    /// - Throws: for an option that there is not, and for a text that is no value.
    package init(_ options: OptionText, isStored: Bool = false) throws(OptionError) {
        self.init(model: "", dataRoot: "", dataset: "", output: "")
        for required in ["model", "data-root", "dataset", "out"] {
            guard let entry = options.entries.first(where: { Self.name(of: $0.name, for: nil) == required }),
                let value = entry.value
            else { throw OptionError(line: nil, reason: "\(required) is missing") }
            try set(OptionText.Entry(name: required, value: value, line: entry.line), for: nil)
        }
        let entry = RecommenderCatalogue.entry(named: model)
        ModelDefaults(isStored ? nil : entry).apply(to: &self)
        var names: Set<String> = []
        for option in options.entries {
            let name = Self.name(of: option.name, for: entry)
            guard names.insert(name).inserted else {
                throw OptionError(line: option.line, reason: "\(option.name): \(name) is there twice")
            }
            try set(option, for: entry)
        }
        if isStored {
            for option in Self.formerOptions(of: options, for: entry) { try set(option, for: entry) }
            if trainsAllStages { extractor = nil }
            return
        }
        if !names.contains("negatives") { negatives = ModelDefaults.negatives(under: objective.loss) }
        if sampling == .users, maxSteps != nil, !names.contains("epochs") {
            // The steps alone are to end the training: more epochs than any has.
            epochs = 1_000_000
        }
    }

    /// Sets options by the texts of their values, and refuses those that are out of range.
    package mutating func set(_ texts: [String: String]) throws(TrainingError) {
        for (name, value) in texts.sorted(by: { $0.key < $1.key }) {
            do {
                try set(OptionText.Entry(name: name, value: value), for: RecommenderCatalogue.entry(named: model))
            } catch {
                throw TrainingError(
                    .usage, "--\(error.reason.printable())", recoverySuggestion: "give it a value that it can have")
            }
            try require(Self.field(called: name)?.problem(in: self))
        }
    }

    /// Refuses a value that an option cannot have, whatever the other options are. What only commands know is passed over.
    ///
    /// - Parameter model: whose options are meant where models have one name for several.
    package static func check(_ option: OptionText.Entry, model: String?) throws(TrainingError) {
        let entry = model.flatMap(RecommenderCatalogue.entry(named:))
        var alone = TrainingConfiguration(model: model ?? "", dataRoot: "", dataset: "", output: "")
        let field = field(called: option.name)
        let hyperparameter = modelOption(called: option.name, for: entry)
        guard field != nil || hyperparameter != nil else { return }
        do { try alone.set(option, for: entry) } catch {
            throw TrainingError(
                .usage, error.reason.printable(), recoverySuggestion: "give it a value that it can have")
        }
        if let field {
            try require(field.problem(in: alone))
        } else {
            try require(hyperparameter?.problem(in: alone.options))
        }
        if field?.name == "model" { _ = try RecommenderCatalogue.requireEntry(named: alone.model) }
    }

    /// Sets one option by its text.
    mutating func set(_ option: OptionText.Entry, for entry: RecommenderEntry?) throws(OptionError) {
        func failure(_ declaration: OptionDeclaration) -> OptionError {
            OptionError(
                line: option.line,
                reason: "\(option.name) is \(option.value ?? "nothing"), not \(declaration.kind)")
        }
        if let field = Self.field(called: option.name) {
            guard field.set(option.value, in: &self) else { throw failure(field.declaration) }
        } else if let hyperparameter = Self.modelOption(called: option.name, for: entry) {
            guard let value = option.value else { return }
            guard options.set(hyperparameter, to: value) else { throw failure(hyperparameter.declaration) }
        } else {
            let declarations = Self.fields.map(\.declaration) + RecommenderCatalogue.options.map(\.declaration)
            let nearest =
                declarations.flatMap { [$0.name] + $0.aliases }.nearest(to: option.name).map { "; did you mean \($0)?" }
                ?? ""
            throw OptionError(line: option.line, reason: "there is no option \(option.name)\(nearest)")
        }
    }

    /// The option of the model, or else of another one, that is called so.
    private static func modelOption(
        called spelling: String, for entry: RecommenderEntry?
    ) -> (any DeclaredModelOption)? {
        entry?.option(called: spelling) ?? RecommenderCatalogue.options.option(called: spelling)
    }

    /// The name of the option that has this spelling in the options of a model; the spelling itself where there is none.
    package static func name(of spelling: String, model: String?) -> String {
        name(of: spelling, for: model.flatMap(RecommenderCatalogue.entry(named:)))
    }

    /// What the `config.yaml` of a run of an earlier version meant by options that it does not have, where this is not
    /// their default; nothing for options that somebody wrote by hand.
    package static func formerOptions(of options: OptionText) -> [OptionText.Entry] {
        let isOfRun = ["model", "data-root", "dataset", "out", "exchange"].allSatisfy { options[$0] != nil }
        let entry = options["model"]?.value.flatMap(RecommenderCatalogue.entry(named:))
        return isOfRun ? formerOptions(of: options, for: entry) : []
    }

    /// The same for the options of a run.
    private static func formerOptions(of options: OptionText, for entry: RecommenderEntry?) -> [OptionText.Entry] {
        (entry?.allOptions ?? []).map(\.declaration).compactMap { declaration in
            guard let former = declaration.formerText, options[declaration.name] == nil else { return nil }
            return OptionText.Entry(name: declaration.name, value: former)
        }
    }

    /// All options of a configuration of a model; of all models where it is not in the catalogue.
    static func declarations(for entry: RecommenderEntry?) -> [OptionDeclaration] {
        fields.map(\.declaration) + (entry?.allOptions ?? RecommenderCatalogue.options).map(\.declaration)
    }

    /// The name of the option that has this spelling; the spelling itself where there is none.
    private static func name(of spelling: String, for entry: RecommenderEntry?) -> String {
        field(called: spelling)?.name ?? modelOption(called: spelling, for: entry)?.declaration.name ?? spelling
    }

    /// What `config.yaml` holds: all that decides about a result, the options of other models left out.
    package var text: OptionText {
        let entry = RecommenderCatalogue.entry(named: model)
        let ofModel = (entry?.allOptions ?? RecommenderCatalogue.options).map { option in
            OptionText.Entry(name: option.declaration.name, value: options.text(of: option))
        }
        let standard = standard(of: entry)
        let others = Self.fields.compactMap { field -> OptionText.Entry? in
            // A default need not be there, unless the model has another.
            let unwritten = field.text(in: standard) == nil ? nil : field.declaration.defaultText
            return (field.text(in: self) ?? unwritten).map { OptionText.Entry(name: field.name, value: $0) }
        }
        let split = others.firstIndex { entry in ObjectiveOptions.fields.contains { $0.name == entry.name } }
        let index = split ?? others.count
        do {
            return try OptionText(Array(others[..<index]) + ofModel + Array(others[index...]))
        } catch {
            // Names of options are told apart where they are declared.
            preconditionFailure("\(error)")
        }
    }

    /// A training in which nobody has chosen anything but the model.
    private func standard(of entry: RecommenderEntry?) -> TrainingConfiguration {
        var standard = TrainingConfiguration(model: model, dataRoot: dataRoot, dataset: dataset, output: output)
        ModelDefaults(entry).apply(to: &standard)
        return standard
    }

    /// What decides about the result of the first stage, for the name of a folder: `K2`, `d64`, `lr0.001`.
    package var folderParts: [String] {
        let entry = RecommenderCatalogue.entry(named: model)
        let standard = standard(of: entry)
        let length = readsHistories(entry) ? [ModelOptions.historyMaxOption] : []
        guard entry?.training.isTrained ?? true else { return length.map { "history" + options.text(of: $0) } }
        // The number of interests stands in front of the size of the vectors, the length of histories behind all.
        let interests = ModelOptions.interestsOption.declaration.name
        let own = entry?.options ?? RecommenderCatalogue.options
        let (first, rest) = (
            own.filter { $0.declaration.name == interests }, own.filter { $0.declaration.name != interests }
        )
        let ofModel = first + [ModelOptions.embeddingSizeOption] + rest + length
        let hyperparameters = ofModel.map { option in
            (option.declaration, options.text(of: option), standard.options.text(of: option))
        }
        let others = (Self.stepFields + Self.beginningFields + Self.endFields + Self.objectiveFields).map { field in
            let ownDefault = field.declaration.defaultText
            return (field.declaration, field.text(in: self) ?? ownDefault, field.text(in: standard) ?? ownDefault)
        }
        let all = hyperparameters + others
        func isAlways(_ declaration: OptionDeclaration) -> Bool {
            if case .always = declaration.folderPart { true } else { false }
        }
        return (all.filter { isAlways($0.0) } + all.filter { !isAlways($0.0) }).compactMap {
            declaration, value, standard in
            declaration.folderText(value, default: standard)
        }
    }

    /// The names of all options of a configuration of a model, with what they were in configurations that do not have
    /// them.
    private static func earlierDefaults(_ entry: RecommenderEntry?) -> [String: String] {
        Dictionary(
            declarations(for: entry).compactMap { declaration in
                (declaration.formerText ?? declaration.defaultText).map { (declaration.name, $0) }
            }
        ) { first, _ in first }
    }

    /// Values by the names of options, as this version spells both; without the options of other models.
    ///
    /// - Parameters:
    ///   - options: a configuration, perhaps of an earlier version.
    ///   - model: whose options count.
    static func canonical(_ options: OptionText, model: String) -> [String: String] {
        let entry = RecommenderCatalogue.entry(named: model)
        var result: [String: String] = [:]
        for option in options.entries {
            if let field = field(called: option.name) {
                result[field.name] = option.value.map { field.declaration.canonical($0) ?? $0 }
            } else if let own = entry?.option(called: option.name) {
                result[own.declaration.name] = option.value.map { own.declaration.canonical($0) ?? $0 }
            } else if modelOption(called: option.name, for: nil) == nil {
                result[option.name] = option.value ?? ""
            }
        }
        if result["stage"] == StageName.both.rawValue {
            // The parameters are those of the last stage, whichever command trained the one before.
            result["stage"] = entry?.stages.last?.rawValue
            result["extractor"] = RunFolder(result["out"] ?? "").pretrain.path
        }
        return result
    }

    /// The same for a configuration that may be of an earlier version: with what options meant that it does not have.
    static func canonical(ofEarlier options: OptionText, model: String) -> [String: String] {
        guard !options.entries.isEmpty else { return [:] }
        let found = canonical(options, model: model)
        return found.merging(earlierDefaults(RecommenderCatalogue.entry(named: model))) { value, _ in value }
    }
}
