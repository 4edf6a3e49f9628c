internal import COpenMPI

/// Where a message came from and how long it is.
public struct Status: Hashable, Sendable {
    /// The rank that sent it.
    public let source: Int
    /// The tag that it was sent with.
    public let tag: Int
    /// Its number of elements, in the element type of the call that returned this.
    public let count: Int

    init<Element: MPIDatatype>(
        _ status: MPI_Status, of element: Element.Type, call: StaticString
    ) throws(MPIError) {
        self.init(status, count: try elementCount(status, of: element, call: call))
    }

    init(_ status: MPI_Status, count: Int) {
        source = Int(status.MPI_SOURCE)
        tag = Int(status.MPI_TAG)
        self.count = count
    }
}

/// The number of whole elements of a message.
func elementCount<Element: MPIDatatype>(
    _ status: MPI_Status, of element: Element.Type, call: StaticString
) throws(MPIError) -> Int {
    var count: Int32 = 0
    try withUnsafePointer(to: status) { (status) throws(MPIError) in
        try check(MPI_Get_count(status, Element.datatype.handle, &count), "MPI_Get_count")
    }
    guard count != MPI_UNDEFINED else {
        throw .mismatch(
            call,
            "the message is not a whole number of \(Element.self) elements\nreceive it as what it was sent as")
    }
    return Int(count)
}

/// The values of a message and where it came from.
public struct Received<Element: MPIDatatype>: Sendable {
    /// The values, as many as were sent.
    public let values: [Element]
    /// Sender, tag and number of values.
    public let status: Status
}
