import Options

/// The hyperparameters of a model: a value for every ``ModelOption``.
public struct ModelOptions: Sendable, Equatable {
    /// The values that are not the default ones, by the names of the options.
    private var texts: [String: String] = [:]

    /// Every option has its default.
    public init() {}

    /// The value of an option.
    public subscript<Value: OptionValue>(_ option: ModelOption<Value>) -> Value {
        get { texts[option.name].flatMap(Value.init(optionText:)) ?? option.defaultValue }
        set { texts[option.name] = newValue == option.defaultValue ? nil : newValue.optionText }
    }

    /// The value of an option as a text.
    public func text(of option: any DeclaredModelOption) -> String {
        texts[option.name] ?? option.declaration.defaultText ?? ""
    }

    /// Sets an option by the text of a value.
    ///
    /// - Returns: whether the text is one of a value.
    public mutating func set(_ option: any DeclaredModelOption, to text: String) -> Bool {
        guard let canonical = option.declaration.canonical(text) else { return false }
        texts[option.name] = canonical == option.declaration.defaultText ? nil : canonical
        return true
    }

    /// The names of the options that do not have their default.
    var changed: Set<String> { Set(texts.keys) }

    /// These options without those that are not among `options`.
    func only(_ options: [any DeclaredModelOption]) -> ModelOptions {
        var result = self
        let names = Set(options.map(\.name))
        result.texts = texts.filter { names.contains($0.key) }
        return result
    }
}

/// Options of all models, and one of all with several interests.
extension ModelOptions {
    /// `d`, from 1 to 4096.
    public static let embeddingSizeOption = ModelOption(
        "embedding-size", default: 64, in: .within(1...4096), OptionTraits(aliases: ["emb-size"], folder: .always("d")),
        help: "Size d of user, item and interest vectors.")

    /// Items, from 1 to 10,000.
    public static let historyMaxOption = ModelOption(
        "history-max", default: 20, in: .within(1...10_000), OptionTraits(unit: "items", folder: .always("history")),
        help: "Newest items that a history keeps.")

    /// `K`, from 1 to 64.
    public static let interestsOption = ModelOption(
        "interests", default: 2, in: .within(1...64), OptionTraits(aliases: ["K"], folder: .always("K")),
        help: "Interests of a user, K.")

    /// Those that a model has without naming them.
    static let ofAllModels: [any DeclaredModelOption] = [embeddingSizeOption, historyMaxOption]

    /// Size of user, item and interest vectors, `d`.
    public var embeddingSize: Int {
        get { self[Self.embeddingSizeOption] }
        set { self[Self.embeddingSizeOption] = newValue }
    }

    /// Longest history that a sample keeps; older items are cut off.
    public var historyMax: Int {
        get { self[Self.historyMaxOption] }
        set { self[Self.historyMaxOption] = newValue }
    }

    /// Interests of a user, `K`.
    public var interests: Int {
        get { self[Self.interestsOption] }
        set { self[Self.interestsOption] = newValue }
    }
}
