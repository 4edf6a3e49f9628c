import Options

extension RecommenderEntry {
    /// Whether the model looks at histories, so that their longest length decides about it: not one that learns from
    /// every interaction, the first of a user too.
    public var readsHistories: Bool { training.samples == .sequential }

    /// All options that the model reads.
    public var allOptions: [any DeclaredModelOption] { ModelOptions.ofAllModels + options }

    /// The options that shape what the last stage takes over from the one before.
    public var optionsOfAllStages: [any DeclaredModelOption] { ModelOptions.ofAllModels + staging.inheritedOptions }

    /// The declaration of an option of the model, with the default that it has here in its help text.
    public func declaration(of option: any DeclaredModelOption) -> OptionDeclaration {
        option.declaration.withDefault(defaultOptions.text(of: option))
    }

    /// The options with those of other models at their default.
    public func own(_ options: ModelOptions) -> ModelOptions { options.only(allOptions) }

    /// The option of the model that is called so, by its name or else by an alias.
    public func option(called spelling: String) -> (any DeclaredModelOption)? {
        allOptions.option(called: spelling)
    }

    /// The options that do not have their default although the model has no use for them.
    public func unused(of options: ModelOptions) -> [String] {
        let own = Set(allOptions.map(\.name))
        let order = RecommenderCatalogue.options.map(\.name)
        return options.changed.subtracting(own).sorted {
            (order.firstIndex(of: $0) ?? .max, $0) < (order.firstIndex(of: $1) ?? .max, $1)
        }
    }
}

extension RecommenderCatalogue {
    /// The declaration of an option of some models, with the defaults of all of them in its help text: `0;
    /// IndustrialMIND 20`.
    public static func declaration(of option: any DeclaredModelOption) -> OptionDeclaration {
        let ownDefault = option.declaration.defaultText
        let others = entries.filter { entry in
            entry.options.contains { $0.name == option.name } && entry.defaultOptions.text(of: option) != ownDefault
        }
        return option.declaration.withDefaults(of: others.map { ($0.name, $0.defaultOptions.text(of: option)) })
    }

    /// The options of all models, each once.
    public static var options: [any DeclaredModelOption] {
        var names: Set<String> = []
        return (ModelOptions.ofAllModels + [ModelOptions.interestsOption] + entries.flatMap(\.options)).filter {
            names.insert($0.name).inserted
        }
    }

    /// The names of the models that have an option.
    public static func models(with option: String) -> [String] {
        entries.filter { $0.options.contains { $0.name == option } }.map(\.name)
    }

    /// A default that models have a say in, for a help text: `bpr; MIND, SINE sampled-softmax; gSASRec gbce`.
    public static func defaults(_ value: (RecommenderEntry) -> String) -> String {
        let trained = entries.filter(\.training.isTrained)
        guard let most = trained.first.map(value) else { return "" }
        var others: [(value: String, names: [String])] = []
        for entry in trained where value(entry) != most {
            if let index = others.firstIndex(where: { $0.value == value(entry) }) {
                others[index].names.append(entry.name)
            } else {
                others.append((value(entry), [entry.name]))
            }
        }
        return ([most] + others.map { "\($0.names.joined(separator: ", ")) \($0.value)" }).joined(separator: "; ")
    }
}
