/// Why a folder is no run that can be shown: a line that says what is wrong, and one that says what to do.
public struct RunReportError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, with the folder or the file.
    public let problem: String
    /// What to do about it.
    public let recoverySuggestion: String

    init(_ problem: String, recoverySuggestion: String) {
        self.problem = problem
        self.recoverySuggestion = recoverySuggestion
    }

    public var description: String { problem + "\n" + recoverySuggestion }
}
