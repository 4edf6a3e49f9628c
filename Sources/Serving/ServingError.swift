import FileIO

/// Why there is no answer: what is wrong, and what to do next, on two lines.
public struct ServingError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// What is asked for cannot be.
        case usage
        /// A file, or what is asked about, holds something else than it should.
        case data
    }

    public let kind: Kind
    public let problem: String
    public let recoverySuggestion: String

    public init(_ kind: Kind, _ problem: String, recoverySuggestion: String) {
        self.kind = kind
        self.problem = problem
        self.recoverySuggestion = recoverySuggestion
    }

    public var description: String { "\(problem.printable(limit: 2_000))\n\(recoverySuggestion)" }
}
