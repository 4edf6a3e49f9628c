/// An option that is a property of a value type: declared once, beside the type.
///
///     static let fields = [
///         OptionField("patience", \.patience, of: standard, in: .within(1...1_000_000), help: "...")
///     ]
public struct OptionField<Root: Sendable>: Sendable {
    /// Name, default, help and what else does not depend on the type.
    public let declaration: OptionDeclaration
    private let set: @Sendable (String?, inout Root) -> Bool
    private let get: @Sendable (Root) -> String?
    private let check: @Sendable (Root) -> OptionProblem?

    /// - Parameters:
    ///   - path: the property.
    ///   - standard: a value whose property has the default.
    ///   - isWritten: whether files hold it although it has its default.
    public init<Value: OptionValue>(
        _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable, of standard: Root,
        in range: ValueRange<Value> = .any, _ traits: OptionTraits = OptionTraits(), isWritten: Bool = true,
        help: String
    ) {
        let defaultValue = standard[keyPath: path]
        let declaration = OptionDeclaration(name, default: defaultValue, in: range, traits, help: help)
        self.declaration = declaration
        set = { text, root in
            guard let value = text.map(Value.init(optionText:)) ?? defaultValue else { return false }
            root[keyPath: path] = value
            return true
        }
        get = { isWritten || $0[keyPath: path] != defaultValue ? $0[keyPath: path].optionText : nil }
        check = { declaration.problem(of: $0[keyPath: path], in: range) }
    }

    /// For a property that need not be set.
    public init<Value: OptionValue>(
        _ name: String, _ path: any WritableKeyPath<Root, Value?> & Sendable, of standard: Root,
        in range: ValueRange<Value> = .any, _ traits: OptionTraits = OptionTraits(),
        isWritten: @escaping @Sendable (Value) -> Bool = { _ in true }, help: String
    ) {
        let declaration = OptionDeclaration(name, default: standard[keyPath: path], in: range, traits, help: help)
        self.declaration = declaration
        set = { text, root in
            guard let text else {
                root[keyPath: path] = nil
                return true
            }
            guard let value = Value(optionText: text) else { return false }
            root[keyPath: path] = value
            return true
        }
        get = { root in root[keyPath: path].flatMap { isWritten($0) ? $0.optionText : nil } }
        check = { root in root[keyPath: path].flatMap { declaration.problem(of: $0, in: range) } }
    }

    /// The name without dashes in front.
    public var name: String { declaration.name }

    /// Sets the property by the text of a value; nil: to its default.
    ///
    /// - Returns: whether the text is one of a value.
    public func set(_ text: String?, in root: inout Root) -> Bool { set(text, &root) }

    /// The value as a text; nil where a file need not hold it.
    public func text(in root: Root) -> String? { get(root) }

    /// What is wrong with the value; nil for a good one.
    public func problem(in root: Root) -> OptionProblem? { check(root) }

    /// The option as one of a type that has `Root` as a property.
    public func of<Outer>(_ path: any WritableKeyPath<Outer, Root> & Sendable) -> OptionField<Outer> {
        OptionField<Outer>(
            declaration: declaration, set: { self.set($0, in: &$1[keyPath: path]) },
            get: { self.text(in: $0[keyPath: path]) }, check: { self.problem(in: $0[keyPath: path]) })
    }

    fileprivate init(
        declaration: OptionDeclaration, set: @escaping @Sendable (String?, inout Root) -> Bool,
        get: @escaping @Sendable (Root) -> String?, check: @escaping @Sendable (Root) -> OptionProblem?
    ) {
        self.declaration = declaration
        self.set = set
        self.get = get
        self.check = check
    }
}
