internal import COpenMPI

/// Non-blocking operations on memory of the caller, for hot paths: nothing is allocated. The caller keeps the memory,
/// counts and displacements included, and does not touch it until the request is complete.
extension Communicator {
    /// Starts a send of all elements of `values`.
    public func startSend<Element: MPIDatatype>(
        _ values: UnsafeBufferPointer<Element>, to destination: Int, tag: Int = 0
    ) throws(MPIError) -> Request<UnsafeBufferPointer<Element>> {
        Request(try sending(values, to: destination, tag: tag), holding: values)
    }

    /// Starts to receive a message of at most `buffer.count` elements; nil takes any source, any tag.
    public func startReceive<Element: MPIDatatype>(
        into buffer: UnsafeMutableBufferPointer<Element>, from source: Int? = nil, tag: Int? = nil
    ) throws(MPIError) -> ReceiveRequest<Element, UnsafeMutableBufferPointer<Element>> {
        ReceiveRequest(try receiving(into: buffer, from: source, tag: tag), holding: buffer)
    }

    /// Starts to copy the elements of `root` into the buffers of all ranks.
    public func startBroadcast<Element: MPIDatatype>(
        _ buffer: UnsafeMutableBufferPointer<Element>, from root: Int
    ) throws(MPIError) -> Request<UnsafeMutableBufferPointer<Element>> {
        Request(try broadcasting(buffer, from: root), holding: buffer)
    }

    /// Starts to replace the elements of `buffer` by the combined ones of all ranks.
    public func startAllReduce<Element: MPIDatatype>(
        inPlace buffer: UnsafeMutableBufferPointer<Element>, _ operation: Reduction<Element>
    ) throws(MPIError) -> Request<UnsafeMutableBufferPointer<Element>> {
        Request(try allReducing(nil, into: buffer, operation), holding: buffer)
    }

    /// Starts to combine the elements of all ranks at every rank. The request gives back `incoming`.
    public func startAllReduce<Element: MPIDatatype>(
        _ outgoing: UnsafeBufferPointer<Element>, into incoming: UnsafeMutableBufferPointer<Element>,
        _ operation: Reduction<Element>
    ) throws(MPIError) -> Request<UnsafeMutableBufferPointer<Element>> {
        Request(try allReducing(outgoing, into: incoming, operation), holding: incoming)
    }

    /// Starts an exchange of blocks of any length (`MPI_Ialltoallv`). The request gives back `incoming`.
    ///
    /// - Parameters:
    ///   - outgoingPartition: the blocks of `outgoing`.
    ///   - incomingPartition: the blocks of `incoming`; the count for rank `r` is the one that `r` has for this rank.
    public func startAllToAll<Element: MPIDatatype>(
        _ outgoing: UnsafeBufferPointer<Element>, _ outgoingPartition: Partition,
        into incoming: UnsafeMutableBufferPointer<Element>, _ incomingPartition: Partition
    ) throws(MPIError) -> Request<UnsafeMutableBufferPointer<Element>> {
        Request(try exchanging(outgoing, outgoingPartition, into: incoming, incomingPartition), holding: incoming)
    }
}

extension Communicator {
    func sending<Element: MPIDatatype>(
        _ values: UnsafeBufferPointer<Element>, to destination: Int, tag: Int
    ) throws(MPIError) -> PendingOperation {
        let count = try checkedCount(values.count, "MPI_Isend")
        return try PendingOperation("MPI_Isend") {
            MPI_Isend(
                values.baseAddress, count, Element.datatype.handle, narrowed(destination), narrowed(tag), handle, $0)
        }
    }

    func receiving<Element: MPIDatatype>(
        into buffer: UnsafeMutableBufferPointer<Element>, from source: Int?, tag: Int?
    ) throws(MPIError) -> PendingOperation {
        let count = try checkedCount(buffer.count, "MPI_Irecv")
        return try PendingOperation("MPI_Irecv") {
            MPI_Irecv(
                buffer.baseAddress, count, Element.datatype.handle, sourceNumber(source), tagNumber(tag), handle, $0)
        }
    }

    func broadcasting<Element: MPIDatatype>(
        _ buffer: UnsafeMutableBufferPointer<Element>, from root: Int
    ) throws(MPIError) -> PendingOperation {
        let count = try checkedCount(buffer.count, "MPI_Ibcast")
        return try PendingOperation("MPI_Ibcast") {
            MPI_Ibcast(buffer.baseAddress, count, Element.datatype.handle, narrowed(root), handle, $0)
        }
    }

    /// - Parameter outgoing: nil to combine in place.
    func allReducing<Element: MPIDatatype>(
        _ outgoing: UnsafeBufferPointer<Element>?, into incoming: UnsafeMutableBufferPointer<Element>,
        _ operation: Reduction<Element>
    ) throws(MPIError) -> PendingOperation {
        let call: StaticString = "MPI_Iallreduce"
        let count = try checkedCount(incoming.count, call)
        if let outgoing { try requireEqualCounts(outgoing.count, incoming.count, call) }
        let source = outgoing.map { UnsafeRawPointer($0.baseAddress) } ?? UnsafeRawPointer(copenmpi_in_place())
        return try PendingOperation(call) {
            MPI_Iallreduce(
                source, incoming.baseAddress, count, Element.datatype.handle, operation.handle, handle, $0)
        }
    }

    func exchanging<Element: MPIDatatype>(
        _ outgoing: UnsafeBufferPointer<Element>, _ outgoingPartition: Partition,
        into incoming: UnsafeMutableBufferPointer<Element>, _ incomingPartition: Partition
    ) throws(MPIError) -> PendingOperation {
        let call: StaticString = "MPI_Ialltoallv"
        try outgoingPartition.check(ranks: size, count: outgoing.count, call)
        try incomingPartition.check(ranks: size, count: incoming.count, call)
        let datatype = Element.datatype.handle
        return try PendingOperation(call) {
            MPI_Ialltoallv(
                outgoing.baseAddress, outgoingPartition.counts.baseAddress, outgoingPartition.displacements.baseAddress,
                datatype,
                incoming.baseAddress, incomingPartition.counts.baseAddress, incomingPartition.displacements.baseAddress,
                datatype, handle, $0)
        }
    }
}
