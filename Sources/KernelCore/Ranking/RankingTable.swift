/// Rows of a table, packed once so that many users can be ranked against them: one panel of rows after another, as
/// ``Kernel/bestRows(interests:_:in:excluding:at:into:)`` reads them.
///
/// It may hold all rows of the table or some: what users may not be given costs nothing. Its own rows are numbered 0, 1,
/// 2... in the order in which they were given.
public final class RankingTable: @unchecked Sendable {
    /// Rows that are here.
    public let count: Int
    /// Floats of a row, d.
    public let columns: Int
    /// `[panels, columns, RankingPanel.width]`, zero behind the last row. Never written after the initializer.
    let panels: UnsafeMutablePointer<Float>
    /// `[panels]`: no row of a panel is longer.
    let largestNorms: UnsafeMutablePointer<Float>

    /// Packs the rows `rows` of `table` `[..., columns]`.
    public init(_ table: UnsafePointer<Float>, rows: Range<Int>, columns: Int) {
        count = rows.count
        self.columns = columns
        panels = Self.allocate(rows: rows.count, columns: columns)
        largestNorms = Self.allocateNorms(rows: rows.count)
        for (own, row) in rows.enumerated() { noteNorm(of: own, table + row * columns) }
        for start in stride(from: 0, to: count, by: RankingPanel.width) {
            RankingPanel.pack(
                table, start: rows.lowerBound + start, count: min(RankingPanel.width, count - start), columns: columns,
                into: panels + start * columns)
        }
    }

    /// Packs the rows `rows` of `table` `[..., columns]`, in their order.
    public init(_ table: UnsafePointer<Float>, rows: [Int32], columns: Int) {
        count = rows.count
        self.columns = columns
        panels = Self.allocate(rows: rows.count, columns: columns)
        largestNorms = Self.allocateNorms(rows: rows.count)
        for (own, row) in rows.enumerated() {
            noteNorm(of: own, table + Int(row) * columns)
            let panel = panels + own / RankingPanel.width * RankingPanel.width * columns
            let source = table + Int(row) * columns
            for column in 0..<columns {
                panel[column * RankingPanel.width + own % RankingPanel.width] = source[column]
            }
        }
    }

    deinit {
        panels.deallocate()
        largestNorms.deallocate()
    }

    private static func allocateNorms(rows: Int) -> UnsafeMutablePointer<Float> {
        let count = max(1, (rows + RankingPanel.width - 1) / RankingPanel.width)
        let norms = UnsafeMutablePointer<Float>.allocate(capacity: count)
        norms.initialize(repeating: 0, count: count)
        return norms
    }

    private func noteNorm(of row: Int, _ values: UnsafePointer<Float>) {
        let panel = row / RankingPanel.width
        let norm = RankingPanel.norm(values, columns: columns)
        // Of a row with values that are no numbers nothing is known.
        largestNorms[panel] = norm.isNaN ? .infinity : max(largestNorms[panel], norm)
    }

    /// Bytes of a table with so many rows.
    public static func byteCount(rows: Int, columns: Int) -> Int {
        (rows + RankingPanel.width - 1) / RankingPanel.width * RankingPanel.width * columns * MemoryLayout<Float>.stride
    }

    /// Zeros on a 64-byte boundary.
    private static func allocate(rows: Int, columns: Int) -> UnsafeMutablePointer<Float> {
        let byteCount = max(byteCount(rows: rows, columns: columns), 64)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        return memory.assumingMemoryBound(to: Float.self)
    }
}
