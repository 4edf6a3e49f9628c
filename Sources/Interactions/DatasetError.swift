import FileIO

/// Why a data set cannot be used: what happened, where, and what to do next.
///
///     data/games/dev.csv:1042: neg_items has 98 entries, the rows before have 99
///     every dev and test row must list the same number of negatives; remove the column to rank all items
public struct DatasetError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of thing is wrong; the exit code depends on it.
    public enum Kind: Sendable {
        /// A file or folder is missing, not permitted, or fails to be read or written.
        case unreadable
        /// A file was read, and its content is wrong.
        case invalid
        /// The settings ask for something that this data set cannot give, or that no data set can.
        case configuration
    }

    /// Whether to look at the disk, at the content of the file, or at the settings.
    public let kind: Kind
    /// The file or folder that the error is about.
    public let file: String
    /// Line of the (uncompressed) file, counted from 1.
    public let line: Int?
    /// What is wrong there, in one line.
    public let problem: String
    /// What the user can do about it, in one line or more.
    public let recoverySuggestion: String

    /// - Parameters:
    ///   - file: the file or folder that the error is about; the option where it is about one.
    ///   - line: of the uncompressed file, from 1; nil where the error is about no line.
    ///   - problem: what is wrong there.
    ///   - recoverySuggestion: what to do next.
    public init(_ kind: Kind, file: String, line: Int? = nil, problem: String, recoverySuggestion: String) {
        self.kind = kind
        self.file = file
        self.line = line
        self.problem = problem
        self.recoverySuggestion = recoverySuggestion
    }

    public var description: String {
        let file = file.printable(limit: 2_000)
        let location = line.map { "\(file):\($0)" } ?? file
        return "\(location): \(problem.printable())\n\(recoverySuggestion)"
    }
}
