internal import COpenMPI

extension Communicator {
    /// Returns when every rank of the communicator has called it.
    public func barrier() throws(MPIError) {
        try check(MPI_Barrier(handle), "MPI_Barrier")
    }

    /// Copies the elements of `buffer` at `root` into that of every rank. The count is the same on all ranks.
    public func broadcast<Element: MPIDatatype>(
        _ buffer: UnsafeMutableBufferPointer<Element>, from root: Int
    ) throws(MPIError) {
        try check(
            MPI_Bcast(
                buffer.baseAddress, try checkedCount(buffer.count, "MPI_Bcast"), Element.datatype.handle,
                narrowed(root), handle),
            "MPI_Bcast")
    }

    /// The value that `root` passed, on every rank.
    public func broadcast<Element: MPIDatatype>(_ value: Element, from root: Int) throws(MPIError) -> Element {
        var values = [value]
        try values.withMutableElements { (values) throws(MPIError) in try broadcast(values, from: root) }
        return values[0]
    }

    /// The values that `root` passed, on every rank. What the others pass is ignored and may have any length.
    public func broadcast<Element: MPIDatatype>(_ values: [Element], from root: Int) throws(MPIError) -> [Element] {
        let count = try broadcast(values.count, from: root)
        if rank == root {
            var values = values
            try values.withMutableElements { (values) throws(MPIError) in try broadcast(values, from: root) }
            return values
        }
        return try Array(count: count) { (buffer) throws(MPIError) in try broadcast(buffer, from: root) }
    }

    /// The text that `root` passed, on every rank.
    public func broadcast(_ text: String, from root: Int) throws(MPIError) -> String {
        String(decoding: try broadcast(Array(text.utf8), from: root), as: UTF8.self)
    }
}
