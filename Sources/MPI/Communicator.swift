internal import COpenMPI

/// A group of ranks that talk to each other and to nobody else.
///
/// **Contract.** Every rank of a communicator makes the same collective calls in the same order, with the same root,
/// operation and element type; counts agree as each call says. Buffers that are passed as pointers belong to the
/// caller, must not overlap, and are not kept beyond a blocking call. A communicator is used from one thread unless the
/// library provides ``ThreadLevel/multiple`` (it is deliberately not `Sendable`). All failures are thrown as
/// ``MPIError``; when one rank leaves a collective by an error while others are in it, those wait forever, so an error
/// is either common to all ranks (``collectively(_:)``) or ends the program (``run(threadLevel:exitCode:message:_:)``).
///
/// The last reference to a communicator frees it. MPI calls that collective, so let go of communicators at the same
/// point of the program on all ranks. One that outlives ``MPIEnvironment/finalize()`` is left to the library.
public final class Communicator {
    let handle: MPI_Comm?
    private let isOwned: Bool

    /// The number of this rank, in `0..<size`.
    public let rank: Int
    /// The number of ranks.
    public let size: Int

    /// Takes a handle of the library. An owned one is freed with this object.
    init(handle: MPI_Comm?, isOwned: Bool) throws(MPIError) {
        self.handle = handle
        self.isOwned = isOwned
        var number: Int32 = 0
        try check(MPI_Comm_rank(handle, &number), "MPI_Comm_rank")
        rank = Int(number)
        try check(MPI_Comm_size(handle, &number), "MPI_Comm_size")
        size = Int(number)
        try check(MPI_Comm_set_errhandler(handle, copenmpi_errors_return()), "MPI_Comm_set_errhandler")
    }

    /// A predefined communicator, whose rank and size cannot fail to be known while MPI is active.
    private init(predefined handle: MPI_Comm?) {
        precondition(MPIEnvironment.isActive, "MPI is used before it was initialized or after it was finalized")
        self.handle = handle
        isOwned = false
        var number: Int32 = 0
        MPI_Comm_rank(handle, &number)
        rank = Int(number)
        MPI_Comm_size(handle, &number)
        size = Int(number)
    }

    deinit {
        guard isOwned, MPIEnvironment.isActive else { return }
        var freed = handle
        MPI_Comm_free(&freed)
    }

    /// All ranks of the program.
    ///
    /// - Precondition: MPI is initialized and not finalized.
    public static var world: Communicator { Communicator(predefined: copenmpi_comm_world()) }

    /// This rank alone.
    ///
    /// - Precondition: MPI is initialized and not finalized.
    public static var alone: Communicator { Communicator(predefined: copenmpi_comm_self()) }

    /// A communicator of the same ranks whose messages and collectives never meet those of this one. Collective.
    public func duplicate() throws(MPIError) -> Communicator {
        var copy: MPI_Comm?
        try check(MPI_Comm_dup(handle, &copy), "MPI_Comm_dup")
        return try Communicator(handle: copy, isOwned: true)
    }

    /// One new communicator for each `color`, ranked by `key`, equal keys by rank in this one. Collective.
    ///
    /// - Parameters:
    ///   - color: which communicator this rank joins, at least 0; nil for none.
    ///   - key: where it stands in it; by default as in this communicator.
    /// - Returns: the communicator that this rank joined; nil if `color` is.
    public func split(color: Int?, key: Int? = nil) throws(MPIError) -> Communicator? {
        var part: MPI_Comm?
        let mpiColor = color.map(narrowed) ?? Int32(MPI_UNDEFINED)
        if let color, Int32(exactly: color).map({ $0 < 0 }) ?? true {
            throw .mismatch("MPI_Comm_split", "color \(color) is not in 0...\(Int32.max)")
        }
        try check(MPI_Comm_split(handle, mpiColor, narrowed(key ?? rank), &part), "MPI_Comm_split")
        guard color != nil, part != copenmpi_comm_null() else { return nil }
        return try Communicator(handle: part, isOwned: true)
    }

    /// The ranks of this communicator that share memory with this rank: those of the same host. Collective.
    ///
    /// - Parameter key: where this rank stands among them; by default in the order of this communicator.
    public func splitBySharedMemory(key: Int? = nil) throws(MPIError) -> Communicator {
        var part: MPI_Comm?
        try check(
            MPI_Comm_split_type(
                handle, Int32(MPI_COMM_TYPE_SHARED), narrowed(key ?? rank), copenmpi_info_null(), &part),
            "MPI_Comm_split_type")
        return try Communicator(handle: part, isOwned: true)
    }

    /// Ends all ranks of the program with `exitCode`, now, whatever they do.
    public func abort(exitCode: Int32) -> Never {
        MPIEnvironment.abort(exitCode: exitCode)
    }
}
