import KernelCore

/// A part of all parameters that one rank adds up and updates: a range of the dense region and rows of each table.
public struct ParameterSlice: Sendable {
    /// Floats of the dense region.
    public let dense: Range<Int>
    /// Rows of each table.
    public let rows: [Range<Int>]

    /// All dense parameters, and of each table the rows that are named.
    public init(_ layout: ParameterLayout, rows: [Range<Int>]) {
        let count = layout.tables.count
        precondition(rows.count == count, "there are \(rows.count) ranges for \(count) tables")
        dense = 0..<layout.denseCount
        self.rows = rows
    }

    /// Everything.
    public init(allOf layout: ParameterLayout) {
        self.init(layout, rows: layout.tables.map { 0..<$0.parameter.rows })
    }

    /// Nothing.
    package static func nothing(_ layout: ParameterLayout) -> ParameterSlice {
        ParameterSlice(dense: 0..<0, rows: layout.tables.map { _ in 0..<0 })
    }

    /// A part of the dense region, and of each table the rows that are named.
    package init(dense: Range<Int>, rows: [Range<Int>]) {
        self.dense = dense
        self.rows = rows
    }

    /// The slice without rows of some tables.
    ///
    /// - Parameter omitted: for each table, whether it is left out; empty: none is.
    package func omitting(_ omitted: [Bool]) -> ParameterSlice {
        guard !omitted.isEmpty else { return self }
        return ParameterSlice(
            dense: dense, rows: zip(rows, omitted).map { $1 ? $0.lowerBound..<$0.lowerBound : $0 })
    }

    /// Of a parameter the values that belong to the slice, counted from its first value.
    public func values(of parameter: Parameter) -> Range<Int> {
        guard let table = parameter.tableIndex else {
            let own = (parameter.offset..<parameter.offset + parameter.count).clamped(to: dense)
            return own.isEmpty ? 0..<0 : own.lowerBound - parameter.offset..<own.upperBound - parameter.offset
        }
        return rows[table].lowerBound * parameter.columns..<rows[table].upperBound * parameter.columns
    }

    /// Part `index` of `count` parts of about the same size, which together are everything.
    public init(_ index: Int, of count: Int, _ layout: ParameterLayout) {
        // Whole cache lines, so that no two ranks write to the same one.
        let lines = layout.denseCount / 16
        dense = lines * index / count * 16..<lines * (index + 1) / count * 16
        rows = layout.tables.map { specification in
            let rows = specification.parameter.rows
            return rows * index / count..<rows * (index + 1) / count
        }
    }
}

/// The part of a gradient that belongs to one slice, wherever it lies: in another rank's memory or in a message.
public struct SliceView {
    /// Samples of the gradient; 0: nothing else is valid.
    public var sampleCount = 0
    /// Sum of the losses of the samples.
    public var loss = 0.0
    /// The first float of the slice of the dense region.
    public var dense: UnsafePointer<Float>
    /// The touched rows of each table in the slice.
    public var tables: [TouchedRows]

    /// A view without content, of which ``read(_:slice:)`` makes a valid one without allocating.
    public init(tableCount: Int) {
        let nothing = UnsafeRawPointer(bitPattern: 64)!
        dense = nothing.assumingMemoryBound(to: Float.self)
        tables = Array(
            repeating: TouchedRows(
                entries: nothing.assumingMemoryBound(to: RowEntry.self), count: 0,
                values: nothing.assumingMemoryBound(to: Float.self)),
            count: tableCount)
    }

    /// Shows the part of `gradient` that belongs to `slice`.
    public mutating func read(_ gradient: GradientView, slice: ParameterSlice) {
        sampleCount = gradient.sampleCount
        loss = gradient.loss
        dense = UnsafePointer(gradient.dense + slice.dense.lowerBound)
        guard sampleCount > 0 else { return }
        for tableIndex in tables.indices {
            let first = gradient.firstEntry(tableIndex, notBelow: slice.rows[tableIndex].lowerBound)
            let end = gradient.firstEntry(tableIndex, notBelow: slice.rows[tableIndex].upperBound)
            tables[tableIndex] = TouchedRows(
                entries: UnsafePointer(gradient.entries(tableIndex) + first), count: end - first,
                values: UnsafePointer(gradient.row(tableIndex, slot: 0)))
        }
    }
}
