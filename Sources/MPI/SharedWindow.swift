internal import COpenMPI

/// Memory that the ranks of one host share: every rank owns a segment and reads and writes those of all.
///
///     let node = try world.splitBySharedMemory()
///     let window = try SharedWindow<Float>(count: 1_000, on: node)
///     window.segment(of: node.rank).initialize(repeating: Float(node.rank))
///     try window.synchronizeAll()                         // now everybody's writes are everybody's
///     let next = window.segment(of: (node.rank + 1) % node.size)[0]
///     try window.free()
///
/// **Contract.** Making and freeing it is collective over the communicator, which must lie within one host
/// (``Communicator/splitBySharedMemory(key:)``). Plain loads and stores are used on the segments; between a write of
/// one rank and a read of another stands ``synchronizeAll()``, or ``synchronize()`` on both sides of a message or a
/// barrier that orders them. A passive epoch (`MPI_Win_lock_all`) is open for the life of the window.
///
/// ``free()`` is the only way to give the memory back before the end of the program: freeing waits for all ranks, and a
/// rank that leaves by an error must not wait. A window that is dropped without it keeps its memory until MPI is
/// finalized.
public struct SharedWindow<Element: BitwiseCopyable>: ~Copyable {
    private let window: MPI_Win?
    private let communicator: Communicator
    private let allSegments: [UnsafeMutableBufferPointer<Element>]

    /// Allocates `count` elements for this rank (each rank as many as it likes, also none). Collective.
    ///
    /// Every segment begins at a multiple of 64 bytes, so that no two ranks share a cache line. The elements are not
    /// initialized.
    public init(count: Int, on node: Communicator) throws(MPIError) {
        let window = try Self.allocate(count: count, on: node)
        // Asked for a segment's size, the library answers with that of its pages.
        let counts = try node.allGather(count)
        let segments = try Self.segments(of: window, counts: counts)
        try check(MPI_Win_lock_all(Int32(MPI_MODE_NOCHECK), window), "MPI_Win_lock_all")
        self.window = window
        communicator = node
        allSegments = segments
    }

    private static func allocate(count: Int, on node: Communicator) throws(MPIError) -> MPI_Win? {
        let call: StaticString = "MPI_Win_allocate_shared"
        let (byteCount, isTooLarge) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        guard count >= 0, !isTooLarge, byteCount <= Int.max - alignment else { throw .uncountable(count, call) }
        var info: MPI_Info?
        try check(MPI_Info_create(&info), "MPI_Info_create")
        defer { MPI_Info_free(&info) }
        try check(MPI_Info_set(info, "alloc_shared_noncontig", "true"), "MPI_Info_set")
        var window: MPI_Win?
        var own: UnsafeMutableRawPointer?
        // The library aligns to 16 bytes only, so there is room to move the beginning.
        let paddedByteCount = count == 0 ? 0 : byteCount + alignment
        try check(MPI_Win_allocate_shared(paddedByteCount, 1, info, node.handle, &own, &window), call)
        try check(MPI_Win_set_errhandler(window, copenmpi_errors_return()), "MPI_Win_set_errhandler")
        return window
    }

    private static func segments(
        of window: MPI_Win?, counts: [Int]
    ) throws(MPIError) -> [UnsafeMutableBufferPointer<Element>] {
        var segments: [UnsafeMutableBufferPointer<Element>] = []
        for (rank, count) in counts.enumerated() {
            segments.append(try segment(of: rank, count: count, in: window))
        }
        return segments
    }

    private static func segment(
        of rank: Int, count: Int, in window: MPI_Win?
    ) throws(MPIError) -> UnsafeMutableBufferPointer<Element> {
        var byteCount: MPI_Aint = 0
        var displacementUnit: Int32 = 0
        var base: UnsafeMutableRawPointer?
        try check(
            MPI_Win_shared_query(window, narrowed(rank), &byteCount, &displacementUnit, &base), "MPI_Win_shared_query")
        guard count > 0, let base else { return .empty }
        // Shared memory is mapped to whole pages: the beginning moves by the same distance in every process.
        let aligned = base.alignedUp(toMultipleOf: alignment)
        return UnsafeMutableBufferPointer(
            start: aligned.bindMemory(to: Element.self, capacity: count), count: count)
    }

    /// A cache line, in bytes; also the size of the widest vector registers.
    private static var alignment: Int { 64 }

    /// The elements of a rank of the communicator. The pointer is good until the window is freed.
    ///
    /// - Precondition: `rank` is one of the communicator's.
    public func segment(of rank: Int) -> UnsafeMutableBufferPointer<Element> { allSegments[rank] }

    /// The number of ranks that share the window.
    public var rankCount: Int { allSegments.count }

    /// Makes this rank's writes visible, and those that others synchronized before (`MPI_Win_sync`). A memory barrier:
    /// it does not wait for anyone.
    public func synchronize() throws(MPIError) {
        try check(MPI_Win_sync(window), "MPI_Win_sync")
    }

    /// Waits for all ranks; then the writes that each made before are visible to all. Collective.
    public func synchronizeAll() throws(MPIError) {
        try synchronize()
        try communicator.barrier()
        try synchronize()
    }

    /// Gives the memory back. Collective; the pointers into the window are bad from here on.
    public consuming func free() throws(MPIError) {
        try check(MPI_Win_unlock_all(window), "MPI_Win_unlock_all")
        var freed = window
        try check(MPI_Win_free(&freed), "MPI_Win_free")
    }
}
