/// A row-major matrix of floats in memory that somebody else owns.
public struct Matrix: BitwiseCopyable {
    public let data: UnsafeMutablePointer<Float>
    public let rows: Int
    public let columns: Int

    public init(_ data: UnsafeMutablePointer<Float>, rows: Int, columns: Int) {
        self.data = data
        self.rows = rows
        self.columns = columns
    }

    public var count: Int { rows * columns }

    /// The first element of row `index`.
    public func row(_ index: Int) -> UnsafeMutablePointer<Float> { data + index * columns }

    public subscript(row: Int, column: Int) -> Float {
        get { data[row * columns + column] }
        nonmutating set { data[row * columns + column] = newValue }
    }
}

/// Boundaries of packed sequences: segment `i` covers the rows `offsets[i]..<offsets[i + 1]`.
///
/// `offsets` has `count + 1` entries, starts with 0 and never falls.
public struct Segments: BitwiseCopyable {
    public let offsets: UnsafePointer<Int32>
    public let count: Int

    public init(offsets: UnsafePointer<Int32>, count: Int) {
        self.offsets = offsets
        self.count = count
    }

    /// Number of rows over all segments.
    public var total: Int { Int(offsets[count]) }

    public func start(_ segment: Int) -> Int { Int(offsets[segment]) }
    public func length(_ segment: Int) -> Int { Int(offsets[segment + 1] - offsets[segment]) }
}
