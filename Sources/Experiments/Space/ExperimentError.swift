/// Why a search or a comparison cannot begin or continue: what is wrong, and what to do, on two lines.
package struct ExperimentError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What has gone wrong: the exit code follows from it.
    package enum Kind: Sendable {
        /// The command or its file asks for something impossible.
        case usage
        /// A file holds something else than it should.
        case data
        /// A program could not be started.
        case failure
    }

    /// What has gone wrong, for the exit code.
    package let kind: Kind
    /// What is wrong, in one line.
    package let problem: String
    /// What to do next, in one line.
    package let recoverySuggestion: String

    /// An error in two lines.
    ///
    /// - Parameters:
    ///   - problem: what is wrong.
    ///   - recoverySuggestion: what to do next.
    package init(_ kind: Kind, _ problem: String, recoverySuggestion: String) {
        self.kind = kind
        self.problem = problem
        self.recoverySuggestion = recoverySuggestion
    }

    package var description: String { "\(problem)\n\(recoverySuggestion)" }
}
