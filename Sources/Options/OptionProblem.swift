/// What is wrong with the value of an option, and what to do.
public struct OptionProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// `--epochs is 0`.
    public let problem: String
    /// `choose 1 to 1000000`.
    public let remedy: String

    public init(_ problem: String, _ remedy: String) {
        self.problem = problem
        self.remedy = remedy
    }

    public var description: String { problem + "\n" + remedy }
}
