internal import COpenMPI

/// Any number of sends and receives in flight on memory of the caller, waited for together.
///
///     var group = RequestGroup(capacity: 2 * world.size)
///     for peer in 0..<world.size where peer != world.rank {
///         try world.startReceive(into: incoming[peer], from: peer, in: &group)
///         try world.startSend(outgoing[peer], to: peer, in: &group)
///     }
///     try group.waitForAll()                                 // the group is empty again, ready for the next round
///
/// **Contract.** The memory stays the caller's, who keeps it and does not touch it until the operation is complete. A
/// group that is dropped with operations in flight ends the program as a dropped ``Request`` does. A group that is kept
/// from round to round allocates nothing while the operations of a round do not exceed its capacity.
public struct RequestGroup: ~Copyable {
    /// Handles in the order of starting; the null request for those that are complete.
    private var handles: UnsafeMutableBufferPointer<MPI_Request?>

    /// The number of operations that were started since the group was last empty.
    public private(set) var count = 0
    /// The number of those that are not yet known to be complete.
    public private(set) var pendingCount = 0

    /// An empty group that has room for `capacity` operations and grows when there are more.
    ///
    /// - Precondition: `capacity` is not negative.
    public init(capacity: Int) {
        handles = .allocate(capacity: Swift.max(capacity, 1))
        handles.initialize(repeating: copenmpi_request_null())
    }

    deinit {
        if pendingCount > 0 { reportDroppedRequests("\(pendingCount) of a RequestGroup") }
        handles.deallocate()
    }

    mutating func add(_ operation: consuming PendingOperation) {
        if pendingCount == 0 { count = 0 }
        if count == handles.count { grow() }
        handles[count] = operation.release()
        count += 1
        pendingCount += 1
    }

    private mutating func grow() {
        let wider = UnsafeMutableBufferPointer<MPI_Request?>.allocate(capacity: 2 * handles.count)
        wider.initialize(repeating: copenmpi_request_null())
        for (index, handle) in handles.enumerated() { wider[index] = handle }
        handles.deallocate()
        handles = wider
    }

    /// Waits until all operations are complete; then the group is empty.
    ///
    /// - Throws: the first error of an operation, after all are complete.
    public mutating func waitForAll() throws(MPIError) {
        // One by one, since MPI_Waitall of Open MPI 4.1 can wait forever after an operation has failed.
        var failure: MPIError?
        for index in 0..<count where isPending(index) {
            let code = MPI_Wait(&handles[index], copenmpi_status_ignore())
            markComplete(index)
            if code != MPI_SUCCESS && failure == nil { failure = MPIError(code: code, call: "MPI_Wait") }
        }
        clear()
        if let failure { throw failure }
    }

    /// Waits until all operations are complete, at most for `time`; then the group is empty.
    ///
    /// - Throws: ``MPIError`` with the reason `timeout` if some are not; the group is as good as before and can be
    ///   waited for again. The error of an operation, which counts as complete; the others stay in flight.
    public mutating func waitForAll(within time: Duration) throws(MPIError) {
        let deadline = ContinuousClock.now + time
        while try !testAll() {
            guard ContinuousClock.now < deadline else { throw .timedOut(after: time, "MPI_Test") }
        }
    }

    /// Whether all operations are complete; then the group is empty. Drives the library forward.
    ///
    /// - Throws: the error of an operation, which counts as complete; the others stay in flight.
    public mutating func testAll() throws(MPIError) -> Bool {
        for index in 0..<count where isPending(index) { _ = try test(index) }
        guard pendingCount == 0 else { return false }
        clear()
        return true
    }

    /// Waits until any operation is complete that was not known to be, and reports it.
    ///
    /// - Returns: its number in the order of starting, from 0; nil when all were reported, whereupon the group is
    ///   empty.
    /// - Throws: the error of an operation, which counts as complete; the others stay in flight.
    public mutating func waitForAny() throws(MPIError) -> Int? {
        while pendingCount > 0 {
            if let index = try testAny() { return index }
        }
        clear()
        return nil
    }

    /// Reports an operation that is complete and was not known to be. Drives the library forward. Unlike the others it
    /// does not empty the group; the next operation that is started does, when none is pending.
    ///
    /// - Returns: its number in the order of starting, from 0; nil when there is none, or none is pending any more.
    /// - Throws: the error of an operation, which counts as complete; the others stay in flight.
    public mutating func testAny() throws(MPIError) -> Int? {
        for index in 0..<count where isPending(index) {
            if try test(index) { return index }
        }
        return nil
    }

    /// Gives up all operations; their memory must stay allocated until the end of the process. The way out after an
    /// error.
    public mutating func abandonAll() { clear() }

    private func isPending(_ index: Int) -> Bool { handles[index] != copenmpi_request_null() }

    private mutating func test(_ index: Int) throws(MPIError) -> Bool {
        var flag: Int32 = 0
        let code = MPI_Test(&handles[index], &flag, copenmpi_status_ignore())
        if code == MPI_SUCCESS && flag == 0 { return false }
        markComplete(index)
        try check(code, "MPI_Test")
        return true
    }

    private mutating func markComplete(_ index: Int) {
        handles[index] = copenmpi_request_null()
        pendingCount -= 1
    }

    private mutating func clear() {
        count = 0
        pendingCount = 0
    }
}

extension Communicator {
    /// Starts a send of all elements of `values` as an operation of `group`.
    public func startSend<Element: MPIDatatype>(
        _ values: UnsafeBufferPointer<Element>, to destination: Int, tag: Int = 0, in group: inout RequestGroup
    ) throws(MPIError) {
        group.add(try sending(values, to: destination, tag: tag))
    }

    /// Starts to receive a message of at most `buffer.count` elements as an operation of `group`; nil takes any source,
    /// any tag.
    public func startReceive<Element: MPIDatatype>(
        into buffer: UnsafeMutableBufferPointer<Element>, from source: Int? = nil, tag: Int? = nil,
        in group: inout RequestGroup
    ) throws(MPIError) {
        group.add(try receiving(into: buffer, from: source, tag: tag))
    }
}
