import Differentiation

/// The part of a gradient that belongs to one slice, as it travels between nodes, in words of four bytes:
///
///     samples | loss (2 words) | number of rows of each table | dense floats | for each table: which rows, rows
///
/// Which rows a table has is a list of their numbers or, where that is longer than one bit for every row of the slice, a
/// set of bits; the highest bit of their number tells which. So a sparse table costs one word a row beside its values,
/// and a dense one is hardly larger than its values. A row that is not there is not the same as a row of zeros, which could
/// change the sign of a zero: what is added at the other end does not depend on how the rows travelled.
///
/// With ``Rows/all`` every row of the slice travels behind the set of bits, those that are not there as zeros, and the
/// second highest bit of the number tells.
///
/// The highest bit of the first word says that a rank asks to stop. A gradient without samples is its first word alone.
package struct SliceMessage {
    /// Which rows of a table travel.
    package enum Rows: Sendable, CaseIterable {
        case touched
        /// All, as in a dense gradient: never shorter, and there to be compared with.
        case all
    }

    private static let highestBit: UInt32 = 1 << 31
    private static let secondHighestBit: UInt32 = 1 << 30

    /// Words that a slice can need at most.
    ///
    /// - Parameter rowCapacity: ids of the mini-batches of the gradient.
    static func capacity(
        _ slice: ParameterSlice, _ layout: ParameterLayout, rowCapacity: Int, _ kind: Rows
    ) -> Int {
        var count = 3 + slice.rows.count + slice.dense.count
        for (table, specification) in layout.tables.enumerated() {
            let all = slice.rows[table].count
            let rows = kind == .all ? all : min(all, specification.rowCapacity(ids: rowCapacity))
            count += min(rows, words(ofBits: all)) + rows * specification.parameter.columns
        }
        return count
    }

    /// Rows of all tables that a slice can have at most.
    static func entryCapacity(_ slice: ParameterSlice, _ layout: ParameterLayout, rowCapacity: Int) -> Int {
        layout.tables.enumerated().reduce(0) { sum, table in
            sum + min(slice.rows[table.offset].count, table.element.rowCapacity(ids: rowCapacity))
        }
    }

    private static func words(ofBits count: Int) -> Int { (count + 31) / 32 }

    /// Writes the sum of the views of `sum` over `slice`.
    ///
    /// - Returns: the number of words written.
    static func write(
        _ sum: SliceSum, slice: ParameterSlice, _ layout: ParameterLayout, _ kind: Rows,
        to start: UnsafeMutablePointer<Float>
    ) -> Int {
        let words = UnsafeMutableRawPointer(start).assumingMemoryBound(to: UInt32.self)
        let samples = sum.samples
        words[0] = UInt32(samples) | (sum.asksToStop ? highestBit : 0)
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
            let first = slice.rows[table].lowerBound
            let bitWords = Self.words(ofBits: slice.rows[table].count)
            let isList = kind == .touched && rowCount <= bitWords
            let keys = words + end
            let keyCount = isList ? rowCount : bitWords
            if !isList { keys.update(repeating: 0, count: bitWords) }
            let values = start + end + keyCount
            let sentCount = kind == .all ? slice.rows[table].count : rowCount
            if kind == .all { values.update(repeating: 0, count: sentCount * columns) }
            var slot = 0
            sum.forEachRow(table) { row, gradient in
                if isList {
                    keys[slot] = UInt32(row)
                } else {
                    keys[(row - first) >> 5] |= 1 << UInt32((row - first) & 31)
                }
                (values + (kind == .all ? row - first : slot) * columns).update(from: gradient, count: columns)
                slot += 1
            }
            words[3 + table] = UInt32(rowCount) | (isList ? 0 : highestBit) | (kind == .all ? secondHighestBit : 0)
            end += keyCount + sentCount * columns
        }
        return end
    }

    /// Makes `view` show the message at `start`.
    ///
    /// - Parameter entries: room for ``entryCapacity(_:_:rowCapacity:)`` rows, which must last as long as the view.
    /// - Returns: the number of words of the message.
    static func read(
        _ start: UnsafePointer<Float>, slice: ParameterSlice, _ layout: ParameterLayout,
        entries: UnsafeMutablePointer<RowEntry>, into view: inout SliceView
    ) -> Int {
        let words = UnsafeRawPointer(start).assumingMemoryBound(to: UInt32.self)
        view.samples = Int(words[0] & ~highestBit)
        view.asksToStop = words[0] & highestBit != 0
        guard view.samples > 0 else { return 1 }
        view.loss = Double(bitPattern: UInt64(words[2]) << 32 | UInt64(words[1]))
        view.dense = start + 3 + slice.rows.count
        var end = 3 + slice.rows.count + slice.dense.count
        var entries = entries
        for table in view.tables.indices {
            let rowCount = Int(words[3 + table] & ~(highestBit | secondHighestBit))
            let isList = words[3 + table] & highestBit == 0
            let isComplete = words[3 + table] & secondHighestBit != 0
            let keyCount = isList ? rowCount : Self.words(ofBits: slice.rows[table].count)
            let keys = words + end
            if isList {
                for slot in 0..<rowCount { entries[slot] = RowEntry(row: Int32(keys[slot]), slot: Int32(slot)) }
            } else {
                readBits(
                    keys, count: keyCount, firstRow: slice.rows[table].lowerBound, slotsAreRows: isComplete,
                    into: entries)
            }
            view.tables[table] = SliceView.Rows(
                entries: entries, count: rowCount, values: start + end + keyCount)
            entries += rowCount
            let sentCount = isComplete ? slice.rows[table].count : rowCount
            end += keyCount + sentCount * layout.tables[table].parameter.columns
        }
        return end
    }

    private static func readBits(
        _ keys: UnsafePointer<UInt32>, count: Int, firstRow: Int, slotsAreRows: Bool,
        into entries: UnsafeMutablePointer<RowEntry>
    ) {
        var slot = 0
        for word in 0..<count {
            var bits = keys[word]
            while bits != 0 {
                let place = word * 32 + bits.trailingZeroBitCount
                entries[slot] = RowEntry(row: Int32(firstRow + place), slot: Int32(slotsAreRows ? place : slot))
                slot += 1
                bits &= bits - 1
            }
        }
    }
}
