internal import COpenMPI

extension Communicator {
    /// Sends `values` to a rank. Returns when `values` may be reused, which may be before they have arrived.
    public func send<Element: MPIDatatype>(
        _ values: UnsafeBufferPointer<Element>, to destination: Int, tag: Int = 0
    ) throws(MPIError) {
        try check(
            MPI_Send(
                values.baseAddress, try checkedCount(values.count, "MPI_Send"), Element.datatype.handle,
                narrowed(destination), narrowed(tag), handle),
            "MPI_Send")
    }

    /// Sends `values` to a rank.
    public func send<Element: MPIDatatype>(_ values: [Element], to destination: Int, tag: Int = 0) throws(MPIError) {
        try values.withElements { (values) throws(MPIError) in try send(values, to: destination, tag: tag) }
    }

    /// Sends one value to a rank.
    public func send<Element: MPIDatatype>(_ value: Element, to destination: Int, tag: Int = 0) throws(MPIError) {
        try send([value], to: destination, tag: tag)
    }

    /// Receives a message of at most `buffer.count` elements into the front of `buffer`.
    ///
    /// - Parameters:
    ///   - source: the sender; nil takes a message of any.
    ///   - tag: the tag; nil takes a message with any.
    /// - Throws: ``MPIError`` of the class `truncated` if the message is longer than the buffer.
    @discardableResult
    public func receive<Element: MPIDatatype>(
        into buffer: UnsafeMutableBufferPointer<Element>, from source: Int? = nil, tag: Int? = nil
    ) throws(MPIError) -> Status {
        var status = MPI_Status()
        try check(
            MPI_Recv(
                buffer.baseAddress, try checkedCount(buffer.count, "MPI_Recv"), Element.datatype.handle,
                sourceNumber(source), tagNumber(tag), handle, &status),
            "MPI_Recv")
        return try Status(status, of: Element.self, call: "MPI_Recv")
    }

    /// Receives a message of any length.
    ///
    /// - Parameters:
    ///   - source: the sender; nil takes a message of any.
    ///   - tag: the tag; nil takes a message with any.
    public func receive<Element: MPIDatatype>(
        _ element: Element.Type = Element.self, from source: Int? = nil, tag: Int? = nil
    ) throws(MPIError) -> Received<Element> {
        // The matched probe takes the message out of the queue, so that no other thread can receive it in between.
        var message: MPI_Message?
        var status = MPI_Status()
        try check(
            MPI_Mprobe(sourceNumber(source), tagNumber(tag), handle, &message, &status), "MPI_Mprobe")
        let count = try elementCount(status, of: element, call: "MPI_Mprobe")
        let values = try [Element](count: count) { (buffer) throws(MPIError) in
            try check(
                MPI_Mrecv(
                    buffer.baseAddress, try checkedCount(count, "MPI_Mrecv"), Element.datatype.handle, &message,
                    &status),
                "MPI_Mrecv")
        }
        return Received(values: values, status: Status(status, count: count))
    }

    /// Sends `values` to one rank and receives a message from another (or the same) into `buffer`, without the deadlock
    /// of two ranks that both send first.
    @discardableResult
    public func sendReceive<Element: MPIDatatype>(
        _ values: UnsafeBufferPointer<Element>, to destination: Int, tag: Int = 0,
        into buffer: UnsafeMutableBufferPointer<Element>, from source: Int? = nil, receiveTag: Int? = nil
    ) throws(MPIError) -> Status {
        var status = MPI_Status()
        let datatype = Element.datatype.handle
        try check(
            MPI_Sendrecv(
                values.baseAddress, try checkedCount(values.count, "MPI_Sendrecv"), datatype,
                narrowed(destination), narrowed(tag),
                buffer.baseAddress, try checkedCount(buffer.count, "MPI_Sendrecv"), datatype,
                sourceNumber(source), tagNumber(receiveTag), handle, &status),
            "MPI_Sendrecv")
        return try Status(status, of: Element.self, call: "MPI_Sendrecv")
    }

    /// Sends `values` to one rank and receives a message of at most `capacity` elements from another (or the same).
    public func sendReceive<Element: MPIDatatype>(
        _ values: [Element], to destination: Int, tag: Int = 0,
        receivingAtMost capacity: Int, from source: Int? = nil, receiveTag: Int? = nil
    ) throws(MPIError) -> Received<Element> {
        let buffer = Buffer<Element>(uninitializedCount: try Int(checkedCount(capacity, "MPI_Sendrecv")))
        let status = try values.withElements { (values) throws(MPIError) in
            try sendReceive(
                values, to: destination, tag: tag, into: buffer.elements, from: source, receiveTag: receiveTag)
        }
        return Received(values: Array(buffer.elements[..<status.count]), status: status)
    }

    /// Waits until a message could be received, and says how long it is in elements of `element`.
    public func probe<Element: MPIDatatype>(
        for element: Element.Type, from source: Int? = nil, tag: Int? = nil
    ) throws(MPIError) -> Status {
        var status = MPI_Status()
        try check(MPI_Probe(sourceNumber(source), tagNumber(tag), handle, &status), "MPI_Probe")
        return try Status(status, of: element, call: "MPI_Probe")
    }

    /// Says at once whether a message could be received; nil if none can.
    public func probeIfAvailable<Element: MPIDatatype>(
        for element: Element.Type, from source: Int? = nil, tag: Int? = nil
    ) throws(MPIError) -> Status? {
        var status = MPI_Status()
        var flag: Int32 = 0
        try check(MPI_Iprobe(sourceNumber(source), tagNumber(tag), handle, &flag, &status), "MPI_Iprobe")
        return flag == 0 ? nil : try Status(status, of: element, call: "MPI_Iprobe")
    }

    func sourceNumber(_ source: Int?) -> Int32 { source.map(receivingNumber) ?? Int32(MPI_ANY_SOURCE) }
    func tagNumber(_ tag: Int?) -> Int32 { tag.map(receivingNumber) ?? Int32(MPI_ANY_TAG) }

    /// A negative number must not come to mean "any": MPI refuses the one that it becomes.
    private func receivingNumber(_ number: Int) -> Int32 { number < 0 ? Int32.min : narrowed(number) }
}
