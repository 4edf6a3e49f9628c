internal import COpenMPI

/// The handle of an operation in flight. Ends the program if it is destroyed before the operation is complete: the
/// library would still write into memory that is given back.
struct PendingOperation: ~Copyable {
    /// Nil when the operation is complete.
    private var handle: MPI_Request?
    private let call: StaticString
    private var completedStatus: MPI_Status?

    init(
        _ call: StaticString, start: (UnsafeMutablePointer<MPI_Request?>) throws(MPIError) -> Int32
    ) throws(MPIError) {
        var handle: MPI_Request?
        try check(try start(&handle), call)
        self.handle = handle
        self.call = call
    }

    deinit {
        if handle != nil { reportDroppedRequests(call.description) }
    }

    @discardableResult
    mutating func wait() throws(MPIError) -> MPI_Status {
        var status = MPI_Status()
        guard handle != nil else { return completedStatus ?? status }
        let code = MPI_Wait(&handle, &status)
        handle = nil
        try check(code, call)
        completedStatus = status
        return status
    }

    /// Whether the operation is complete.
    mutating func test() throws(MPIError) -> Bool {
        guard handle != nil else { return true }
        var status = MPI_Status()
        var flag: Int32 = 0
        let code = MPI_Test(&handle, &flag, &status)
        guard code == MPI_SUCCESS else {
            handle = nil
            throw MPIError(code: code, call: call)
        }
        guard flag != 0 else { return false }
        handle = nil
        completedStatus = status
        return true
    }

    mutating func waitUntilComplete(within time: Duration) throws(MPIError) {
        let deadline = ContinuousClock.now + time
        while try !test() {
            guard ContinuousClock.now < deadline else { throw .timedOut(after: time, call) }
        }
    }

    /// Leaves the operation to the library for good.
    mutating func abandon() { handle = nil }

    /// Hands the responsibility for the handle over.
    consuming func release() -> MPI_Request? {
        let released = handle
        handle = nil
        return released
    }
}

extension MPIError {
    static func timedOut(after time: Duration, _ call: StaticString) -> MPIError {
        MPIError(
            call: call, reason: .timeout(time),
            message: """
                not complete after \(time)
                another rank is late, stuck or gone: wait longer, or end the program on all ranks
                """)
    }
}

/// Ends the program because of requests that were dropped.
func reportDroppedRequests(_ operations: String) -> Never {
    writeToStandardError(
        """
        error: a request was dropped before it was complete: \(operations)
               consume every request by wait(), or by abandon() on the way out after an error

        """)
    MPIEnvironment.abort(exitCode: droppedRequestExitCode)
}

/// "Internal software error" of sysexits.h.
private let droppedRequestExitCode: Int32 = 70
