import FileIO

/// A file of parameters that does not belong to the model or the data set: what is wrong with it, and what to do next,
/// on two lines.
public struct ModelFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// What is wrong with it.
    public let problem: String
    /// What to do about it.
    public let recoverySuggestion: String

    /// - Parameters:
    ///   - problem: follows the path and a colon.
    ///   - recoverySuggestion: a line of its own.
    public init(path: String, problem: String, recoverySuggestion: String) {
        self.path = path
        self.problem = problem
        self.recoverySuggestion = recoverySuggestion
    }

    public var description: String {
        "\(path.printable(limit: 2_000)): \(problem.printable())\n\(recoverySuggestion)"
    }
}
