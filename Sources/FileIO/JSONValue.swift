/// A JSON value whose objects keep the order of their keys.
///
///     let line: JSONValue = ["epoch": 1, "train_loss": 0.5, "dev": ["HR@10": 0.25]]
///     line.compact    // {"epoch":1,"train_loss":0.5,"dev":{"HR@10":0.25}}
public enum JSONValue: Equatable, Sendable {
    case object([Member])
    case array([JSONValue])
    case string(String)
    case integer(Int)
    /// Printed with the fewest digits that read back as the same number; not finite: `null`.
    case number(Double)
    case boolean(Bool)
    case null

    /// A key of an object with its value.
    public struct Member: Equatable, Sendable {
        public var key: String
        public var value: JSONValue

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
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }

    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    public init(nilLiteral: ()) { self = .null }
}
