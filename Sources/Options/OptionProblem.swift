/// What is wrong with the value of an option, and what to do.
public struct OptionProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// `--epochs is 0`.
    public let problem: String
    /// `choose 1 to 1000000`.
    public let recoverySuggestion: String

    public init(_ problem: String, _ recoverySuggestion: String) {
        self.problem = problem
        self.recoverySuggestion = recoverySuggestion
    }

    public var description: String { problem + "\n" + recoverySuggestion }
}
