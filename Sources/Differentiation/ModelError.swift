/// A mistake in a model: sizes that do not fit together, rows that a table does not have, names that are taken.
///
/// Found where the model says it, before anything is computed from it; see ``Tape/error`` and
/// ``ParameterLayout/error``.
public struct ModelError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The operation that was refused: the name of its method on the tape, or of what registers a parameter.
    public let operation: String
    /// What is wrong, with the sizes.
    public let problem: String
    /// What to do about it.
    public let recoverySuggestion: String
    /// Where the model asked for the operation, as `#fileID` and `#line` say it.
    public let file: String
    /// The line in ``file``.
    public let line: UInt

    /// A mistake of the operation that the model asked for at `site`.
    package init(_ operation: StaticString, _ problem: String, recoverySuggestion: String, at site: ModelSite) {
        self.operation = "\(operation)"
        self.problem = problem
        self.recoverySuggestion = recoverySuggestion
        file = "\(site.file)"
        line = site.line
    }

    /// The mistake and its place, and on a second line what to do.
    public var description: String { "\(file):\(line): \(operation): \(problem)\n\(recoverySuggestion)" }
}

/// A place in the source of a model.
public struct ModelSite: BitwiseCopyable, Sendable {
    /// As `#fileID` says it.
    public let file: StaticString
    /// As `#line` says it.
    public let line: UInt

    /// The place that `#fileID` and `#line` name.
    public init(file: StaticString, line: UInt) {
        self.file = file
        self.line = line
    }
}
