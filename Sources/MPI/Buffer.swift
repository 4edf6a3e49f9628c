/// Memory for `count` elements with one owner, which requests take over while an operation is in flight.
///
///     var outgoing = Buffer(copying: [1, 2, 3])
///     outgoing[0] = 7
///     let request = try world.startSend(outgoing, to: 1)    // consumes the buffer
///     outgoing = try request.wait()                         // gives it back
public struct Buffer<Element: MPIDatatype>: ~Copyable {
    /// The elements. The pointer is good until the buffer is given away or ends.
    public let elements: UnsafeMutableBufferPointer<Element>

    /// A buffer of `count` elements of unknown value, to be received into.
    init(uninitializedCount count: Int) {
        elements = .allocate(capacity: count)
    }

    /// A buffer of `count` times `value`.
    ///
    /// - Precondition: `count` is not negative.
    public init(repeating value: Element, count: Int) {
        self.init(uninitializedCount: count)
        elements.initialize(repeating: value)
    }

    /// A buffer with a copy of `values`.
    public init(copying values: [Element]) {
        self.init(uninitializedCount: values.count)
        _ = elements.initialize(from: values)
    }

    deinit { elements.deallocate() }

    /// The number of elements.
    public var count: Int { elements.count }

    /// An element.
    ///
    /// - Precondition: `index` is in `0..<count`.
    public subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < elements.count, "index \(index) of \(elements.count) elements")
            return elements[index]
        }
        set {
            precondition(index >= 0 && index < elements.count, "index \(index) of \(elements.count) elements")
            elements[index] = newValue
        }
    }

    /// A copy of the elements.
    public var values: [Element] { Array(elements) }
}
