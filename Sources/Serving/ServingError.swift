import FileIO

/// Why there is no answer: what is wrong, and what to do next, on two lines.
public struct ServingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What has gone wrong: the exit code follows from it.
    public enum Kind: Sendable {
        /// What is asked for cannot be.
        case usage
        /// A file, or what is asked about, holds something else than it should.
        case data
    }

    /// What has gone wrong, for the exit code.
    public let kind: Kind
    /// What is wrong, in one line.
    public let problem: String
    /// What to do next, in one line.
    public let recoverySuggestion: String

    /// An error of a kind, in two lines.
    ///
    /// - Parameters:
    ///   - problem: what is wrong.
    ///   - recoverySuggestion: what to do next.
    public init(_ kind: Kind, _ problem: String, recoverySuggestion: String) {
        self.kind = kind
        self.problem = problem
        self.recoverySuggestion = recoverySuggestion
    }

    public var description: String { "\(problem.printable(limit: 2_000))\n\(recoverySuggestion)" }
}
