import FileIO

/// Messages to the user, on standard error, in one form:
///
///     error: dev.csv:1042: neg_items has 98 entries, the rows before have 99
///            every dev and test row must list the same number of negatives; remove the column to rank all items
///
/// What a terminal would obey in a name or a line from a file is shown by its number: `\u{1b}`.
/// All ranks own a console; only that of the rank that speaks prints.
public final class Console {
    /// Where the messages go; a progress bar draws there too.
    public let output: TerminalOutput
    /// False on the ranks that keep silent.
    public let isSpeaking: Bool
    /// True if only warnings and errors are wanted.
    public let isQuiet: Bool

    /// - Parameters:
    ///   - output: where the messages go.
    ///   - isSpeaking: false on the ranks that keep silent.
    ///   - isQuiet: true if only warnings and errors are wanted.
    public init(output: TerminalOutput = .standardError(), isSpeaking: Bool = true, isQuiet: Bool = false) {
        self.output = output
        self.isSpeaking = isSpeaking
        self.isQuiet = isQuiet
    }

    /// What a user may like to know; not in quiet mode.
    public func info(_ message: String) {
        guard isSpeaking, !isQuiet else { return }
        output.print(message.printableLines)
    }

    /// What the user should know although the work continues.
    public func warning(_ message: String) { show(message, label: "warning", color: 33) }

    /// Why the work stopped: the first line says what and where, the next what to do.
    public func error(_ message: String) { show(message, label: "error", color: 31) }

    /// ``error(_:)-(String)`` with the description of an error.
    public func error(_ error: any Error) { self.error("\(error)") }

    private func show(_ message: String, label: String, color: Int) {
        guard isSpeaking else { return }
        let indentation = "\n" + String(repeating: " ", count: label.count + 2)
        let lines = message.printableLines.split(separator: "\n", omittingEmptySubsequences: false)
        let prefix = output.hasColors ? "\u{1B}[1;\(color)m\(label):\u{1B}[0m " : "\(label): "
        output.print(prefix + lines.joined(separator: indentation))
    }
}
