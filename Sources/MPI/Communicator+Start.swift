internal import COpenMPI

/// Non-blocking operations on buffers that the request owns while it is in flight. See ``Request`` for the contract.
extension Communicator {
    /// Starts to send all elements of `buffer` to a rank.
    public func startSend<Element: MPIDatatype>(
        _ buffer: consuming Buffer<Element>, to destination: Int, tag: Int = 0
    ) throws(MPIError) -> Request<Buffer<Element>> {
        Request(
            try sending(UnsafeBufferPointer(buffer.elements), to: destination, tag: tag), holding: buffer)
    }

    /// Starts to receive a message of at most `buffer.count` elements.
    ///
    /// - Parameters:
    ///   - source: the sender; nil takes a message of any.
    ///   - tag: the tag; nil takes a message with any.
    public func startReceive<Element: MPIDatatype>(
        into buffer: consuming Buffer<Element>, from source: Int? = nil, tag: Int? = nil
    ) throws(MPIError) -> ReceiveRequest<Element, Buffer<Element>> {
        ReceiveRequest(try receiving(into: buffer.elements, from: source, tag: tag), holding: buffer)
    }

    /// Starts a ``barrier()``: complete when every rank has started it.
    public func startBarrier() throws(MPIError) -> Request<Void> {
        let handle = handle
        return Request(try PendingOperation("MPI_Ibarrier") { MPI_Ibarrier(handle, $0) }, holding: ())
    }

    /// Starts to copy the elements of `root` into the buffers of all ranks.
    public func startBroadcast<Element: MPIDatatype>(
        _ buffer: consuming Buffer<Element>, from root: Int
    ) throws(MPIError) -> Request<Buffer<Element>> {
        Request(try broadcasting(buffer.elements, from: root), holding: buffer)
    }

    /// Starts to replace the elements of `buffer` by the combined ones of all ranks.
    public func startAllReduce<Element: MPIDatatype>(
        inPlace buffer: consuming Buffer<Element>, _ operation: Reduction<Element>
    ) throws(MPIError) -> Request<Buffer<Element>> {
        Request(try allReducing(nil, into: buffer.elements, operation), holding: buffer)
    }

    /// Starts to combine the elements of all ranks at every rank.
    public func startAllReduce<Element: MPIDatatype>(
        _ outgoing: consuming Buffer<Element>, into incoming: consuming Buffer<Element>,
        _ operation: Reduction<Element>
    ) throws(MPIError) -> Request<BufferPair<Element>> {
        let pending = try allReducing(UnsafeBufferPointer(outgoing.elements), into: incoming.elements, operation)
        return Request(pending, holding: BufferPair(outgoing: outgoing, incoming: incoming))
    }

    /// Starts an exchange in which all blocks of all ranks have the same length.
    ///
    /// - Parameter incoming: as many elements as `outgoing`, a multiple of ``size``.
    public func startAllToAll<Element: MPIDatatype>(
        _ outgoing: consuming Buffer<Element>, into incoming: consuming Buffer<Element>
    ) throws(MPIError) -> Request<BufferPair<Element>> {
        let call: StaticString = "MPI_Ialltoallv"
        guard outgoing.count.isMultiple(of: size) else {
            throw .mismatch(
                call, "\(outgoing.count) elements cannot be divided among \(size) ranks\npass a multiple of it")
        }
        let counts = [Int](repeating: outgoing.count / size, count: size)
        return try startAllToAll(outgoing, counts: counts, into: incoming, counts: counts)
    }

    /// Starts an exchange of blocks that lie behind each other, those of rank 0 first.
    ///
    /// - Parameters:
    ///   - outgoingCounts: the length of the block for every rank.
    ///   - incomingCounts: the length of the block from every rank.
    public func startAllToAll<Element: MPIDatatype>(
        _ outgoing: consuming Buffer<Element>, counts outgoingCounts: [Int],
        into incoming: consuming Buffer<Element>, counts incomingCounts: [Int]
    ) throws(MPIError) -> Request<BufferPair<Element>> {
        let call: StaticString = "MPI_Ialltoallv"
        let partitions = ExchangePartitions(
            outgoing: try ContiguousPartition(counts: outgoingCounts, call),
            incoming: try ContiguousPartition(counts: incomingCounts, call))
        let pending = try exchanging(
            UnsafeBufferPointer(outgoing.elements), partitions.outgoing.partition,
            into: incoming.elements, partitions.incoming.partition)
        return Request(pending, holding: BufferPair(outgoing: outgoing, incoming: incoming), partitions)
    }
}
