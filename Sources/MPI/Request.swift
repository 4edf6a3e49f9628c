internal import COpenMPI

/// A non-blocking operation in flight, which holds the memory that it reads and writes.
///
///     let request = try world.startBroadcast(weights, from: 0)    // takes the buffer
///     overlappedWork()
///     weights = try request.wait()                                // gives it back
///
/// **Contract.** A request is consumed, by ``wait()`` or ``abandon()``. One that is dropped while its operation is in
/// flight ends the program on all ranks with a message and exit code 70, since the library may still write into the
/// memory that would be given back. Non-blocking collectives are started in the same order on all ranks; they may
/// complete in any order. The forms that take pointers allocate nothing and leave it to the caller to keep the memory
/// until the request is complete, and not to touch it.
public struct Request<Payload: ~Copyable>: ~Copyable {
    var operation: PendingOperation
    var payload: Payload
    var partitions: ExchangePartitions?

    init(_ operation: consuming PendingOperation, holding payload: consuming Payload) {
        self.operation = operation
        self.payload = payload
        partitions = nil
    }

    init(
        _ operation: consuming PendingOperation, holding payload: consuming Payload,
        _ partitions: consuming ExchangePartitions
    ) {
        self.operation = operation
        self.payload = payload
        self.partitions = consume partitions
    }

    /// Waits until the operation is complete and gives the memory back.
    @discardableResult
    public consuming func wait() throws(MPIError) -> Payload {
        try operation.wait()
        return payload
    }

    /// Whether the operation is complete, in which case ``wait()`` returns at once. Drives the library forward.
    public mutating func test() throws(MPIError) -> Bool { try operation.test() }

    /// Waits until the operation is complete, at most for `time`. Then ``wait()`` returns at once.
    ///
    /// - Throws: ``MPIError`` with the reason `timeout` if it is not; the request is as good as before and can be
    ///   waited for again.
    public mutating func waitUntilComplete(within time: Duration) throws(MPIError) {
        try operation.waitUntilComplete(within: time)
    }

    /// Gives up the operation and its memory, which stays allocated until the end of the process: the way out after an
    /// error, where nobody can say whether the operation will ever complete.
    public consuming func abandon() {
        operation.abandon()
        keepForever(payload)
        if let partitions { keepForever(partitions) }
    }
}

/// A receive in flight: a ``Request`` that also knows, once it is complete, where the message came from.
public struct ReceiveRequest<Element: MPIDatatype, Payload: ~Copyable>: ~Copyable {
    var operation: PendingOperation
    var payload: Payload

    init(_ operation: consuming PendingOperation, holding payload: consuming Payload) {
        self.operation = operation
        self.payload = payload
    }

    /// Waits until the message has arrived and gives the memory back.
    public consuming func wait() throws(MPIError) -> Arrival<Payload> {
        let status = try Status(try operation.wait(), of: Element.self, call: "MPI_Irecv")
        return Arrival(buffer: payload, status: status)
    }

    /// Whether the message has arrived, in which case ``wait()`` returns at once. Drives the library forward.
    public mutating func test() throws(MPIError) -> Bool { try operation.test() }

    /// Waits until the message has arrived, at most for `time`. Then ``wait()`` returns at once.
    ///
    /// - Throws: ``MPIError`` with the reason `timeout` if it has not; the request is as good as before and can be
    ///   waited for again.
    public mutating func waitUntilComplete(within time: Duration) throws(MPIError) {
        try operation.waitUntilComplete(within: time)
    }

    /// Gives up the receive and its memory, which stays allocated until the end of the process.
    public consuming func abandon() {
        operation.abandon()
        keepForever(payload)
    }
}

/// A message that a ``ReceiveRequest`` received.
@frozen
public struct Arrival<Payload: ~Copyable>: ~Copyable {
    /// The buffer that was given to the request; the message is in its first `status.count` elements.
    public var buffer: Payload
    /// Sender, tag and number of elements.
    public let status: Status
}

/// The buffers of an exchange or a reduction in flight.
@frozen
public struct BufferPair<Element: MPIDatatype>: ~Copyable {
    /// What this rank sent.
    public var outgoing: Buffer<Element>
    /// What it received.
    public var incoming: Buffer<Element>
}

/// The partitions of an exchange in flight.
struct ExchangePartitions: ~Copyable {
    let outgoing: ContiguousPartition
    let incoming: ContiguousPartition
}

private func keepForever<Value: ~Copyable>(_ value: consuming Value) {
    UnsafeMutablePointer<Value>.allocate(capacity: 1).initialize(to: value)
}
