/// Why a training cannot begin or continue: what happened, and what to do next, on two lines.
public struct TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What has gone wrong: the exit code follows from it.
    public enum Kind: Sendable {
        /// The command or the configuration asks for something impossible.
        case usage
        /// A file holds something else than it should.
        case data
        /// The training itself failed.
        case failure
        /// Another process works on the run.
        case taken
    }

    /// What has gone wrong, for the exit code.
    public let kind: Kind
    /// What happened, in one line.
    public let problem: String
    /// What to do next, in one line.
    public let recoverySuggestion: String

    /// An error of a kind, in two lines.
    ///
    /// - Parameters:
    ///   - problem: what happened.
    ///   - recoverySuggestion: what to do next.
    public init(_ kind: Kind, _ problem: String, recoverySuggestion: String) {
        self.kind = kind
        self.problem = problem
        self.recoverySuggestion = recoverySuggestion
    }

    public var description: String { "\(problem)\n\(recoverySuggestion)" }
}
