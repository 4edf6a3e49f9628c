import ArgumentParser
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
        for option in Group.options {
            let parsed = try container.decode(Option<String?>.self, forKey: Key(stringValue: option.declaration.name))
            texts[option.declaration.name] = parsed.wrappedValue
        }
    }

    var customMirror: Mirror {
        let options = Group.options
        let children = options.map { option -> Mirror.Child in
            // An alias can be the name of another model's option, which has the spellings of both then: what they stand
            // for is told by the model.
            let namesakes = options.filter {
                $0.declaration.name != option.declaration.name && option.declaration.isCalled($0.declaration.name)
            }
            let taken = Set(namesakes.flatMap(\.declaration.spellings))
            let spellings = option.declaration.spellings.filter { !taken.contains($0) }
            return (label: option.declaration.name, value: Self.argument(option, spellings: spellings))
        }
        return Mirror(self, children: children, displayStyle: .struct)
    }

    private static func argument(_ option: GroupedOption, spellings: [String]) -> Option<String?> {
        let declaration = option.declaration
        return Option(
            name: NameSpecification(spellings.map { .customLong($0) }),
            help: ArgumentHelp(
                declaration.helpText(for: option.owner, withDefault: Group.showsDefaults),
                valueName: declaration.valueName)
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

/// An option of a group, and the few models that it is of.
struct GroupedOption {
    let declaration: OptionDeclaration
    /// Names of models; empty where all, or many, have it.
    var owner = ""
}

/// The options of a ``DeclaredOptions``.
protocol DeclaredOptionGroup: SendableMetatype {
    static var options: [GroupedOption] { get }
    /// Whether the help tells the defaults.
    static var showsDefaults: Bool { get }
}

extension DeclaredOptionGroup {
    static var showsDefaults: Bool { true }
}

/// When a training ends.
enum EndGroup: DeclaredOptionGroup {
    static var options: [GroupedOption] {
        TrainingConfiguration.endFields.map { GroupedOption(declaration: $0.declaration) }
    }
}

/// A training step, beside the model and the objective.
enum StepGroup: DeclaredOptionGroup {
    static var options: [GroupedOption] {
        TrainingConfiguration.stepFields.map { GroupedOption(declaration: $0.declaration) }
    }
}

/// What a model is trained for.
enum ObjectiveGroup: DeclaredOptionGroup {
    static var options: [GroupedOption] { ObjectiveOptions.fields.map { GroupedOption(declaration: $0.declaration) } }
}

/// The hyperparameters of all models.
enum ModelGroup: DeclaredOptionGroup {
    /// So many models are named in a help text at most.
    private static let mostOwners = 4

    static var options: [GroupedOption] {
        RecommenderCatalogue.options.map { option in
            let models = RecommenderCatalogue.models(with: option.declaration.name)
            return GroupedOption(
                declaration: option.declaration,
                owner: models.count > mostOwners ? "" : models.joined(separator: ", "))
        }
    }
}

/// How dev and test are ranked by a training.
enum RankingGroup: DeclaredOptionGroup {
    static var options: [GroupedOption] {
        TrainingConfiguration.rankingFields.map { GroupedOption(declaration: $0.declaration) }
    }
}

/// How a split is ranked with the parameters of a run, which has its own values of these.
enum EvaluationGroup: DeclaredOptionGroup {
    static let showsDefaults = false

    static var options: [GroupedOption] {
        let names: Set = ["evaluation", "topk", "history-scores", "measures", "logical-shards"]
        return (TrainingConfiguration.rankingFields + TrainingConfiguration.stepFields)
            .filter { names.contains($0.name) }.map { GroupedOption(declaration: $0.declaration) }
    }
}

extension NameSpecification {
    /// An option of a command alone, in all spellings: `checkpoint-every` and `checkpoint_every`.
    static func spellings(of names: String...) -> NameSpecification {
        NameSpecification(names.flatMap(OptionDeclaration.spellings).map { .customLong($0) })
    }

    /// An option that is declared for configurations.
    static func field(_ name: String) -> NameSpecification {
        NameSpecification(TrainingConfiguration.spellings(ofField: name).map { .customLong($0) })
    }
}
