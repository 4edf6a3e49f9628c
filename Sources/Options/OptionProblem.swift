/// What is wrong with the value of an option, and what to do.
public struct OptionProblem: Equatable, Sendable {
    /// `--epochs is 0`.
    public let problem: String
    /// `choose 1 to 1000000`.
    public let recoverySuggestion: String

    /// - Parameters:
    ///   - problem: names the option, with dashes.
    ///   - recoverySuggestion: what to write instead.
    public init(_ problem: String, _ recoverySuggestion: String) {
        self.problem = problem
        self.recoverySuggestion = recoverySuggestion
    }
}
