/// A matrix of floats in memory that belongs to somebody else: row by row, without gaps.
public struct MatrixView: BitwiseCopyable {
    /// The first element; row i begins at `start + i * columns`.
    public let start: UnsafePointer<Float>
    /// Number of rows.
    public let rows: Int
    /// Number of elements of a row.
    public let columns: Int

    /// - Parameter start: `[rows, columns]`, valid as long as the view is used.
    @inlinable
    public init(_ start: UnsafePointer<Float>, rows: Int, columns: Int) {
        self.start = start
        self.rows = rows
        self.columns = columns
    }

    /// Number of elements.
    @inlinable
    public var count: Int { rows * columns }

    /// The first element of a row.
    @inlinable
    public func row(_ index: Int) -> UnsafePointer<Float> { start + index * columns }

    /// Some of the rows.
    @inlinable
    public subscript(rows: Range<Int>) -> MatrixView {
        MatrixView(start + rows.lowerBound * columns, rows: rows.count, columns: columns)
    }
}
