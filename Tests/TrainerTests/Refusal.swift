import ProcessSupport
import Testing
import TrainerSupport

/// What must come of a wrong command.
struct Refusal: Sendable {
    /// The exit code on all ranks.
    let exitCode: Int32
    /// What the message must name: file and line, or the option, and what to do.
    let naming: [String]

    init(_ exitCode: Int32, naming: String...) {
        self.exitCode = exitCode
        self.naming = naming
    }
}

/// Expects the trainer to end within seconds, with one message over all ranks and nothing on standard output, and to
/// leave the folder `out` as it was.
func expectRefusal(
    _ refusal: Refusal, _ launch: Launch, _ arguments: [String], environment: [String: String] = [:],
    leaving out: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let before = out.map(files(below:))
    let result = try await launch.trainer(arguments, environment: environment, timeout: .seconds(20))
    let told = "\(launch): \(result.standardError)"
    #expect(!result.timedOut, "\(told)", sourceLocation: sourceLocation)
    #expect(result.exitCode == refusal.exitCode, "\(told)", sourceLocation: sourceLocation)
    #expect(result.errorLines.count == 1, "\(told)", sourceLocation: sourceLocation)
    for text in refusal.naming {
        #expect(result.standardError.contains(text), "\(text) is missing, \(told)", sourceLocation: sourceLocation)
    }
    #expect(result.standardOutput == "", sourceLocation: sourceLocation)
    if let out { #expect(files(below: out) == before, "\(launch) changed \(out)", sourceLocation: sourceLocation) }
}
