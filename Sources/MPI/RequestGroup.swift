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
    private var handles: UnsafeMutableBufferPointer<MPI_Request?>
    private var statuses: UnsafeMutableBufferPointer<MPI_Status>

    /// The number of operations that were started since the group was last empty.
    public private(set) var count = 0
    /// The number of those that were not yet reported complete.
    public private(set) var pendingCount = 0

    /// An empty group that has room for `capacity` operations and grows when there are more.
    ///
    /// - Precondition: `capacity` is not negative.
    public init(capacity: Int) {
        handles = .allocate(capacity: Swift.max(capacity, 1))
        handles.initialize(repeating: nil)
        statuses = .allocate(capacity: Swift.max(capacity, 1))
    }

    deinit {
        if pendingCount > 0 { reportDroppedRequests("\(pendingCount) of a RequestGroup") }
        handles.deallocate()
        statuses.deallocate()
    }

    mutating func add(_ operation: consuming PendingOperation) {
        if count == handles.count { grow() }
        handles[count] = operation.release()
        count += 1
        pendingCount += 1
    }

    private mutating func grow() {
        let wider = UnsafeMutableBufferPointer<MPI_Request?>.allocate(capacity: 2 * handles.count)
        wider.initialize(repeating: nil)
        for (index, handle) in handles.enumerated() { wider[index] = handle }
        handles.deallocate()
        handles = wider
        statuses.deallocate()
        statuses = .allocate(capacity: wider.count)
    }

    /// Waits until all operations are complete; then the group is empty.
    public mutating func waitForAll() throws(MPIError) {
        guard pendingCount > 0 else { return clear() }
        let code = MPI_Waitall(Int32(count), handles.baseAddress, statuses.baseAddress)
        try finish(code, "MPI_Waitall")
    }

    /// Waits until all operations are complete, at most for `time`; then the group is empty.
    ///
    /// - Throws: ``MPIError`` with the reason `timeout` if some are not; the group is as good as before and can be waited
    ///   for again.
    public mutating func waitForAll(within time: Duration) throws(MPIError) {
        let deadline = ContinuousClock.now + time
        while try !testAll() {
            guard ContinuousClock.now < deadline else { throw .timedOut(after: time, "MPI_Testall") }
        }
    }

    /// Whether all operations are complete; then the group is empty. Drives the library forward.
    public mutating func testAll() throws(MPIError) -> Bool {
        guard pendingCount > 0 else {
            clear()
            return true
        }
        var flag: Int32 = 0
        let code = MPI_Testall(Int32(count), handles.baseAddress, &flag, statuses.baseAddress)
        if code == MPI_SUCCESS && flag == 0 { return false }
        try finish(code, "MPI_Testall")
        return true
    }

    /// Waits until any operation is complete that was not reported before, and reports it.
    ///
    /// - Returns: its number in the order of starting, from 0; nil when all were reported, whereupon the group is empty.
    public mutating func waitForAny() throws(MPIError) -> Int? {
        guard pendingCount > 0 else {
            clear()
            return nil
        }
        var index: Int32 = 0
        var status = MPI_Status()
        let code = MPI_Waitany(Int32(count), handles.baseAddress, &index, &status)
        pendingCount -= 1
        try check(code, "MPI_Waitany")
        return Int(index)
    }

    /// Gives up all operations; their memory must stay allocated until the end of the process. The way out after an
    /// error.
    public mutating func abandonAll() { clear() }

    private mutating func clear() {
        count = 0
        pendingCount = 0
    }

    /// Empties the group and throws the error of the first operation that failed.
    private mutating func finish(_ code: Int32, _ call: StaticString) throws(MPIError) {
        let started = count
        clear()
        guard code != MPI_SUCCESS else { return }
        guard code == MPI_ERR_IN_STATUS else { throw MPIError(code: code, call: call) }
        for status in statuses[..<started] where status.MPI_ERROR != MPI_SUCCESS && status.MPI_ERROR != MPI_ERR_PENDING
        {
            throw MPIError(code: status.MPI_ERROR, call: call)
        }
        throw MPIError(code: code, call: call)
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
