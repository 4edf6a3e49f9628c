import FileIO

/// Reads the lines of ``OptionText``.
struct LineScanner {
    private let lines: [Substring.UnicodeScalarView]
    private var next = 0
    private var hasEntries = false

    init(_ text: String) {
        var scalars = text.unicodeScalars[...]
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        lines = scalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.last == "\r" ? line.dropLast() : line
        }
    }

    /// The next line with an option; nil at the end.
    mutating func nextEntry() throws(OptionError) -> OptionText.Entry? {
        while next < lines.count {
            var line = LineCursor(lines[next], number: next + 1)
            next += 1
            if line.isMark("---"), !hasEntries { continue }
            guard try !line.isBlank() else { continue }
            hasEntries = true
            return try line.entry()
        }
        return nil
    }
}
