import ArgumentParser
import Evaluation
import Options
import Recommenders
import Training

/// Options that are declared where they are used, as a group of a command: names, help and values of the command line
/// follow from their declarations.
///
/// The parser asks a mirror for the options of a group; this one answers by the declarations.
struct DeclaredOptions<Group: DeclaredOptionGroup>: ParsableArguments, CustomReflectable {
    /// The values that the command line has, by the names of the options.
    private(set) var texts: [String: String] = [:]

    init() {}

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for declaration in Group.declarations {
            let parsed = try container.decode(Option<String?>.self, forKey: Key(stringValue: declaration.name))
            texts[declaration.name] = parsed.wrappedValue
        }
    }

    var customMirror: Mirror {
        let children = Group.declarations.map { declaration -> Mirror.Child in
            (label: declaration.name, value: Self.argument(declaration))
        }
        return Mirror(self, children: children, displayStyle: .struct)
    }

    /// By its name alone: other spellings are replaced before arguments are parsed (``ArgumentSpelling``), and would only
    /// make the help longer.
    private static func argument(_ declaration: OptionDeclaration) -> Option<String?> {
        Option(
            name: .customLong(declaration.name),
            help: ArgumentHelp(
                declaration.helpText(for: Group.owner(of: declaration), withDefault: Group.showsDefaults),
                valueName: declaration.valueName, visibility: Group.isShown(declaration) ? .default : .hidden)
        ) { text in
            guard declaration.canonical(text) != nil else { throw NoValue(kind: declaration.kind) }
            return text
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// What a text is that is no value.
    private struct NoValue: Error, CustomStringConvertible {
        let kind: String
        var description: String { "it must be \(kind)" }
    }
}

/// The options of a ``DeclaredOptions``.
protocol DeclaredOptionGroup: SendableMetatype {
    static var declarations: [OptionDeclaration] { get }
    /// The models that an option is of, for its help text; empty where all, or many, have it.
    static func owner(of declaration: OptionDeclaration) -> String
    /// Whether the help tells the defaults.
    static var showsDefaults: Bool { get }
    /// Whether the short help has the option.
    static func isShown(_ declaration: OptionDeclaration) -> Bool
}

extension DeclaredOptionGroup {
    static func owner(of declaration: OptionDeclaration) -> String { "" }
    static var showsDefaults: Bool { true }
    static func isShown(_ declaration: OptionDeclaration) -> Bool { !declaration.isRare }
}

/// When a training ends.
enum EndGroup: DeclaredOptionGroup {
    static var declarations: [OptionDeclaration] { TrainingConfiguration.endFields.map(\.declaration) }
}

/// What a training learns from and begins with.
enum BeginningGroup: DeclaredOptionGroup {
    static var declarations: [OptionDeclaration] { TrainingConfiguration.beginningFields.map(\.declaration) }
}

/// A training step, beside the model and the objective.
enum StepGroup: DeclaredOptionGroup {
    static var declarations: [OptionDeclaration] { TrainingConfiguration.stepFields.map(\.declaration) }
}

/// What a model is trained for.
enum ObjectiveGroup: DeclaredOptionGroup {
    static var declarations: [OptionDeclaration] { ObjectiveOptions.fields.map(\.declaration) }
}

/// The hyperparameters of all models.
enum ModelGroup: DeclaredOptionGroup {
    /// So many models are named in a help text at most.
    private static let mostOwners = 4

    static var declarations: [OptionDeclaration] { RecommenderCatalogue.options.map(RecommenderCatalogue.declaration) }

    static func owner(of declaration: OptionDeclaration) -> String {
        let models = RecommenderCatalogue.models(with: declaration.name)
        return models.count > mostOwners ? "" : models.joined(separator: ", ")
    }

    /// Those of few models are told by ``ModelHelp``.
    static func isShown(_ declaration: OptionDeclaration) -> Bool { owner(of: declaration).isEmpty }
}

/// How dev and test are ranked by a training.
enum RankingGroup: DeclaredOptionGroup {
    static var declarations: [OptionDeclaration] { TrainingConfiguration.rankingFields.map(\.declaration) }
}

/// How a split is ranked with the parameters of a run, which has its own values of these.
enum EvaluationGroup: DeclaredOptionGroup {
    static let showsDefaults = false

    /// What a ranking has, with a help text of its own where that of a training is about epochs or splits of a training.
    private static let help: [String: String?] = [
        "evaluation": nil, "history-scores": nil, "neighbour-weight": nil, "neighbour-distance": nil,
        "neighbour-backward": nil,
        "topk": "Cut-offs of HR, NDCG and the like.",
        "measures": "Report beside HR and NDCG: some of \(Set(RankingMeasure.allCases).optionText).",
        "logical-shards": "Parts of the users: the most ranks.",
    ]

    static var declarations: [OptionDeclaration] {
        (RankingGroup.declarations + StepGroup.declarations).compactMap { declaration in
            help[declaration.name].map { $0.map(declaration.described) ?? declaration }
        }
    }
}

/// What a score is in a file of parameters, which does not say it.
enum ScoreGroup: DeclaredOptionGroup {
    static var declarations: [OptionDeclaration] {
        ObjectiveGroup.declarations.filter { $0.name == "score" || $0.name.hasPrefix("mixture-") }.map {
            $0.name == "score" ? $0.described(as: "What scores are, as in the training of the file.") : $0
        }
    }
}

extension NameSpecification {
    /// An option of a command alone, by its name: `checkpoint-every`. Other spellings are replaced before arguments are
    /// parsed.
    static func spellings(of name: String) -> NameSpecification { .customLong(name) }

    /// An option that is declared for configurations.
    static func field(_ name: String) -> NameSpecification { .customLong(name) }
}

extension ArgumentHelp {
    /// The help text of a field that a command has as an option of its own.
    static func field(_ name: String) -> ArgumentHelp { ArgumentHelp("\(TrainingConfiguration.help(ofField: name))") }
}
