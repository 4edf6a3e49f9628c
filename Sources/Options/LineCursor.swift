import FileIO

/// Reads one line of ``OptionText`` or ``OptionTree`` from left to right.
struct LineCursor {
    /// What has not been read.
    var rest: Substring.UnicodeScalarView
    /// Line of the file, from 1.
    let number: Int

    init(_ line: Substring.UnicodeScalarView, number: Int) {
        rest = line
        self.number = number
    }

    /// What is wrong with this line.
    func failure(_ reason: String) -> OptionError { OptionError(line: number, reason: reason) }

    /// Whether the line is `mark` and nothing more.
    func isMark(_ mark: String) -> Bool {
        var cursor = self
        guard rest.starts(with: mark.unicodeScalars) else { return false }
        cursor.rest.removeFirst(mark.unicodeScalars.count)
        return cursor.isAtEnd
    }

    /// Whether nothing but spaces and a comment is left, of which the comment must be behind a space or at the start.
    var isAtEnd: Bool {
        let content = rest.drop { $0.isBlank }
        return content.isEmpty || (content.first == "#" && (content.startIndex > rest.startIndex))
    }

    /// Whether the line has neither option nor anything else.
    func isBlank() throws(OptionError) -> Bool {
        if let control = rest.first(where: { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7F }) {
            throw failure("a control character: \(String(control))")
        }
        let content = rest.drop { $0.isBlank }
        return content.isEmpty || content.first == "#"
    }

    mutating func entry() throws(OptionError) -> OptionText.Entry {
        guard rest.first?.isBlank == false else { throw failure("an option begins at the start of its line") }
        let name: String
        if let quoted = try quotedValue() {
            name = quoted
        } else {
            let word = rest.prefix { $0 != ":" && !$0.isBlank }
            try requirePlain(word)
            name = String(word)
            rest.removeFirst(word.count)
        }
        rest = rest.drop { $0.isBlank }
        guard rest.first == ":" else { throw failure("not an option with one value") }
        rest.removeFirst()
        guard rest.isEmpty || rest.first?.isBlank == true else { throw failure("a space belongs behind the colon") }
        guard !name.isEmpty, name.unicodeScalars.allSatisfy(\.isOfName) else {
            throw failure("\(name.isEmpty ? "nothing" : name) is not the name of an option")
        }
        let isEmpty = isAtEnd
        let value = try value()
        return OptionText.Entry(name: name, value: value, isNull: value == nil && !isEmpty, line: number)
    }

    private mutating func value() throws(OptionError) -> String? {
        if isAtEnd { return nil }
        rest = rest.drop { $0.isBlank }
        if let quoted = try quotedValue() {
            guard isAtEnd else { throw failure("text behind the closing quotation mark") }
            return quoted
        }
        var plain = rest[..<commentStart]
        while plain.last?.isBlank == true { plain.removeLast() }
        try requirePlain(plain)
        let text = String(plain)
        return text == "null" || text == "~" ? nil : text
    }

    /// Where a comment behind a plain value begins: at a number sign behind a space.
    var commentStart: Substring.UnicodeScalarView.Index {
        var isBehindBlank = false
        for index in rest.indices {
            if rest[index] == "#", isBehindBlank { return index }
            isBehindBlank = rest[index].isBlank
        }
        return rest.endIndex
    }

    /// Refuses what would be something else than text to a reader of all of YAML.
    func requirePlain(_ text: Substring.UnicodeScalarView) throws(OptionError) {
        guard let first = text.first else { return }
        let second = text.dropFirst().first
        let isSign = first == "-" || first == "?" || first == ":"
        if "[]{}&*!|>%@`,#'\"".unicodeScalars.contains(first) || isSign && (second == nil || second?.isBlank == true) {
            throw failure("not an option with one value: \(String(first)) begins something else in YAML")
        }
        var last = first
        for scalar in text.dropFirst() {
            if last == ":", scalar.isBlank { throw failure("a value with a colon belongs in quotation marks") }
            last = scalar
        }
        if last == ":" { throw failure("a value with a colon belongs in quotation marks") }
    }

    /// The content of the quotation marks that come next; nil where none do.
    mutating func quotedValue() throws(OptionError) -> String? {
        guard let mark = rest.first, mark == "'" || mark == "\"" else { return nil }
        rest.removeFirst()
        var content = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            if scalar == mark {
                // In single quotation marks two of them stand for one.
                guard mark == "'", rest.first == "'" else {
                    let text = String(content)
                    guard text.isStreamSafe else { throw failure("more than 30 combining marks in a row") }
                    return text
                }
                rest.removeFirst()
                content.append(scalar)
            } else if scalar == "\\", mark == "\"" {
                content.append(try escape())
            } else {
                content.append(scalar)
            }
        }
        throw failure("the closing quotation mark is missing")
    }

    /// The character of an escape of double quotation marks, whose backslash has been read.
    private mutating func escape() throws(OptionError) -> Unicode.Scalar {
        guard let kind = rest.popFirst() else { throw failure("the closing quotation mark is missing") }
        switch kind {
        case "\"", "\\", "/", " ": return kind
        case "a": return "\u{07}"
        case "b": return "\u{08}"
        case "t": return "\t"
        case "n": return "\n"
        case "v": return "\u{0B}"
        case "f": return "\u{0C}"
        case "r": return "\r"
        case "e": return "\u{1B}"
        case "N": return "\u{85}"
        case "_": return "\u{A0}"
        case "L": return "\u{2028}"
        case "P": return "\u{2029}"
        case "x": return try scalar(digits: 2)
        case "u": return try scalar(digits: 4)
        case "U": return try scalar(digits: 8)
        default: throw failure("unknown escape \\\(String(kind))")
        }
    }

    private mutating func scalar(digits count: Int) throws(OptionError) -> Unicode.Scalar {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy({ $0.properties.isASCIIHexDigit }),
            let scalar = UInt32(String(digits), radix: 16).flatMap(Unicode.Scalar.init), scalar != "\0"
        else { throw failure("an escape needs \(count) hexadecimal digits of a character") }
        rest.removeFirst(count)
        return scalar
    }
}

extension Unicode.Scalar {
    /// A space or a tab.
    var isBlank: Bool { self == " " || self == "\t" }

    /// Whether names of options consist of such characters. A combining mark, for example, would change the dash in
    /// front of it.
    fileprivate var isOfName: Bool {
        "a"..."z" ~= self || "A"..."Z" ~= self || "0"..."9" ~= self || self == "-" || self == "_"
    }
}
