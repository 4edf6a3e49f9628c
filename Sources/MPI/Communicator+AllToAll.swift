internal import COpenMPI

/// Exchanges of every rank with every rank.
extension Communicator {
    /// Sends block `r` of `outgoing` to rank `r` and puts that of rank `r` into block `r` of `incoming`; all blocks of
    /// all ranks have the same length.
    ///
    /// - Parameter incoming: as many elements as `outgoing`, a multiple of ``size``.
    public func allToAll<Element: MPIDatatype>(
        _ outgoing: UnsafeBufferPointer<Element>, into incoming: UnsafeMutableBufferPointer<Element>
    ) throws(MPIError) {
        let call: StaticString = "MPI_Alltoall"
        let count = try checkedCount(outgoing.count / size, call)
        try requireBlocks(outgoing.count, of: Int(count), call)
        try requireBlocks(incoming.count, of: Int(count), call)
        let datatype = Element.datatype.handle
        try check(
            MPI_Alltoall(outgoing.baseAddress, count, datatype, incoming.baseAddress, count, datatype, handle), call)
    }

    /// Sends block `r` of `outgoing` to rank `r` and puts that of rank `r` into block `r` of `incoming`
    /// (`MPI_Alltoallv`). Allocates nothing.
    ///
    /// - Parameters:
    ///   - outgoingPartition: the blocks of `outgoing`.
    ///   - incomingPartition: the blocks of `incoming`; the count for rank `r` is the one that `r` has for this rank.
    public func allToAll<Element: MPIDatatype>(
        _ outgoing: UnsafeBufferPointer<Element>, _ outgoingPartition: Partition,
        into incoming: UnsafeMutableBufferPointer<Element>, _ incomingPartition: Partition
    ) throws(MPIError) {
        let call: StaticString = "MPI_Alltoallv"
        try outgoingPartition.check(ranks: size, count: outgoing.count, call)
        try incomingPartition.check(ranks: size, count: incoming.count, call)
        let datatype = Element.datatype.handle
        try check(
            MPI_Alltoallv(
                outgoing.baseAddress, outgoingPartition.counts.baseAddress, outgoingPartition.displacements.baseAddress,
                datatype,
                incoming.baseAddress, incomingPartition.counts.baseAddress, incomingPartition.displacements.baseAddress,
                datatype, handle),
            call)
    }

    /// The values that the ranks have for this one, in blocks of equal length; `values` holds such a block for each.
    ///
    /// - Parameter values: a multiple of ``size`` elements, as many on every rank.
    public func allToAll<Element: MPIDatatype>(_ values: [Element]) throws(MPIError) -> [Element] {
        try values.withElements { (outgoing) throws(MPIError) in
            try Array(count: values.count) { (incoming) throws(MPIError) in try allToAll(outgoing, into: incoming) }
        }
    }

    /// The values that the ranks have for this one, any number of each.
    ///
    /// - Parameter values: the values for every rank; as many lists as there are ranks.
    public func allToAll<Element: MPIDatatype>(
        _ values: ValuesByRank<Element>
    ) throws(MPIError) -> ValuesByRank<Element> {
        let call: StaticString = "MPI_Alltoallv"
        guard values.count == size else {
            throw .mismatch(call, "there are lists for \(values.count) of \(size) ranks\npass one list for each rank")
        }
        let outgoingCounts = values.counts
        let incomingCounts = try allToAll(outgoingCounts)
        let outgoingParts = try ContiguousPartition(counts: outgoingCounts, call)
        let incomingParts = try ContiguousPartition(counts: incomingCounts, call)
        let joined = try values.joined.withElements { (outgoing) throws(MPIError) in
            try [Element](count: incomingParts.total) { (incoming) throws(MPIError) in
                try allToAll(outgoing, outgoingParts.partition, into: incoming, incomingParts.partition)
            }
        }
        return ValuesByRank(joined: joined, counts: incomingCounts)
    }
}
