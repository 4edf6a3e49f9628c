internal import COpenMPI

/// Handing out from one rank.
extension Communicator {
    /// Hands out the elements of `outgoing` at `root` in blocks of `incoming.count`, one to every rank.
    ///
    /// - Parameter outgoing: `size * incoming.count` elements at `root`, those for rank 0 first; ignored elsewhere.
    public func scatter<Element: MPIDatatype>(
        _ outgoing: UnsafeBufferPointer<Element>, into incoming: UnsafeMutableBufferPointer<Element>, from root: Int
    ) throws(MPIError) {
        let count = try checkedCount(incoming.count, "MPI_Scatter")
        if rank == root { try requireBlocks(outgoing.count, of: incoming.count, "MPI_Scatter") }
        let datatype = Element.datatype.handle
        try check(
            MPI_Scatter(
                outgoing.baseAddress, count, datatype, incoming.baseAddress, count, datatype, narrowed(root), handle),
            "MPI_Scatter")
    }

    /// Hands out blocks of any length from `root` (`MPI_Scatterv`).
    ///
    /// - Parameters:
    ///   - partition: the block for each rank; needed at `root`, ignored elsewhere.
    ///   - incoming: as many elements as the root's partition has for this rank.
    public func scatter<Element: MPIDatatype>(
        _ outgoing: UnsafeBufferPointer<Element>, _ partition: Partition?,
        into incoming: UnsafeMutableBufferPointer<Element>, from root: Int
    ) throws(MPIError) {
        let call: StaticString = "MPI_Scatterv"
        if rank == root { try requirePartition(partition, count: outgoing.count, call) }
        let datatype = Element.datatype.handle
        try check(
            MPI_Scatterv(
                outgoing.baseAddress, partition?.counts.baseAddress, partition?.displacements.baseAddress, datatype,
                incoming.baseAddress, try checkedCount(incoming.count, call), datatype, narrowed(root), handle),
            call)
    }

    /// The values that `root` has for this rank.
    ///
    /// - Parameter values: the values for every rank, any number for each, at `root`; nil elsewhere.
    /// - Throws: ``MPIError`` with the reason `mismatchedArguments` on **all** ranks if the root has none, or not as
    ///   many lists as there are ranks.
    public func scatter<Element: MPIDatatype>(
        _ values: ValuesByRank<Element>?, from root: Int
    ) throws(MPIError) -> [Element] {
        let call: StaticString = "MPI_Scatterv"
        let listCount = try broadcast(values?.count ?? 0, from: root)
        guard listCount == size else {
            throw .mismatch(
                call, "the root has lists for \(listCount) of \(size) ranks\npass one list for each at the root")
        }
        guard rank == root, let values else {
            let count = try scatterCounts(nil, from: root)
            return try Array(count: count) { (incoming) throws(MPIError) in
                try scatter(.empty, nil, into: incoming, from: root)
            }
        }
        let counts = values.counts
        let count = try scatterCounts(counts, from: root)
        let parts = try ContiguousPartition(counts: counts, call)
        return try values.joined.withElements { (outgoing) throws(MPIError) in
            try Array(count: count) { (incoming) throws(MPIError) in
                try scatter(outgoing, parts.partition, into: incoming, from: root)
            }
        }
    }

    private func scatterCounts(_ counts: [Int]?, from root: Int) throws(MPIError) -> Int {
        try (counts ?? []).withElements { (counts) throws(MPIError) in
            try [Int](count: 1) { (own) throws(MPIError) in try scatter(counts, into: own, from: root) }
        }[0]
    }
}
