internal import COpenMPI

/// Gathering at one rank. Where every rank has the same number of elements, the incoming buffer holds
/// `size * outgoing.count`, rank 0 first; otherwise a ``Partition`` says where each rank's elements go.
extension Communicator {
    /// Gathers the same number of elements of every rank at `root`.
    ///
    /// - Parameter incoming: `size * outgoing.count` elements at `root`; ignored elsewhere.
    public func gather<Element: MPIDatatype>(
        _ outgoing: UnsafeBufferPointer<Element>, into incoming: UnsafeMutableBufferPointer<Element>, at root: Int
    ) throws(MPIError) {
        let count = try checkedCount(outgoing.count, "MPI_Gather")
        if rank == root { try requireBlocks(incoming.count, of: outgoing.count, "MPI_Gather") }
        let datatype = Element.datatype.handle
        try check(
            MPI_Gather(
                outgoing.baseAddress, count, datatype, incoming.baseAddress, count, datatype, narrowed(root), handle),
            "MPI_Gather")
    }

    /// Gathers any number of elements of each rank at `root` (`MPI_Gatherv`).
    ///
    /// - Parameters:
    ///   - incoming: ignored elsewhere than at `root`.
    ///   - partition: where the elements of each rank go; needed at `root`, ignored elsewhere.
    public func gather<Element: MPIDatatype>(
        _ outgoing: UnsafeBufferPointer<Element>, into incoming: UnsafeMutableBufferPointer<Element>,
        _ partition: Partition?, at root: Int
    ) throws(MPIError) {
        let call: StaticString = "MPI_Gatherv"
        if rank == root { try requirePartition(partition, count: incoming.count, call) }
        let datatype = Element.datatype.handle
        try check(
            MPI_Gatherv(
                outgoing.baseAddress, try checkedCount(outgoing.count, call), datatype, incoming.baseAddress,
                partition?.counts.baseAddress, partition?.displacements.baseAddress, datatype, narrowed(root), handle),
            call)
    }

    /// One value of every rank, at `root`; nil elsewhere.
    public func gather<Element: MPIDatatype>(_ value: Element, at root: Int) throws(MPIError) -> [Element]? {
        try [value].withElements { (outgoing) throws(MPIError) -> [Element]? in
            guard rank == root else {
                try gather(outgoing, into: .empty, at: root)
                return nil
            }
            return try Array(count: size) { (incoming) throws(MPIError) in
                try gather(outgoing, into: incoming, at: root)
            }
        }
    }

    /// The values of all ranks, any number of each, at `root`; nil elsewhere.
    public func gather<Element: MPIDatatype>(
        _ values: [Element], at root: Int
    ) throws(MPIError) -> ValuesByRank<Element>? {
        let counts = try gather(values.count, at: root)
        return try values.withElements { (outgoing) throws(MPIError) -> ValuesByRank<Element>? in
            guard let counts else {
                try gather(outgoing, into: .empty, nil, at: root)
                return nil
            }
            let parts = try ContiguousPartition(counts: counts, "MPI_Gatherv")
            let joined = try [Element](count: parts.total) { (incoming) throws(MPIError) in
                try gather(outgoing, into: incoming, parts.partition, at: root)
            }
            return ValuesByRank(joined: joined, counts: counts)
        }
    }

    /// A text of every rank, at `root`; nil elsewhere.
    public func gather(_ text: String, at root: Int) throws(MPIError) -> [String]? {
        try gather(Array(text.utf8), at: root)?.map { String(decoding: $0, as: UTF8.self) }
    }
}

extension UnsafeMutableBufferPointer {
    /// A buffer for ranks that receive nothing.
    static var empty: Self { Self(start: nil, count: 0) }
}

extension UnsafeBufferPointer {
    /// A buffer for ranks that send nothing.
    static var empty: Self { Self(start: nil, count: 0) }
}
