/// Encodes a value as ``OptionText``: every property of it one option.
struct OptionEncoder: Encoder {
    /// Where the options of all containers come together.
    private final class Entries {
        var list: [OptionText.Entry] = []
    }

    private let entries = Entries()
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    /// The options of a value whose properties are words and numbers.
    static func encode(_ value: some Encodable) throws -> OptionText {
        let encoder = OptionEncoder()
        try value.encode(to: encoder)
        return try OptionText(encoder.entries.list)
    }

    func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(Container(entries: entries))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { preconditionFailure("an option has one value") }
    func singleValueContainer() -> any SingleValueEncodingContainer { preconditionFailure("options have names") }

    private struct Container<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let entries: Entries
        var codingPath: [any CodingKey] { [] }

        func encodeNil(forKey key: Key) { entries.list.append(.init(name: key.stringValue, value: nil)) }

        func encode(_ value: some Encodable, forKey key: Key) throws {
            if let value = value as? any OptionValue {
                entries.list.append(.init(name: key.stringValue, value: value.optionText))
            } else {
                try value.encode(to: SingleValue(name: key.stringValue, entries: entries))
            }
        }

        func nestedContainer<NestedKey: CodingKey>(
            keyedBy _: NestedKey.Type, forKey _: Key
        ) -> KeyedEncodingContainer<NestedKey> { preconditionFailure("an option has one value") }
        func nestedUnkeyedContainer(forKey _: Key) -> any UnkeyedEncodingContainer {
            preconditionFailure("an option has one value")
        }
        func superEncoder() -> any Encoder { preconditionFailure("an option has one value") }
        func superEncoder(forKey _: Key) -> any Encoder { preconditionFailure("an option has one value") }
    }

    /// One option, for types that are made from a string.
    private struct SingleValue: Encoder, SingleValueEncodingContainer {
        let name: String
        let entries: Entries
        var codingPath: [any CodingKey] { [] }
        var userInfo: [CodingUserInfoKey: Any] { [:] }

        func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedEncodingContainer<Key> {
            preconditionFailure("an option has one value")
        }
        func unkeyedContainer() -> any UnkeyedEncodingContainer { preconditionFailure("an option has one value") }
        func singleValueContainer() -> any SingleValueEncodingContainer { self }

        func encodeNil() { entries.list.append(.init(name: name, value: nil)) }
        func encode(_ value: some Encodable) throws {
            guard let value = value as? any OptionValue else {
                throw EncodingError.invalidValue(
                    value, .init(codingPath: [], debugDescription: "no value of an option"))
            }
            entries.list.append(.init(name: name, value: value.optionText))
        }
    }
}
