extension JSONValue {
    /// The value on one line, without white space.
    public var compact: String {
        var printer = JSONPrinter(indentation: nil)
        printer.append(self)
        return String(decoding: printer.bytes, as: UTF8.self)
    }

    /// The value with one member or element per line, indented by two spaces, without a newline at its end.
    public var pretty: String {
        var printer = JSONPrinter(indentation: 0)
        printer.append(self)
        return String(decoding: printer.bytes, as: UTF8.self)
    }
}

/// Collects the UTF-8 of a value.
package struct JSONPrinter {
    /// The UTF-8 of all that was added.
    package private(set) var bytes: [UInt8] = []
    /// Depth of the current line in pretty printing, nil in compact printing.
    private var indentation: Int?

    /// - Parameter indentation: the depth at which pretty printing begins, 0 as a rule; nil: all on one line.
    package init(indentation: Int?) { self.indentation = indentation }

    /// Adds a value; a number that is not finite is added as `null`.
    package mutating func append(_ value: JSONValue) {
        switch value {
        case .object(let members):
            list(members, "{", "}") { printer, member in
                printer.append(quoted: member.key)
                printer.append(printer.indentation == nil ? ":" : ": ")
                printer.append(member.value)
            }
        case .array(let elements): list(elements, "[", "]") { printer, element in printer.append(element) }
        case .string(let text): append(quoted: text)
        case .integer(let value): append(String(value))
        // Swift's description is the shortest decimal that reads back equal, in the number syntax of JSON.
        case .number(let value): append(value.isFinite ? value.description : "null")
        case .boolean(let value): append(value ? "true" : "false")
        case .null: append("null")
        }
    }

    /// A string in quotation marks, with the escapes that RFC 8259 demands, and of all that a terminal would obey.
    package mutating func append(quoted text: String) {
        bytes.append(UInt8(ascii: "\""))
        defer { bytes.append(UInt8(ascii: "\"")) }
        guard text.utf8.allSatisfy({ $0 < 0x7F }) else {
            for scalar in text.unicodeScalars { append(scalar) }
            return
        }
        append(ascii: text.utf8)
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        if scalar.value < 0x7F { return append(ascii: String(scalar).utf8) }
        guard scalar.isObeyed else { return append(String(scalar)) }
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
            let digits = String(unit, radix: 16)
            append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
        }
    }

    private mutating func append(ascii bytesOfText: String.UTF8View) {
        for byte in bytesOfText {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0x08: append("\\b")
            case 0x09: append("\\t")
            case 0x0A: append("\\n")
            case 0x0C: append("\\f")
            case 0x0D: append("\\r")
            case 0..<0x20: append("\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16))
            default: bytes.append(byte)
            }
        }
    }

    /// Adds text as it is, without quotation marks and escapes.
    package mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func list<Element>(
        _ elements: [Element], _ open: String, _ close: String, print: (inout JSONPrinter, Element) -> Void
    ) {
        append(open)
        indentation = indentation.map { $0 + 1 }
        for (index, element) in elements.enumerated() {
            if index > 0 { append(",") }
            breakLine()
            print(&self, element)
        }
        indentation = indentation.map { $0 - 1 }
        if !elements.isEmpty { breakLine() }
        append(close)
    }

    private mutating func breakLine() {
        guard let indentation else { return }
        append("\n" + String(repeating: "  ", count: indentation))
    }
}
