import Differentiation

/// The part of a gradient that belongs to one slice, as it travels between ranks, in words of four bytes:
///
///     samples | loss (2 words) | number of rows of each table | dense floats | for each table: entries, rows
///
/// The highest bit of the first word says that a rank asks to stop. A gradient without samples is its first word alone.
struct SliceMessage {
    private static let stopBit: UInt32 = 1 << 31

    /// Words that a slice can need at most.
    ///
    /// - Parameter rowCapacity: ids of the mini-batches of the gradient.
    static func capacity(_ slice: ParameterSlice, _ layout: ParameterLayout, rowCapacity: Int) -> Int {
        var count = 3 + slice.rows.count + slice.dense.count
        for (table, specification) in layout.tables.enumerated() {
            count +=
                min(slice.rows[table].count, specification.rowCapacity(ids: rowCapacity))
                * (2 + specification.parameter.columns)
        }
        return count
    }

    /// Writes the sum of the views of `sum` over `slice`.
    ///
    /// - Returns: the number of words written.
    static func write(
        _ sum: SliceSum, slice: ParameterSlice, _ layout: ParameterLayout, to start: UnsafeMutablePointer<Float>
    ) -> Int {
        let words = UnsafeMutableRawPointer(start).assumingMemoryBound(to: UInt32.self)
        let samples = sum.samples
        words[0] = UInt32(samples) | (sum.asksToStop ? stopBit : 0)
        guard samples > 0 else { return 1 }
        let loss = sum.loss.bitPattern
        words[1] = UInt32(truncatingIfNeeded: loss)
        words[2] = UInt32(truncatingIfNeeded: loss >> 32)
        let dense = start + 3 + slice.rows.count
        sum.forEachDenseBlock(of: 0..<slice.dense.count) { offset, values, count in
            (dense + offset).update(from: values, count: count)
        }
        var end = 3 + slice.rows.count + slice.dense.count
        for (table, specification) in layout.tables.enumerated() {
            let columns = specification.parameter.columns
            let rowCount = sum.rowCount(table)
            let entries = UnsafeMutableRawPointer(start + end).assumingMemoryBound(to: RowEntry.self)
            let values = start + end + 2 * rowCount
            var slot = 0
            sum.forEachRow(table) { row, gradient in
                entries[slot] = RowEntry(row: Int32(row), slot: Int32(slot))
                (values + slot * columns).update(from: gradient, count: columns)
                slot += 1
            }
            words[3 + table] = UInt32(rowCount)
            end += rowCount * (2 + columns)
        }
        return end
    }

    /// Makes `view` show the message at `start`.
    ///
    /// - Returns: the number of words of the message.
    static func read(
        _ start: UnsafePointer<Float>, slice: ParameterSlice, _ layout: ParameterLayout, into view: inout SliceView
    ) -> Int {
        let words = UnsafeRawPointer(start).assumingMemoryBound(to: UInt32.self)
        view.samples = Int(words[0] & ~stopBit)
        view.asksToStop = words[0] & stopBit != 0
        guard view.samples > 0 else { return 1 }
        view.loss = Double(bitPattern: UInt64(words[2]) << 32 | UInt64(words[1]))
        view.dense = start + 3 + slice.rows.count
        var end = 3 + slice.rows.count + slice.dense.count
        for table in view.tables.indices {
            let rowCount = Int(words[3 + table])
            view.tables[table] = SliceView.Rows(
                entries: UnsafeRawPointer(start + end).assumingMemoryBound(to: RowEntry.self), count: rowCount,
                values: start + end + 2 * rowCount)
            end += rowCount * (2 + layout.tables[table].parameter.columns)
        }
        return end
    }
}
