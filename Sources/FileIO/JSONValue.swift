/// A JSON value whose objects keep the order of their keys.
///
///     let line: JSONValue = ["epoch": 1, "train_loss": 0.5, "dev": ["HR@10": 0.25]]
///     line.compact    // {"epoch":1,"train_loss":0.5,"dev":{"HR@10":0.25}}
public enum JSONValue: Equatable, Sendable {
    /// Members in the order in which they are printed.
    case object([Member])
    /// Values of any kind, `[1, "two"]`.
    case array([JSONValue])
    /// Text without its quotation marks and escapes.
    case string(String)
    /// A number written without point and exponent that fits an `Int`.
    case integer(Int)
    /// Printed with the fewest digits that read back as the same number; not finite: `null`.
    case number(Double)
    /// A truth value, printed as `true` or `false`.
    case boolean(Bool)
    /// No value: of an object's member as well as of an array's element.
    case null

    /// A key of an object with its value.
    public struct Member: Equatable, Sendable {
        /// The name by which an object finds the value, without quotation marks and escapes.
        public var key: String
        /// What stands behind the colon.
        public var value: JSONValue

        /// The member `key: value`.
        public init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// A single-precision number, printed with the fewest digits that read back as the same `Float`.
    public static func number(_ value: Float) -> JSONValue {
        // The double nearest to the shortest decimal of the float has that same shortest decimal.
        .number(Double("\(value)") ?? Double(value))
    }

    /// The value of `key` in an object; nil for another key or another kind of value.
    ///
    /// Setting changes the member in its place or adds it at the end, nil removes it; what is not an object becomes one.
    public subscript(key: String) -> JSONValue? {
        get {
            guard case .object(let members) = self else { return nil }
            return members.first { $0.key == key }?.value
        }
        set {
            var members: [Member] = []
            if case .object(let existing) = self { members = existing }
            switch (members.firstIndex { $0.key == key }, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(key, value))
            case (nil, nil): break
            }
            self = .object(members)
        }
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringInterpolation,
    ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    /// An object with the members in the order of the literal: `["epoch": 1]`. A key that is there twice stays twice.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }

    /// An array of the elements: `[0.5, "text", nil]`.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// A string; with `\(...)` in it too.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A number without a point: `1`.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// A number with a point: `0.5`.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// The words `true` and `false`.
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    /// The word `nil`: ``null``.
    public init(nilLiteral: ()) { self = .null }
}
