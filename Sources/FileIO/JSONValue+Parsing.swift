extension JSONValue {
    /// How deep objects and arrays may be nested in text that is parsed.
    public static let deepestNesting = 64

    /// The value that `text` spells out, strictly by RFC 8259; an object that has a key twice is refused.
    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }

    /// The value that UTF-8 bytes spell out.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        var scanner = JSONScanner(bytes)
        self = try scanner.value(depth: 0)
        try scanner.expectEnd()
    }
}

extension JSONScanner {
    fileprivate mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= JSONValue.deepestNesting else { throw failure("nested too deeply") }
        switch peek() {
        case UInt8(ascii: "{"):
            try expect("{")
            var members: [JSONValue.Member] = []
            var keys: Set<String> = []
            try list(until: "}") { scanner throws(JSONError) in
                let start = scanner.offset
                let key = try scanner.string()
                guard keys.insert(key).inserted else {
                    throw JSONError(offset: start, reason: "the key \(key) is there twice")
                }
                try scanner.expect(":")
                members.append(JSONValue.Member(key, try scanner.value(depth: depth + 1)))
            }
            return .object(members)
        case UInt8(ascii: "["):
            try expect("[")
            var elements: [JSONValue] = []
            try list(until: "]") { scanner throws(JSONError) in
                elements.append(try scanner.value(depth: depth + 1))
            }
            return .array(elements)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t") where word("true"): return .boolean(true)
        case UInt8(ascii: "f") where word("false"): return .boolean(false)
        case UInt8(ascii: "n") where word("null"): return .null
        case nil: throw failure("unexpected end")
        default: return try number()
        }
    }
}
