import KernelCore

/// How the gradient of one mini-batch lies in memory, so that other processes can read it in place:
///
///     header | dense gradients | for each table: row numbers with their slots, rows in the order of first use
///
/// Row numbers are sorted when the mini-batch is complete; the rows themselves are never moved.
public struct GradientLayout: Sendable {
    /// A table: its height and width, and the most rows that one mini-batch can touch.
    struct TableLayout: Sendable {
        let rows: Int
        let columns: Int
        let capacity: Int
        let entriesOffset: Int
        let rowsOffset: Int
    }

    let denseCount: Int
    let denseOffset: Int
    let tables: [TableLayout]
    /// The most ids of users and items that a mini-batch can have, and so the most rows of a table that it can touch by
    /// them.
    public let rowCapacity: Int
    /// Bytes of one gradient, a multiple of 64.
    public let byteCount: Int

    /// - Parameter rowCapacity: the most ids of users and items that a mini-batch can have.
    public init(_ layout: ParameterLayout, rowCapacity: Int) {
        var end = Self.aligned(MemoryLayout<Header>.stride + layout.tables.count * MemoryLayout<Int32>.stride)
        func take(_ bytes: Int) -> Int {
            defer { end += Self.aligned(bytes) }
            return end
        }
        self.rowCapacity = rowCapacity
        denseCount = layout.denseCount
        denseOffset = take(denseCount * MemoryLayout<Float>.stride)
        tables = layout.tables.map { specification in
            let parameter = specification.parameter
            let capacity = specification.rowCapacity(ids: rowCapacity)
            return TableLayout(
                rows: parameter.rows, columns: parameter.columns, capacity: capacity,
                entriesOffset: take(capacity * MemoryLayout<RowEntry>.stride),
                rowsOffset: take(capacity * parameter.columns * MemoryLayout<Float>.stride))
        }
        byteCount = end
    }

    private static func aligned(_ bytes: Int) -> Int { (bytes + 63) & ~63 }
}

/// What comes before the numbers of a gradient.
struct Header: BitwiseCopyable {
    /// Samples of the mini-batch; 0 where the shard has run out: then nothing else is valid.
    var sampleCount: Int64
    /// Sum of the losses of the samples.
    var loss: Double
}

/// The gradient of one mini-batch where it lies: the rank that has the shard records it here (``GradientRecorder``), and
/// all ranks of the node read their slices of it in place (``SliceView``).
public struct GradientView {
    let layout: GradientLayout
    let base: UnsafeMutableRawPointer

    /// - Parameter base: `layout.byteCount` bytes on a 64-byte boundary.
    public init(_ layout: GradientLayout, at base: UnsafeMutableRawPointer) {
        self.layout = layout
        self.base = base
    }

    var header: UnsafeMutablePointer<Header> { base.assumingMemoryBound(to: Header.self) }

    private var tableCounts: UnsafeMutablePointer<Int32> {
        (base + MemoryLayout<Header>.stride).assumingMemoryBound(to: Int32.self)
    }

    /// Samples of the mini-batch; 0 where the shard has run out: then nothing else is valid.
    public var sampleCount: Int {
        get { Int(header.pointee.sampleCount) }
        nonmutating set { header.pointee.sampleCount = Int64(newValue) }
    }

    /// Sum of the losses of the samples.
    public var loss: Double {
        get { header.pointee.loss }
        nonmutating set { header.pointee.loss = newValue }
    }

    /// Gradients of the dense parameters, at the offsets of the parameters.
    public var dense: UnsafeMutablePointer<Float> {
        (base + layout.denseOffset).assumingMemoryBound(to: Float.self)
    }

    /// The number of rows of table `tableIndex` that have a gradient.
    public func rowCount(_ tableIndex: Int) -> Int { Int(tableCounts[tableIndex]) }

    /// Says how many rows of table `tableIndex` have a gradient.
    public func setRowCount(_ tableIndex: Int, _ count: Int) { tableCounts[tableIndex] = Int32(count) }

    /// The touched rows of table `tableIndex`, by rising row number.
    public func entries(_ tableIndex: Int) -> UnsafeMutablePointer<RowEntry> {
        (base + layout.tables[tableIndex].entriesOffset).assumingMemoryBound(to: RowEntry.self)
    }

    /// The gradient in slot `slot` of table `tableIndex`.
    @inline(__always)
    public func row(_ tableIndex: Int, slot: Int32) -> UnsafeMutablePointer<Float> {
        (base + layout.tables[tableIndex].rowsOffset).assumingMemoryBound(to: Float.self)
            + Int(slot) * layout.tables[tableIndex].columns
    }

    /// The first of the sorted entries of table `tableIndex` whose row is not below `row`.
    public func firstEntry(_ tableIndex: Int, notBelow row: Int) -> Int {
        let entries = entries(tableIndex)
        var lower = 0
        var upper = rowCount(tableIndex)
        while lower < upper {
            let middle = (lower + upper) / 2
            if Int(entries[middle].row) < row { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }
}
