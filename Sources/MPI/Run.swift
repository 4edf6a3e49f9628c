import Glibc

/// Runs a program under MPI: initializes the library, calls `body` with the world, finalizes the library.
///
///     MPI.run { world in
///         let total = try world.allReduce(world.rank, .sum)
///         if world.rank == 0 { print("the ranks add up to \(total)") }
///     }
///
/// An error that `body` lets through is printed once, by the rank that it happened on, and ends **all** ranks with the
/// exit code that `exitCode` gives for it: no rank is left waiting for one that is gone. The ranks that only learnt of
/// the failure from ``Communicator/collectively(_:)`` (``PeerFailure``) print nothing.
///
/// Returns after MPI was finalized; what comes behind the call must not use MPI.
///
/// - Parameters:
///   - threadLevel: the least thread level that the program needs; an error like any other if the library gives less.
///   - exitCode: the exit code for an error, 1...255.
///   - message: what is printed of an error, in one line or several; a place to escape what it quotes from elsewhere.
///   - body: the program. Shared windows are freed and requests waited for when it returns.
public func run(
    threadLevel: ThreadLevel = .funneled,
    exitCode: (any Error) -> Int32 = { _ in 1 },
    message: (any Error) -> String = { "\($0)" },
    _ body: (Communicator) throws -> Void
) {
    do {
        let provided = try MPIEnvironment.initialize(requesting: threadLevel)
        guard provided >= threadLevel else {
            throw MPIError(
                call: "MPI_Init_thread", reason: .threadSupport(requested: threadLevel, provided: provided),
                message: """
                    this MPI library provides \(provided), the program needs \(threadLevel)
                    use an MPI library that was built with thread support
                    """)
        }
        try body(Communicator.world)
        try MPIEnvironment.finalize()
    } catch let failure as PeerFailure {
        awaitAbort(by: failure.rank)
        MPIEnvironment.abort(exitCode: exitCode(failure))
    } catch {
        writeToStandardError(uncaughtErrorText(message(error)))
        // Alone there is no other rank to end, and the notice of MPI_Abort would bury the message.
        if MPIEnvironment.isActive, Communicator.world.size == 1, (try? MPIEnvironment.finalize()) != nil {
            exit(exitCode(error))
        }
        MPIEnvironment.abort(exitCode: exitCode(error))
    }
}

/// `error: first line`, and the lines behind it indented to stand below.
private func uncaughtErrorText(_ message: String) -> String {
    let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
    return "error: " + lines.joined(separator: "\n       ") + "\n"
}

/// Gives the rank that failed the time to print its error and to end all ranks, this one included.
private func awaitAbort(by rank: Int) {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(10)
    while clock.now < deadline { sleepBriefly() }
    writeToStandardError("error: rank \(rank) failed and did not end the program within 10 seconds\n")
}
