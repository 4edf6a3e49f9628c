/// A touched row of a table and where its gradient lies.
public struct RowEntry: BitwiseCopyable {
    /// The number of the row.
    public let row: Int32
    /// Where its gradient lies, counted in rows: 0 for the row that was touched first.
    public let slot: Int32

    /// An entry for the gradient of `row` in `slot`.
    public init(row: Int32, slot: Int32) {
        self.row = row
        self.slot = slot
    }
}

/// The rows of a table that a mini-batch has touched, with their gradients.
public struct TouchedRows: BitwiseCopyable {
    /// By rising row number.
    public let entries: UnsafePointer<RowEntry>
    /// Number of entries.
    public let count: Int
    /// The row of slot s starts at `values + s * columns`.
    public let values: UnsafePointer<Float>

    /// - Parameters:
    ///   - entries: `[count]`, by rising row number; values: the rows of all slots.
    public init(entries: UnsafePointer<RowEntry>, count: Int, values: UnsafePointer<Float>) {
        self.entries = entries
        self.count = count
        self.values = values
    }
}
