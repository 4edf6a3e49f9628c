import Reporting

/// HTML or SVG that is being written: every element is closed, and text is escaped.
struct Markup {
    /// What is there so far.
    private(set) var text = ""

    /// An element with what `content` writes into it.
    mutating func element(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:], content: (inout Markup) -> Void
    ) {
        open(name, attributes)
        text += ">"
        content(&self)
        text += "</\(name)>"
    }

    /// An element with a text alone.
    mutating func element(_ name: String, _ attributes: KeyValuePairs<String, String>, _ content: String) {
        element(name, attributes) { $0.write(content) }
    }

    /// What a pointer is shown over the element around it.
    mutating func title(_ content: String) { element("title", [:], content) }

    /// An element without content.
    mutating func element(_ name: String, _ attributes: KeyValuePairs<String, String>) {
        open(name, attributes)
        text += "/>"
    }

    /// Text.
    mutating func write(_ content: String) { text += content.escapedForMarkup }

    private mutating func open(_ name: String, _ attributes: KeyValuePairs<String, String>) {
        text += "<" + name
        for (key, value) in attributes { text += " \(key)=\"\(value.escapedForMarkup)\"" }
    }

    /// A coordinate with a decimal at most: `12`, `12.5`.
    static func number(_ value: Double) -> String {
        let text = NumberText.fixed(value, decimals: 1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// Positions as `points` of a polygon has them.
    static func points(_ positions: [(x: Double, y: Double)]) -> String {
        positions.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
    }
}

extension String {
    /// The text in an element or an attribute, whatever it is of.
    ///
    /// By scalars and not by characters: a quotation mark with a combining mark behind it is another character, and
    /// still ends an attribute.
    var escapedForMarkup: String {
        var escaped = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
