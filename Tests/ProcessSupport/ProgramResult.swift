/// How a program ended and what it wrote.
public struct ProgramResult: Sendable {
    /// The exit code; 128 plus the number of the signal for a program that a signal ended.
    public let exitCode: Int32
    public let standardOutput: String
    public let standardError: String
    /// Whether the program was killed because its time was up.
    public let timedOut: Bool
}

/// A program that could not be run at all.
public struct LaunchError: Error, CustomStringConvertible {
    public let description: String
}
