/// Reads the lines of an ``OptionTree``.
struct TreeScanner {
    private struct Line {
        var cursor: LineCursor
        let indentation: Int
        /// Whether it is an element of a list: `- ` stands in front.
        let isElement: Bool
    }

    private var lines: [Line] = []
    private var next = 0

    init(_ text: String) throws(OptionError) {
        var scalars = text.unicodeScalars[...]
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        let all = scalars.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in all.enumerated() {
            var cursor = LineCursor(line.last == "\r" ? line.dropLast() : line, number: index + 1)
            if lines.isEmpty, cursor.isMark("---") { continue }
            guard try !cursor.isBlank() else { continue }
            let spaces = cursor.rest.prefix { $0 == " " }.count
            cursor.rest.removeFirst(spaces)
            guard cursor.rest.first != "\t" else {
                throw cursor.failure("a tab in front: indent with spaces")
            }
            let isElement = cursor.rest.first == "-" && (cursor.rest.dropFirst().first.map(\.isBlank) ?? true)
            lines.append(Line(cursor: cursor, indentation: spaces, isElement: isElement))
        }
    }

    /// The group that the file is.
    mutating func file() throws(OptionError) -> OptionTree {
        guard let first = lines.first else { return OptionTree(.group([]), line: 1) }
        guard first.indentation == 0, !first.isElement else {
            throw first.cursor.failure("the first name begins at the start of its line")
        }
        return try block(depth: 0)
    }

    /// The lines of the indentation of the next one, and those below them.
    private mutating func block(depth: Int) throws(OptionError) -> OptionTree {
        let first = lines[next]
        guard depth < OptionTree.deepest else { throw first.cursor.failure("groups in too many others") }
        let content = first.isElement ? try list(first.indentation) : try group(first.indentation, depth: depth)
        if next < lines.count, lines[next].indentation > first.indentation {
            throw lines[next].cursor.failure("further to the right than the lines that it belongs to")
        }
        return OptionTree(content, line: first.cursor.number)
    }

    private mutating func list(_ indentation: Int) throws(OptionError) -> OptionTree.Content {
        var elements: [OptionTree] = []
        while next < lines.count, lines[next].indentation == indentation, lines[next].isElement {
            var cursor = lines[next].cursor
            next += 1
            cursor.rest.removeFirst()
            guard !cursor.isAtEnd else { throw cursor.failure("an element stands behind its dash, on the same line") }
            elements.append(try cursor.valueToEnd())
        }
        return .list(elements)
    }

    private mutating func group(_ indentation: Int, depth: Int) throws(OptionError) -> OptionTree.Content {
        var members: [OptionTree.Member] = []
        while next < lines.count, lines[next].indentation == indentation {
            var cursor = lines[next].cursor
            guard !lines[next].isElement else { throw cursor.failure("an element of a list where a name is expected") }
            next += 1
            let name = try cursor.name(among: members)
            let tree: OptionTree
            if !cursor.isAtEnd {
                tree = try cursor.valueToEnd()
            } else if next < lines.count,
                lines[next].indentation > indentation || lines[next].indentation == indentation && lines[next].isElement
            {
                tree = try block(depth: depth + 1)
            } else {
                tree = OptionTree(.scalar(nil), line: cursor.number)
            }
            members.append(OptionTree.Member(name: name, tree: tree, line: cursor.number))
        }
        return .group(members)
    }
}

extension LineCursor {
    /// A name and the colon behind it.
    fileprivate mutating func name(among members: [OptionTree.Member]) throws(OptionError) -> String {
        let name: String
        if let quoted = try quotedValue() {
            name = quoted
        } else {
            let word = rest.prefix { $0 != ":" && !"[]{},".unicodeScalars.contains($0) }
            var plain = word
            while plain.last?.isBlank == true { plain.removeLast() }
            try requirePlain(plain)
            name = String(plain)
            rest.removeFirst(word.count)
        }
        skipBlanks()
        guard rest.first == ":" else { throw failure("not a name with a value: a colon is missing") }
        rest.removeFirst()
        guard rest.isEmpty || rest.first?.isBlank == true else { throw failure("a space belongs behind the colon") }
        guard !name.isEmpty else { throw failure("a value without a name") }
        guard !members.contains(where: { $0.name == name }) else { throw failure("\(name) is there twice") }
        return name
    }

    /// A value behind which the line ends.
    fileprivate mutating func valueToEnd() throws(OptionError) -> OptionTree {
        let value = try value(depth: 0)
        guard isAtEnd else { throw failure("text behind the end of a value") }
        return value
    }

    private mutating func value(depth: Int) throws(OptionError) -> OptionTree {
        guard depth < OptionTree.deepest else { throw failure("lists in too many others") }
        skipBlanks()
        if let quoted = try quotedValue() { return OptionTree(.scalar(quoted), line: number) }
        switch rest.first {
        case "[": return OptionTree(.list(try elements(depth: depth)), line: number)
        case "{": return OptionTree(.group(try members(depth: depth)), line: number)
        default: return OptionTree(.scalar(try plain(isInside: depth > 0)), line: number)
        }
    }

    private mutating func elements(depth: Int) throws(OptionError) -> [OptionTree] {
        var elements: [OptionTree] = []
        try forEachPart(closing: "]") { cursor throws(OptionError) in
            elements.append(try cursor.value(depth: depth + 1))
        }
        return elements
    }

    private mutating func members(depth: Int) throws(OptionError) -> [OptionTree.Member] {
        var members: [OptionTree.Member] = []
        try forEachPart(closing: "}") { cursor throws(OptionError) in
            let name = try cursor.name(among: members)
            let tree = try cursor.value(depth: depth + 1)
            members.append(OptionTree.Member(name: name, tree: tree, line: cursor.number))
        }
        return members
    }

    /// Reads what stands between a bracket and the one that closes it, with commas between the parts.
    private mutating func forEachPart(
        closing mark: Unicode.Scalar, _ read: (inout LineCursor) throws(OptionError) -> Void
    ) throws(OptionError) {
        rest.removeFirst()
        skipBlanks()
        while rest.first != mark {
            try read(&self)
            skipBlanks()
            if rest.first == "," {
                rest.removeFirst()
                skipBlanks()
            } else if rest.first != mark {
                throw failure("\(String(mark)) is missing: what begins with a bracket ends on its line")
            }
        }
        rest.removeFirst()
    }

    /// A value without quotation marks; nil for `null`, and for nothing.
    private mutating func plain(isInside: Bool) throws(OptionError) -> String? {
        var plain = rest[..<commentStart]
        if isInside { plain = plain.prefix { !",[]{}".unicodeScalars.contains($0) } }
        while plain.last?.isBlank == true { plain.removeLast() }
        rest.removeFirst(plain.count)
        guard !isInside || !plain.isEmpty else { throw failure("a value is missing") }
        try requirePlain(plain)
        let text = String(plain)
        return text.isEmpty || text == "null" || text == "~" ? nil : text
    }

    private mutating func skipBlanks() { rest = rest.drop { $0.isBlank } }
}
