internal import COpenMPI

/// The MPI library of this process: its start, its end, and what it knows about itself.
///
/// A process initializes MPI once and finalizes it once. ``run(threadLevel:exitCode:message:_:)`` does both around a program;
/// ``initialize(requesting:)`` and ``finalize()`` are for programs that must do it themselves. Errors of every
/// communicator and window are returned and thrown as ``MPIError``, never handled by ending the process.
public enum MPIEnvironment {
    /// Initializes MPI and returns the thread level that the library provides, which may be lower than requested.
    ///
    /// A process that no launcher started becomes a world of one rank.
    ///
    /// - Throws: ``MPIError`` with the reason `lifecycle` if MPI was initialized before.
    @discardableResult
    public static func initialize(requesting level: ThreadLevel = .funneled) throws(MPIError) -> ThreadLevel {
        guard !isInitialized else {
            throw MPIError(
                call: "MPI_Init_thread", reason: .lifecycle,
                message: "MPI was initialized before\ninitialize it once in the life of a process")
        }
        var provided: Int32 = 0
        try check(MPI_Init_thread(nil, nil, level.mpiLevel, &provided), "MPI_Init_thread")
        for communicator in [copenmpi_comm_world(), copenmpi_comm_self()] {
            try check(
                MPI_Comm_set_errhandler(communicator, copenmpi_errors_return()), "MPI_Comm_set_errhandler")
        }
        return ThreadLevel(mpiLevel: provided)
    }

    /// Ends MPI in this process. Collective: it returns when every rank has called it.
    ///
    /// Communicators may outlive it; they are not used any more. Shared windows must be freed and requests waited for
    /// before.
    ///
    /// - Throws: ``MPIError`` with the reason `lifecycle` if MPI is not initialized or was finalized before.
    public static func finalize() throws(MPIError) {
        guard isActive else {
            throw MPIError(
                call: "MPI_Finalize", reason: .lifecycle,
                message: "MPI is not initialized, or was finalized before\nfinalize it once, after initializing it")
        }
        try check(MPI_Finalize(), "MPI_Finalize")
    }

    /// Whether ``initialize(requesting:)`` was called, even if MPI was finalized since.
    public static var isInitialized: Bool {
        var flag: Int32 = 0
        MPI_Initialized(&flag)
        return flag != 0
    }

    /// Whether ``finalize()`` was called.
    public static var isFinalized: Bool {
        var flag: Int32 = 0
        MPI_Finalized(&flag)
        return flag != 0
    }

    /// Whether MPI can be called now: initialized and not finalized.
    public static var isActive: Bool { isInitialized && !isFinalized }

    /// The thread level that the library provides.
    public static var threadLevel: ThreadLevel {
        var provided: Int32 = 0
        MPI_Query_thread(&provided)
        return ThreadLevel(mpiLevel: provided)
    }

    /// The name of the host that this rank runs on.
    public static var processorName: String {
        textFromLibrary(capacity: Int(MPI_MAX_PROCESSOR_NAME)) { MPI_Get_processor_name($0, $1) } ?? "unknown host"
    }

    /// The MPI library and its version in its own words. Can be read before MPI is initialized.
    public static var libraryVersion: String {
        textFromLibrary(capacity: Int(MPI_MAX_LIBRARY_VERSION_STRING)) { MPI_Get_library_version($0, $1) }
            ?? "unknown MPI library"
    }

    /// The version of the MPI standard that the library follows.
    public static var standardVersion: (major: Int, minor: Int) {
        var major: Int32 = 0
        var minor: Int32 = 0
        MPI_Get_version(&major, &minor)
        return (Int(major), Int(minor))
    }

    /// Seconds since some time in the past, from the clock of this process.
    public static var wallTime: Double { MPI_Wtime() }

    /// The resolution of ``wallTime`` in seconds.
    public static var wallTimeResolution: Double { MPI_Wtick() }

    /// Ends all ranks of the world with `exitCode`, now, whatever they do.
    ///
    /// Without an active MPI it ends this process alone. Codes outside of 1...255 become 1, since the launcher passes
    /// on eight bits and an aborted program must not look like a finished one.
    public static func abort(exitCode: Int32) -> Never {
        let code = (1...255).contains(exitCode) ? exitCode : 1
        flushStandardStreams()
        if isActive { MPI_Abort(copenmpi_comm_world(), code) }
        endProcess(code)
    }
}
