import Options

/// A hyperparameter, declared once, beside the model or the layer that reads it:
///
///     static let heads = ModelOption("heads", default: 1, in: .within(1...4096), help: "Attention heads.")
///
/// A model reads it with `context.options[Self.heads]`, and names it among the options of its ``RecommenderEntry``. From
/// that follow the command line, its help, `config.yaml`, the comparison of runs and the name of a run's folder.
public struct ModelOption<Value: OptionValue>: DeclaredModelOption {
    /// Name, default, help and what else does not depend on the type of the value.
    public let declaration: OptionDeclaration
    /// The value of an option that is not set.
    public let defaultValue: Value
    private let range: ValueRange<Value>

    /// - Parameters:
    ///   - name: small letters, digits and dashes.
    ///   - help: one sentence or two, without the default.
    public init(
        _ name: String, default standard: Value, in range: ValueRange<Value> = .any,
        _ traits: OptionTraits = OptionTraits(), help: String
    ) {
        declaration = OptionDeclaration(name, default: standard, in: range, traits, help: help)
        defaultValue = standard
        self.range = range
    }

    /// What is wrong with the option's value among `options`, such as one out of range; nil for a good one.
    public func problem(in options: ModelOptions) -> OptionProblem? {
        declaration.problem(of: options[self], in: range)
    }
}

/// A ``ModelOption`` of some type.
public protocol DeclaredModelOption: Sendable {
    /// Name, default, help and what else does not depend on the type.
    var declaration: OptionDeclaration { get }
    /// What is wrong with its value; nil for a good one.
    func problem(in options: ModelOptions) -> OptionProblem?
}

extension DeclaredModelOption {
    var name: String { declaration.name }
}

extension [any DeclaredModelOption] {
    /// The option that is called so, by its name or else by an alias.
    public func option(called spelling: String) -> (any DeclaredModelOption)? {
        first { OptionDeclaration.spellings(of: $0.name).contains(spelling) }
            ?? first { $0.declaration.isCalled(spelling) }
    }
}
