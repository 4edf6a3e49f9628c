/// An option as all who have to do with options see it: the command line and its help, files of options, the comparison
/// of two runs, the name of a run's folder.
///
/// It stands once, beside what it configures, with the type of its value: an ``OptionField`` of a value type, or an option
/// of a model.
public struct OptionDeclaration: Sendable {
    /// What an option decides about.
    public enum Effect: Sendable {
        /// What a training computes.
        case result
        /// When a training ends, and which of its parameters it keeps; what it computes up to there is the same.
        case ending
        /// What is measured of the parameters.
        case ranking
        /// Nothing of a result: where files are, how ranks work together.
        case nothing
    }

    /// Whether the option is a part of the name of a folder that nobody named.
    public enum FolderPart: Sendable, Equatable {
        /// `K2`: the label and the value.
        case always(String)
        /// The same where the value is not the default one. An empty label stands for the value alone.
        case ifChanged(String)
        /// It is no part of a name.
        case never
    }

    /// The name without dashes in front: `time-max`.
    public let name: String
    /// Other names that users know it by, in the same spelling.
    public let aliases: [String]
    /// One sentence or two, without the default.
    public private(set) var help: String
    /// What the value is called in a help text.
    public let valueName: String
    /// The range for a help text; empty where there is none.
    public let range: String
    /// The default for a help text; nil where there is none to tell.
    public private(set) var shownDefault: String?
    /// The default as in a file of options; nil: not set.
    public let defaultText: String?
    /// What it decides about: from that follows which differences a resumption accepts.
    public let effect: Effect
    /// How it stands in the name of a folder.
    public let folderPart: FolderPart
    /// Whether a stage of a training can have a value to itself.
    public let differsByStage: Bool
    /// Whether so few need it that the short help leaves it out.
    public let isRare: Bool
    /// What configurations of versions without this option meant, where that is not the default.
    public let formerText: String?
    /// What a text of a value should have been.
    public let kind: String
    /// The one text of all that read as the same value; nil where a text is no value.
    public let canonical: @Sendable (String) -> String?

    /// All spellings of the option, its name first: with `_` for `-` too, as other programs have it.
    public var spellings: [String] { ([name] + aliases).flatMap(Self.spellings) }

    /// A name, and the same with `_` for `-`.
    public static func spellings(of name: String) -> [String] {
        name.contains("-") ? [name, name.replacing("-", with: "_")] : [name]
    }

    /// Whether the option is called so, in one of its spellings.
    public func isCalled(_ spelling: String) -> Bool { spellings.contains(spelling) }

    /// Whether a value of one cannot be one of the other, or they have two defaults.
    public func isUnlike(_ other: OptionDeclaration) -> Bool { kind != other.kind || defaultText != other.defaultText }

    /// The same option with another help text, for a command where the first says too much.
    public func described(as help: String) -> OptionDeclaration {
        var result = self
        result.help = help
        return result
    }

    /// The same option where another value is the default, for its help text.
    ///
    /// - Parameter text: as in a file of options.
    public func withDefault(_ text: String) -> OptionDeclaration {
        guard text != defaultText else { return self }
        var result = self
        result.shownDefault = Self.shown(text)
        return result
    }

    /// The same option with the defaults of others beside its own in the help text.
    ///
    /// - Parameter others: who has another default, and which, as in a file of options.
    public func withDefaults(of others: [(owner: String, text: String)]) -> OptionDeclaration {
        guard !others.isEmpty else { return self }
        var result = self
        result.shownDefault = ([shownDefault].compactMap { $0 } + others.map { "\($0.owner) \(Self.shown($0.text))" })
            .joined(separator: "; ")
        return result
    }

    /// The help text with range and default.
    public func helpText(for owner: String = "", withDefault: Bool = true) -> String {
        (owner.isEmpty ? "" : owner + ": ") + help
            + (range.isEmpty ? "" : " (\(range))")
            + (withDefault ? shownDefault.map { " (default: \($0))" } ?? "" : "")
    }

    /// The part of the option in the name of a folder, for a value as in a file of options.
    ///
    /// - Parameter standard: the value that need not be told.
    public func folderText(_ value: String?, default standard: String?) -> String? {
        guard let value else { return nil }
        let shown = value == "true" ? "1" : value == "false" ? "0" : value.replacing(".0e", with: "e")
        return switch folderPart {
        case .always(let label): label + shown
        case .ifChanged(let label) where value != standard: label + (label.isEmpty || value != "true" ? shown : "")
        default: nil
        }
    }
}

/// What is optional in a declaration. The defaults are what most options have.
public struct OptionTraits: Sendable {
    /// Other names, with `-`.
    public var aliases: [String]
    /// What the value is called in a help text; nil: as the option. The unit, where it has one.
    public var unit: String?
    /// What the option decides about: from that follows which differences a resumption accepts.
    public var effect: OptionDeclaration.Effect
    /// nil: the name of the option and its value where it changes a result and does not have its default.
    public var folder: OptionDeclaration.FolderPart?
    /// Whether the stages of a training can have different values of the ``OptionField``; those of models never can.
    public var differsByStage: Bool
    /// Whether so few need it that the short help leaves it out.
    public var isRare: Bool
    /// What configurations of versions without this option meant, where that is not the default.
    public var formerText: String?
    /// The default for a help text where it is no single value; empty where there is none to tell.
    public var shownDefault: String?

    /// Those of most options, but for what is given.
    public init(
        aliases: [String] = [], unit: String? = nil, effect: OptionDeclaration.Effect = .result,
        folder: OptionDeclaration.FolderPart? = nil, differsByStage: Bool = false, isRare: Bool = false,
        formerText: String? = nil, shownDefault: String? = nil
    ) {
        self.aliases = aliases
        self.unit = unit
        self.effect = effect
        self.folder = folder
        self.differsByStage = differsByStage
        self.isRare = isRare
        self.formerText = formerText
        self.shownDefault = shownDefault
    }
}

extension OptionDeclaration {
    /// - Parameters:
    ///   - standard: nil: not set.
    ///   - help: one sentence or two, without the default.
    public init<Value: OptionValue>(
        _ name: String, default standard: Value?, in range: ValueRange<Value> = .any, _ traits: OptionTraits,
        help: String
    ) {
        self.name = name
        aliases = traits.aliases
        self.help = help
        valueName = traits.unit ?? name
        self.range = range.text
        let text = standard?.optionText
        shownDefault = (traits.shownDefault ?? text.map(Self.shown)).flatMap { $0.isEmpty ? nil : $0 }
        defaultText = text
        effect = traits.effect
        let isCompared = traits.effect == .result || traits.effect == .ending
        folderPart = traits.folder ?? (isCompared ? .ifChanged(name) : .never)
        differsByStage = traits.differsByStage
        isRare = traits.isRare
        formerText = traits.formerText
        kind = Value.optionKind
        canonical = { Value(optionText: $0)?.optionText }
    }

    /// A value for people, of its text in a file: `1` for `true` and `1.0`.
    private static func shown(_ text: String) -> String {
        switch text {
        case "true": "1"
        case "false": "0"
        case ".inf": "inf"
        default: text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        }
    }

    /// What is wrong with a value, naming the option; nil for a good one.
    public func problem<Value: OptionValue>(of value: Value, in range: ValueRange<Value>) -> OptionProblem? {
        range.problem(value).map { OptionProblem("--\(name) \($0.rest)", $0.recoverySuggestion) }
    }
}
