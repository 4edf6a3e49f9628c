/// What a user says about the form of a log. What is nil is found out.
package struct LogRequest: Sendable, Equatable {
    /// The name of a reader.
    package var reader: String?
    /// What stands between two fields.
    package var separator: FieldSeparator?
    /// What may stand around a field; nil: double marks in tables, nothing in other forms.
    package var quoting: Quoting?
    /// Whether the first line names the columns.
    package var hasHeader: Bool?
    /// The column of users, by name or number from 1; in files of objects the key.
    package var userColumn: String?
    /// The column of items, likewise.
    package var itemColumn: String?
    /// The column of times, likewise; `none`: there is none.
    package var timeColumn: String?
    /// The column that tells the kind of an event, likewise; `none`: there is none.
    package var kindColumn: String?
    /// The column of ratings, likewise; `none`: there is none.
    package var ratingColumn: String?
    /// How times are written.
    package var timeNotation: TimeNotation?

    /// All is found out.
    package init() {}

    /// Whether columns, or how they are separated, were named: then only tables come into question.
    var isAboutColumns: Bool {
        separator != nil || quoting != nil || hasHeader != nil || userColumn != nil || itemColumn != nil
            || timeColumn != nil || kindColumn != nil || ratingColumn != nil
    }
}

/// What stands between two fields of a line.
package enum FieldSeparator: Sendable, Equatable {
    /// One character of ASCII.
    case byte(UInt8)
    /// `::` of MovieLens.
    case doubleColon
    /// Any number of spaces and TABs.
    case words

    /// Words that a command line can have, or the character itself.
    package init?(_ text: String) {
        switch text.lowercased() {
        case "comma": self = .byte(0x2c)
        case "tab", "\\t": self = .byte(0x09)
        case "semicolon": self = .byte(0x3b)
        case "pipe": self = .byte(0x7c)
        case "space", " ": self = .words
        case "::": self = .doubleColon
        default:
            guard let byte = text.utf8.first, text.utf8.count == 1, byte < 0x80, byte != 0x22, byte != 0x0a,
                byte != 0x0d
            else { return nil }
            self = .byte(byte)
        }
    }

    /// For the user.
    package var text: String {
        switch self {
        case .byte(0x2c): "comma"
        case .byte(0x09): "TAB"
        case .byte(0x3b): "semicolon"
        case .byte(0x7c): "pipe"
        case .byte(let byte): "\"\(Character(Unicode.Scalar(byte)))\""
        case .doubleColon: "::"
        case .words: "spaces"
        }
    }

    /// As a value of `--separator`.
    var argument: String {
        switch self {
        case .byte(0x09): "tab"
        case .byte(let byte) where byte != 0x2c && byte != 0x3b && byte != 0x7c:
            "'\(Character(Unicode.Scalar(byte)))'"
        case .doubleColon: "'::'"
        case .words: "space"
        default: text
        }
    }
}

/// What may stand around a field.
package enum Quoting: Sendable, Equatable {
    /// Quotation marks are text like any other.
    case none
    /// The byte at both ends, doubled inside.
    case byte(UInt8)

    /// `none`, `double`, `single`, or the character itself.
    package init?(_ text: String) {
        switch text.lowercased() {
        case "none": self = .none
        case "double", "\"": self = .byte(0x22)
        case "single", "'": self = .byte(0x27)
        default: return nil
        }
    }

    /// For the user.
    package var text: String {
        switch self {
        case .none: "none"
        case .byte(0x22): "double"
        case .byte: "single"
        }
    }
}
