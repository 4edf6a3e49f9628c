import ProcessSupport

/// How the trainer is started: by itself, or by mpirun.
public enum Launch: Sendable, Hashable, CustomStringConvertible {
    case alone
    case ranks(Int)

    public var description: String {
        switch self {
        case .alone: "without a launcher"
        case .ranks(let count): "on \(count) rank\(count == 1 ? "" : "s")"
        }
    }

    /// Runs the trainer, or another program with the same command line, to its end.
    public func trainer(
        _ arguments: [String], environment: [String: String] = [:], workingDirectory: String? = nil,
        timeout: Duration = .seconds(60), program: String = "trainer"
    ) async throws -> ProgramResult {
        switch self {
        case .alone:
            try await run(
                product: program, arguments: arguments, environment: environment, workingDirectory: workingDirectory,
                timeout: timeout)
        case .ranks(let count):
            try await mpirun(
                ranks: count, product: program, arguments: arguments, environment: environment,
                workingDirectory: workingDirectory, timeout: timeout)
        }
    }

    /// Runs the trainer to its end, which must be a good one.
    @discardableResult
    public func successfulTrainer(
        _ arguments: [String], environment: [String: String] = [:], workingDirectory: String? = nil,
        timeout: Duration = .seconds(60), program: String = "trainer"
    ) async throws -> ProgramResult {
        let result = try await trainer(
            arguments, environment: environment, workingDirectory: workingDirectory, timeout: timeout, program: program)
        guard result.exitCode == 0, !result.timedOut else {
            throw TrainerFailure(arguments: arguments, launch: self, result: result)
        }
        return result
    }
}

/// The trainer ended badly where it should not.
public struct TrainerFailure: Error, CustomStringConvertible {
    public let arguments: [String]
    public let launch: Launch
    public let result: ProgramResult

    public var description: String {
        let end = result.timedOut ? "was out of time" : "ended with \(result.exitCode)"
        return "trainer \(arguments.joined(separator: " ")) \(launch) \(end)\n\(result.standardError)"
    }
}

extension ProgramResult {
    /// The lines of standard error that begin an error message.
    public var errorLines: [String] {
        standardError.split(separator: "\n").filter { $0.hasPrefix("error:") || $0.hasPrefix("Error:") }.map(
            String.init)
    }
}
