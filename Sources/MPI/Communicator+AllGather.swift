internal import COpenMPI

/// Gathering at every rank.
extension Communicator {
    /// Gathers the same number of elements of every rank at every rank.
    ///
    /// - Parameter incoming: `size * outgoing.count` elements, those of rank 0 first.
    public func allGather<Element: MPIDatatype>(
        _ outgoing: UnsafeBufferPointer<Element>, into incoming: UnsafeMutableBufferPointer<Element>
    ) throws(MPIError) {
        let count = try checkedCount(outgoing.count, "MPI_Allgather")
        try requireBlocks(incoming.count, of: outgoing.count, "MPI_Allgather")
        let datatype = Element.datatype.handle
        try check(
            MPI_Allgather(outgoing.baseAddress, count, datatype, incoming.baseAddress, count, datatype, handle),
            "MPI_Allgather")
    }

    /// Gathers any number of elements of each rank at every rank (`MPI_Allgatherv`).
    ///
    /// - Parameter partition: where the elements of each rank go, the same on all ranks.
    public func allGather<Element: MPIDatatype>(
        _ outgoing: UnsafeBufferPointer<Element>, into incoming: UnsafeMutableBufferPointer<Element>,
        _ partition: Partition
    ) throws(MPIError) {
        let call: StaticString = "MPI_Allgatherv"
        try partition.check(ranks: size, count: incoming.count, call)
        let datatype = Element.datatype.handle
        try check(
            MPI_Allgatherv(
                outgoing.baseAddress, try checkedCount(outgoing.count, call), datatype, incoming.baseAddress,
                partition.counts.baseAddress, partition.displacements.baseAddress, datatype, handle),
            call)
    }

    /// Completes `buffer`, of which every rank has written its own block of `partition`, on all ranks
    /// (`MPI_Allgatherv` in place).
    public func allGather<Element: MPIDatatype>(
        inPlace buffer: UnsafeMutableBufferPointer<Element>, _ partition: Partition
    ) throws(MPIError) {
        let call: StaticString = "MPI_Allgatherv"
        try partition.check(ranks: size, count: buffer.count, call)
        let datatype = Element.datatype.handle
        try check(
            MPI_Allgatherv(
                copenmpi_in_place(), 0, datatype, buffer.baseAddress, partition.counts.baseAddress,
                partition.displacements.baseAddress, datatype, handle),
            call)
    }

    /// One value of every rank, in the order of the ranks.
    public func allGather<Element: MPIDatatype>(_ value: Element) throws(MPIError) -> [Element] {
        try [value].withElements { (outgoing) throws(MPIError) in
            try Array(count: size) { (incoming) throws(MPIError) in try allGather(outgoing, into: incoming) }
        }
    }

    /// The values of all ranks, any number of each.
    public func allGather<Element: MPIDatatype>(_ values: [Element]) throws(MPIError) -> ValuesByRank<Element> {
        let counts = try allGather(values.count)
        let parts = try ContiguousPartition(counts: counts, "MPI_Allgatherv")
        let joined = try values.withElements { (outgoing) throws(MPIError) in
            try [Element](count: parts.total) { (incoming) throws(MPIError) in
                try allGather(outgoing, into: incoming, parts.partition)
            }
        }
        return ValuesByRank(joined: joined, counts: counts)
    }

    /// A text of every rank, in the order of the ranks.
    public func allGather(_ text: String) throws(MPIError) -> [String] {
        try allGather(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }
}

extension Communicator {
    /// Checks that a buffer of `count` elements holds a block of `blockCount` for every rank.
    func requireBlocks(_ count: Int, of blockCount: Int, _ call: StaticString) throws(MPIError) {
        guard count == size * blockCount else {
            throw .mismatch(
                call,
                """
                the buffer of all ranks has \(count) elements, \(size) ranks with \(blockCount) each need \
                \(size * blockCount)
                pass a buffer of that length, or a partition if the ranks have different numbers
                """)
        }
    }

    /// Checks a partition that this rank needs as the root.
    func requirePartition(_ partition: Partition?, count: Int, _ call: StaticString) throws(MPIError) {
        guard let partition else {
            throw .mismatch(call, "the root has no partition\npass counts and displacements at the root")
        }
        try partition.check(ranks: size, count: count, call)
    }
}
