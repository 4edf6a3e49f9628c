internal import COpenMPI

/// Reductions: element `i` of the result combines element `i` of every rank. See ``Reduction`` about floating point.
extension Communicator {
    /// Combines the elements of all ranks at `root`.
    ///
    /// - Parameter incoming: as many elements as `outgoing` at `root`; ignored elsewhere.
    public func reduce<Element: MPIDatatype>(
        _ outgoing: UnsafeBufferPointer<Element>, into incoming: UnsafeMutableBufferPointer<Element>,
        _ operation: Reduction<Element>, at root: Int
    ) throws(MPIError) {
        let count = try checkedCount(outgoing.count, "MPI_Reduce")
        if rank == root { try requireEqualCounts(outgoing.count, incoming.count, "MPI_Reduce") }
        try check(
            MPI_Reduce(
                outgoing.baseAddress, incoming.baseAddress, count, Element.datatype.handle, operation.handle,
                narrowed(root), handle),
            "MPI_Reduce")
    }

    /// The combined values of all ranks at `root`; nil elsewhere.
    public func reduce<Element: MPIDatatype>(
        _ values: [Element], _ operation: Reduction<Element>, at root: Int
    ) throws(MPIError) -> [Element]? {
        try values.withElements { (outgoing) throws(MPIError) -> [Element]? in
            guard rank == root else {
                try reduce(outgoing, into: .empty, operation, at: root)
                return nil
            }
            return try Array(count: outgoing.count) { (incoming) throws(MPIError) in
                try reduce(outgoing, into: incoming, operation, at: root)
            }
        }
    }

    /// The combined value of all ranks at `root`; nil elsewhere.
    public func reduce<Element: MPIDatatype>(
        _ value: Element, _ operation: Reduction<Element>, at root: Int
    ) throws(MPIError) -> Element? {
        try reduce([value], operation, at: root)?[0]
    }

    /// Combines the elements of all ranks at every rank.
    ///
    /// - Parameter incoming: as many elements as `outgoing`.
    public func allReduce<Element: MPIDatatype>(
        _ outgoing: UnsafeBufferPointer<Element>, into incoming: UnsafeMutableBufferPointer<Element>,
        _ operation: Reduction<Element>
    ) throws(MPIError) {
        let count = try checkedCount(outgoing.count, "MPI_Allreduce")
        try requireEqualCounts(outgoing.count, incoming.count, "MPI_Allreduce")
        try check(
            MPI_Allreduce(
                outgoing.baseAddress, incoming.baseAddress, count, Element.datatype.handle, operation.handle, handle),
            "MPI_Allreduce")
    }

    /// Replaces the elements of `buffer` by the combined ones of all ranks, at every rank.
    public func allReduce<Element: MPIDatatype>(
        inPlace buffer: UnsafeMutableBufferPointer<Element>, _ operation: Reduction<Element>
    ) throws(MPIError) {
        let count = try checkedCount(buffer.count, "MPI_Allreduce")
        try check(
            MPI_Allreduce(
                copenmpi_in_place(), buffer.baseAddress, count, Element.datatype.handle, operation.handle, handle),
            "MPI_Allreduce")
    }

    /// The combined values of all ranks.
    public func allReduce<Element: MPIDatatype>(
        _ values: [Element], _ operation: Reduction<Element>
    ) throws(MPIError) -> [Element] {
        try values.withElements { (outgoing) throws(MPIError) in
            try Array(count: outgoing.count) { (incoming) throws(MPIError) in
                try allReduce(outgoing, into: incoming, operation)
            }
        }
    }

    /// The combined value of all ranks.
    public func allReduce<Element: MPIDatatype>(
        _ value: Element, _ operation: Reduction<Element>
    ) throws(MPIError) -> Element {
        try allReduce([value], operation)[0]
    }

    /// Combines the elements of all ranks and leaves block `r` of the result at rank `r` (`MPI_Reduce_scatter`).
    ///
    /// - Parameters:
    ///   - outgoing: the elements for all ranks, those for rank 0 first.
    ///   - counts: the length of the block of every rank, the same on all ranks.
    ///   - incoming: `counts[rank]` elements.
    public func reduceScatter<Element: MPIDatatype>(
        _ outgoing: UnsafeBufferPointer<Element>, counts: UnsafeBufferPointer<Int32>,
        into incoming: UnsafeMutableBufferPointer<Element>, _ operation: Reduction<Element>
    ) throws(MPIError) {
        let call: StaticString = "MPI_Reduce_scatter"
        guard counts.count == size else {
            throw .mismatch(call, "\(counts.count) counts for \(size) ranks\npass one for every rank")
        }
        var total = 0
        for count in counts {
            guard count >= 0 else { throw .mismatch(call, "a count is \(count)\ncounts are at least 0") }
            total += Int(count)
        }
        try requireEqualCounts(outgoing.count, total, call)
        try requireEqualCounts(Int(counts[rank]), incoming.count, call)
        try check(
            MPI_Reduce_scatter(
                outgoing.baseAddress, incoming.baseAddress, counts.baseAddress, Element.datatype.handle,
                operation.handle, handle),
            call)
    }

    /// This rank's block of the combined values of all ranks.
    ///
    /// - Parameter counts: the length of the block of every rank, the same on all ranks; together `values.count`.
    public func reduceScatter<Element: MPIDatatype>(
        _ values: [Element], counts: [Int], _ operation: Reduction<Element>
    ) throws(MPIError) -> [Element] {
        let call: StaticString = "MPI_Reduce_scatter"
        guard counts.count == size else {
            throw .mismatch(call, "\(counts.count) counts for \(size) ranks\npass one for every rank")
        }
        let parts = try ContiguousPartition(counts: counts, call)
        return try values.withElements { (outgoing) throws(MPIError) in
            try Array(count: counts[rank]) { (incoming) throws(MPIError) in
                try reduceScatter(outgoing, counts: parts.partition.counts, into: incoming, operation)
            }
        }
    }

    /// Combines over the ranks before this one and this one (`MPI_Scan`): running totals.
    public func scan<Element: MPIDatatype>(
        _ value: Element, _ operation: Reduction<Element>
    ) throws(MPIError) -> Element {
        try [value].withElements { (outgoing) throws(MPIError) in
            try [Element](count: 1) { (incoming) throws(MPIError) in
                try check(
                    MPI_Scan(
                        outgoing.baseAddress, incoming.baseAddress, 1, Element.datatype.handle, operation.handle,
                        handle),
                    "MPI_Scan")
            }
        }[0]
    }

    func requireEqualCounts(_ outgoing: Int, _ incoming: Int, _ call: StaticString) throws(MPIError) {
        guard outgoing == incoming else {
            throw .mismatch(
                call, "one buffer has \(outgoing) elements, the other takes \(incoming)\npass buffers that agree")
        }
    }
}
