import FileIO

/// A file of options such as `config.yaml`: the part of YAML that has one option a line.
///
///     # comments and empty lines may stand anywhere, `---` before the first option
///     model: TiMiRec
///     lr: 0.001               # a comment behind a value
///     out: "runs/a: b"        # quotation marks where a value holds `: ` or ` #`, or begins with a sign of YAML
///     extractor:              # nothing or `null`: as if it were not there
///
/// Everything else of YAML (nesting, lists, anchors, tags, values over several lines) is refused: none of it has a
/// meaning for options, and readers of all of YAML can be kept busy for ever by a small file.
package struct OptionText: Equatable, Sendable {
    /// One option.
    package struct Entry: Equatable, Sendable {
        /// The name of the command line's option, without dashes: letters, digits, `-` and `_`.
        package let name: String
        /// Nil: `null` or nothing.
        package let value: String?
        /// Whether `null` stands there, not nothing.
        package let isNull: Bool
        /// Line of the file, from 1; 0 for what is not from a file.
        package let line: Int

        /// - Parameters:
        ///   - name: of the command line's option, without dashes.
        ///   - value: nil: `null` or nothing.
        ///   - isNull: whether `null` stands there, not nothing.
        ///   - line: of the file, from 1; 0 for what is not from a file.
        package init(name: String, value: String?, isNull: Bool = false, line: Int = 0) {
            self.name = name
            self.value = value
            self.isNull = isNull
            self.line = line
        }
    }

    /// In the order of the file, no name twice.
    package let entries: [Entry]
    private let indices: [String: Int]

    /// More bytes than any file of options has.
    static let largestSize = 1 << 20

    /// No options.
    package init() {
        entries = []
        indices = [:]
    }

    /// - Parameter entries: without a name twice.
    package init(_ entries: [Entry]) throws(OptionError) {
        self.entries = entries
        var indices: [String: Int] = [:]
        for (index, entry) in entries.enumerated() where indices.updateValue(index, forKey: entry.name) != nil {
            throw OptionError(line: entry.line, reason: "\(entry.name) is there twice")
        }
        self.indices = indices
    }

    /// The options of a text in UTF-8.
    package init(parsing bytes: [UInt8]) throws(OptionError) {
        var entries: [Entry] = []
        var lines = LineScanner(try Self.text(of: bytes))
        while let entry = try lines.nextEntry() { entries.append(entry) }
        try self.init(entries)
    }

    /// The text of a file, which is neither too long nor slow to compare.
    static func text(of bytes: [UInt8]) throws(OptionError) -> String {
        guard bytes.count <= Self.largestSize else {
            throw OptionError(line: nil, reason: "\(bytes.count) bytes are too many for options")
        }
        guard let text = String(validating: bytes, as: UTF8.self), text.isStreamSafe else {
            throw OptionError(line: nil, reason: "it is not text in UTF-8")
        }
        return text
    }

    /// The options of a file.
    package init(contentsOf path: String) throws {
        try self.init(parsing: try Self.bytes(of: path))
    }

    /// The bytes of a file of options.
    static func bytes(of path: String) throws(FileError) -> [UInt8] {
        let file = try OpenFile(path: path, access: .read)
        // One byte more, so that a file beyond the limit is refused and not cut.
        return try file.bytes(at: 0, count: min(try file.size(), largestSize) + 1)
    }

    /// The option called `name`; nil where there is none.
    package subscript(name: String) -> Entry? { indices[name].map { entries[$0] } }

    /// The text of a file with these options.
    package var text: String {
        entries.map { "\($0.name): \($0.value.map(Self.spelled) ?? "null")\n" }.joined()
    }

    /// Numbers and words as they are, everything else in quotation marks.
    private static func spelled(_ value: String) -> String {
        let plain = value.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "/"),
                UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: "="):
                true
            default: false
            }
        }
        let beginsAsWord = value.utf8.first.map { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=") } ?? false
        if plain, beginsAsWord, value != "null", !value.hasPrefix("---"), !value.hasPrefix("..."), value != "-" {
            return value
        }
        return "\"" + value.unicodeScalars.map(Self.escaped).joined() + "\""
    }

    /// A character between double quotation marks: those that cannot be seen, or end a line, by their numbers.
    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned:
            let digits = String(scalar.value, radix: 16)
            return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        default: return scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : String(scalar)
        }
    }
}

/// What is wrong with a file of options, or with the value of one of them.
package struct OptionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Line from 1; nil where it is about the whole file.
    package let line: Int?
    /// What is wrong, and what was expected.
    package let reason: String

    /// - Parameters:
    ///   - line: from 1; nil where it is about the whole file.
    ///   - reason: what is wrong, and what was expected.
    package init(line: Int?, reason: String) {
        self.line = line
        self.reason = reason
    }

    package var description: String { (line.map { "line \($0): " } ?? "") + reason.printable() }

    /// The message about the file at `path`: `PATH:LINE: REASON`.
    package func message(path: String) -> String {
        "\(path)\(line.map { ":\($0)" } ?? ""): \(reason.printable())"
    }
}
