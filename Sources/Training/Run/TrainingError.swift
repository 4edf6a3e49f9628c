/// Why a training cannot begin or go on: what happened, and what to do next, on two lines.
public struct TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
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

    public let kind: Kind
    public let problem: String
    public let recoverySuggestion: String

    public init(_ kind: Kind, _ problem: String, recoverySuggestion: String) {
        self.kind = kind
        self.problem = problem
        self.recoverySuggestion = recoverySuggestion
    }

    public var description: String { "\(problem)\n\(recoverySuggestion)" }
}
