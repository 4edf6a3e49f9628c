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
    package private(set) var bytes: [UInt8] = []
    /// Depth of the current line in pretty printing, nil in compact printing.
    private var indentation: Int?

    package init(indentation: Int?) { self.indentation = indentation }

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

    /// A string in quotation marks, with the escapes that RFC 8259 demands.
    package mutating func append(quoted text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
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
        bytes.append(UInt8(ascii: "\""))
    }

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
