/// A column of a table: numbers in the order of the rows, in an array or in a mapped file.
///
/// Reading does not tell the two apart. What lies in a file is copied into an array before it is changed.
public struct Column<Element: BitwiseCopyable & Sendable & Equatable>: @unchecked Sendable, RandomAccessCollection {
    /// The elements, where they are in no file.
    @usableFromInline var own: [Element]
    /// The elements in the file, of which nothing changes while it is mapped.
    @usableFromInline var mapped: UnsafeBufferPointer<Element>?
    @usableFromInline var file: MappedFile?

    /// A column in memory.
    public init(_ elements: [Element] = []) { own = elements }

    /// - Parameter range: bytes within the file, at an offset that suits the elements.
    init(_ file: MappedFile, _ range: Range<Int>) {
        own = []
        mapped = UnsafeRawBufferPointer(rebasing: file.bytes[range]).bindMemory(to: Element.self)
        self.file = file
    }

    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { mapped?.count ?? own.count }

    public subscript(index: Int) -> Element {
        @inlinable @inline(__always)
        get {
            guard let mapped else { return own[index] }
            precondition(index >= 0 && index < mapped.count, "no such row")
            return withExtendedLifetime(file) { mapped[index] }
        }
    }

    @inline(__always)
    mutating func append(_ element: Element) {
        if mapped != nil { makeOwn() }
        own.append(element)
    }

    mutating func append(contentsOf elements: some Sequence<Element>) {
        if mapped != nil { makeOwn() }
        own.append(contentsOf: elements)
    }

    private mutating func makeOwn() { self = withUnsafeBufferPointer { Column(Array($0)) } }

    /// Calls `body` with the elements, which lie one after the other.
    @inlinable public func withUnsafeBufferPointer<Result>(
        _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) rethrows -> Result {
        guard let mapped else { return try own.withUnsafeBufferPointer(body) }
        return try withExtendedLifetime(file) { try body(mapped) }
    }

    /// As ``withUnsafeBufferPointer(_:)``, for the algorithms of the standard library; never nil.
    @inlinable public func withContiguousStorageIfAvailable<Result>(
        _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) rethrows -> Result? { try withUnsafeBufferPointer(body) }
}

extension Column: Equatable {
    public static func == (one: Column, other: Column) -> Bool { one.elementsEqual(other) }
    public static func == (one: Column, other: [Element]) -> Bool { one.elementsEqual(other) }
}

extension Column: ExpressibleByArrayLiteral {
    /// A column in memory, of the elements of `[1, 2, 3]`.
    public init(arrayLiteral elements: Element...) { self.init(elements) }
}
