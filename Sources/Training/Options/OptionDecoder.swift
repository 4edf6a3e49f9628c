/// Decodes a value from ``OptionText``: the keys of its only container are names of options.
struct OptionDecoder: Decoder {
    let options: OptionText
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    /// The value; an ``OptionError`` where an option is missing or cannot be what it should be.
    static func decode<Value: Decodable>(_: Value.Type, from options: OptionText) throws(OptionError) -> Value {
        do {
            return try Value(from: OptionDecoder(options: options))
        } catch let error as OptionError {
            throw error
        } catch DecodingError.dataCorrupted(let context) {
            let name = context.codingPath.last?.stringValue ?? ""
            throw OptionError(line: options[name]?.line, reason: "\(name): \(context.debugDescription)")
        } catch {
            throw OptionError(line: nil, reason: "\(error)")
        }
    }

    func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Container(options: options))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw Self.nested }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw Self.nested }

    fileprivate static let nested = OptionError(line: nil, reason: "an option has one value")

    private struct Container<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let options: OptionText
        var codingPath: [any CodingKey] { [] }
        var allKeys: [Key] { options.entries.compactMap { Key(stringValue: $0.name) } }

        func contains(_ key: Key) -> Bool { options[key.stringValue] != nil }
        func decodeNil(forKey key: Key) -> Bool { options[key.stringValue]?.value == nil }

        func decode<Value: Decodable>(_: Value.Type, forKey key: Key) throws -> Value {
            guard let entry = options[key.stringValue], let text = entry.value else {
                throw OptionError(line: nil, reason: "\(key.stringValue) is missing")
            }
            if let type = Value.self as? any OptionValue.Type {
                guard let value = type.init(optionText: text) as? Value else {
                    throw OptionError(line: entry.line, reason: "\(entry.name) is \(text), not \(type.optionKind)")
                }
                return value
            }
            do {
                return try Value(from: SingleValue(text: text, codingPath: [key]))
            } catch DecodingError.dataCorrupted {
                throw OptionError(line: entry.line, reason: "\(entry.name) is \(text), which it cannot be")
            }
        }

        func nestedContainer<NestedKey: CodingKey>(
            keyedBy _: NestedKey.Type, forKey _: Key
        ) throws -> KeyedDecodingContainer<NestedKey> { throw nested }
        func nestedUnkeyedContainer(forKey _: Key) throws -> any UnkeyedDecodingContainer { throw nested }
        func superDecoder() throws -> any Decoder { throw nested }
        func superDecoder(forKey _: Key) throws -> any Decoder { throw nested }
    }

    /// The text of one option, for types that are made from a string.
    private struct SingleValue: Decoder, SingleValueDecodingContainer {
        let text: String
        let codingPath: [any CodingKey]
        var userInfo: [CodingUserInfoKey: Any] { [:] }

        func container<Key: CodingKey>(keyedBy _: Key.Type) throws -> KeyedDecodingContainer<Key> { throw nested }
        func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw nested }
        func singleValueContainer() -> any SingleValueDecodingContainer { self }

        func decodeNil() -> Bool { false }
        func decode<Value: Decodable>(_: Value.Type) throws -> Value {
            guard let type = Value.self as? any OptionValue.Type, let value = type.init(optionText: text) as? Value
            else {
                throw DecodingError.dataCorrupted(.init(codingPath: codingPath, debugDescription: text))
            }
            return value
        }
    }
}

/// A type that an option of one word or number has.
protocol OptionValue {
    /// What a text should have been, for messages.
    static var optionKind: String { get }
    init?(optionText: String)
    /// The text that reads as the value.
    var optionText: String { get }
}

extension String: OptionValue {
    static var optionKind: String { "a text" }
    init?(optionText: String) { self = optionText }
    var optionText: String { self }
}

extension Bool: OptionValue {
    static var optionKind: String { "true or false" }
    init?(optionText: String) {
        switch optionText {
        case "true", "True", "TRUE", "yes", "on": self = true
        case "false", "False", "FALSE", "no", "off": self = false
        default: return nil
        }
    }
    var optionText: String { self ? "true" : "false" }
}

extension OptionValue where Self: FixedWidthInteger {
    static var optionKind: String { "a whole number in its range" }
    init?(optionText: String) { self.init(optionText, radix: 10) }
    var optionText: String { String(self) }
}

extension Int: OptionValue {}
extension UInt64: OptionValue {}

extension OptionValue where Self: BinaryFloatingPoint & LosslessStringConvertible {
    static var optionKind: String { "a number" }
    init?(optionText: String) {
        switch optionText {
        case ".inf", "+.inf": self = .infinity
        case "-.inf": self = -.infinity
        case ".nan": self = .nan
        default: self.init(optionText)
        }
    }
    /// The shortest decimal that reads back as the same number, in the number syntax of YAML: `1.0e-06`.
    var optionText: String {
        guard isFinite else { return isNaN ? ".nan" : self > 0 ? ".inf" : "-.inf" }
        let text = description
        guard let exponent = text.firstIndex(of: "e"), !text.contains(".") else { return text }
        return text[..<exponent] + ".0" + text[exponent...]
    }
}

extension Float: OptionValue {}
extension Double: OptionValue {}
