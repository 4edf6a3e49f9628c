import Differentiation
import KernelCore

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
/// Of parameters that the owner of a slice has moved already (``MovedSlice``) the new values travel in the place of the
/// dense floats and of the rows: all rows of the slice, without their numbers. The second highest bit of the first word
/// says that the gradient they were moved by is not finite.
///
/// The highest bit of the first word is the flag of the step. A gradient without samples is its first word alone.
package struct SliceMessage {
    /// Which rows of a table travel.
    package enum Rows: Sendable, CaseIterable {
        /// Those that a mini-batch of the gradient has touched.
        case touched
        /// All, as in a dense gradient: never shorter, and there to be compared with.
        case all
    }

    private static let highestBit: UInt32 = 1 << 31
    private static let secondHighestBit: UInt32 = 1 << 30
    private static let sampleBits = ~(highestBit | secondHighestBit)

    /// Words that a slice can need at most.
    ///
    /// - Parameters:
    ///   - rowCapacity: ids of the mini-batches of the gradient.
    ///   - kind: the rows that travel.
    ///   - owned: what travels as new values; nil: nothing does.
    package static func capacity(
        _ slice: ParameterSlice, _ layout: ParameterLayout, rowCapacity: Int, _ kind: Rows,
        owned: OwnedMoments? = nil
    ) -> Int {
        var count = 3 + slice.rows.count + slice.dense.count
        for (tableIndex, table) in layout.tables.enumerated() {
            let all = slice.rows[tableIndex].count
            if let owned, owned.tables[tableIndex] {
                count += all * table.parameter.columns
                continue
            }
            let rows = kind == .all ? all : min(all, table.rowCapacity(ids: rowCapacity))
            count += min(rows, words(ofBits: all)) + rows * table.parameter.columns
        }
        return count
    }

    /// Rows of all tables that a slice can have at most.
    package static func entryCapacity(_ slice: ParameterSlice, _ layout: ParameterLayout, rowCapacity: Int) -> Int {
        zip(slice.rows, layout.tables).reduce(0) { $0 + min($1.0.count, $1.1.rowCapacity(ids: rowCapacity)) }
    }

    private static func words(ofBits count: Int) -> Int { (count + 31) / 32 }

    /// Writes the sum of the views of `sum` over `slice`.
    ///
    /// - Parameters:
    ///   - kind: the rows that travel.
    ///   - omitted: for each table, whether none of its rows travel, as if no mini-batch had touched any.
    ///   - moved: whose new values travel in the place of their sums; nil: nothing's.
    ///   - flag: what ``flag(of:)`` gives.
    ///   - start: room for ``capacity(_:_:rowCapacity:_:)`` words.
    /// - Returns: the number of words written.
    package static func write(
        _ sum: SliceSum, slice: ParameterSlice, _ layout: ParameterLayout, _ kind: Rows, omitting omitted: [Bool] = [],
        moved: MovedSlice? = nil, flag: Bool, to start: UnsafeMutablePointer<Float>
    ) -> Int {
        let words = UnsafeMutableRawPointer(start).assumingMemoryBound(to: UInt32.self)
        let sampleCount = sum.sampleCount
        words[0] = UInt32(sampleCount) | (flag ? highestBit : 0)
        guard sampleCount > 0 else { return 1 }
        if let moved, !moved.isFinite { words[0] |= secondHighestBit }
        let loss = sum.loss.bitPattern
        words[1] = UInt32(truncatingIfNeeded: loss)
        words[2] = UInt32(truncatingIfNeeded: loss >> 32)
        let dense = start + 3 + slice.rows.count
        if let moved {
            dense.update(from: moved.values.start + slice.dense.lowerBound, count: slice.dense.count)
        } else {
            sum.forEachDenseBlock(of: 0..<slice.dense.count) { offset, values, count in
                (dense + offset).update(from: values, count: count)
            }
        }
        var end = 3 + slice.rows.count + slice.dense.count
        for (tableIndex, table) in layout.tables.enumerated() {
            if !omitted.isEmpty, omitted[tableIndex] {
                words[3 + tableIndex] = 0
                continue
            }
            let columns = table.parameter.columns
            if let moved, moved.moments.tables[tableIndex] {
                let range = slice.values(of: table.parameter)
                (start + end).update(from: moved.values(table.parameter) + range.lowerBound, count: range.count)
                words[3 + tableIndex] = secondHighestBit
                end += range.count
                continue
            }
            let rowCount = sum.rowCount(tableIndex)
            let first = slice.rows[tableIndex].lowerBound
            let bitWords = Self.words(ofBits: slice.rows[tableIndex].count)
            let isList = kind == .touched && rowCount <= bitWords
            let keys = words + end
            let keyCount = isList ? rowCount : bitWords
            if !isList { keys.update(repeating: 0, count: bitWords) }
            let values = start + end + keyCount
            let sentCount = kind == .all ? slice.rows[tableIndex].count : rowCount
            if kind == .all { values.update(repeating: 0, count: sentCount * columns) }
            var slot = 0
            sum.forEachRow(tableIndex) { row, gradient in
                if isList {
                    keys[slot] = UInt32(row)
                } else {
                    keys[(row - first) >> 5] |= 1 << UInt32((row - first) & 31)
                }
                (values + (kind == .all ? row - first : slot) * columns).update(from: gradient, count: columns)
                slot += 1
            }
            words[3 + tableIndex] = UInt32(rowCount) | (isList ? 0 : highestBit) | (kind == .all ? secondHighestBit : 0)
            end += keyCount + sentCount * columns
        }
        return end
    }

    /// The flag of the message at `start`.
    package static func flag(of start: UnsafePointer<Float>) -> Bool { start.pointee.bitPattern & highestBit != 0 }

    /// Whether the message at `start` is of parameters that were moved by a gradient that is not finite.
    package static func hasBrokenGradient(_ start: UnsafePointer<Float>) -> Bool {
        start.pointee.bitPattern & secondHighestBit != 0
    }

    /// Makes `view` show the message at `start`. Of a table that was moved already it has no entries, and `values` are
    /// those of all rows of the slice.
    ///
    /// - Parameter entries: room for ``entryCapacity(_:_:rowCapacity:)`` rows, which must last as long as the view.
    /// - Returns: the number of words of the message.
    package static func read(
        _ start: UnsafePointer<Float>, slice: ParameterSlice, _ layout: ParameterLayout,
        entries: UnsafeMutablePointer<RowEntry>, into view: inout SliceView
    ) -> Int {
        let words = UnsafeRawPointer(start).assumingMemoryBound(to: UInt32.self)
        view.sampleCount = Int(words[0] & sampleBits)
        guard view.sampleCount > 0 else { return 1 }
        view.loss = Double(bitPattern: UInt64(words[2]) << 32 | UInt64(words[1]))
        view.dense = start + 3 + slice.rows.count
        var end = 3 + slice.rows.count + slice.dense.count
        var entries = entries
        for tableIndex in view.tables.indices {
            let rows = slice.rows[tableIndex]
            let table = TableHeader(words[3 + tableIndex], rows: rows.count)
            let keys = words + end
            if table.isList {
                for slot in 0..<table.rowCount { entries[slot] = RowEntry(row: Int32(keys[slot]), slot: Int32(slot)) }
            } else {
                readBits(
                    keys, count: table.keyCount, firstRow: rows.lowerBound, slotsAreRows: table.isComplete,
                    into: entries)
            }
            view.tables[tableIndex] = TouchedRows(
                entries: entries, count: table.rowCount, values: start + end + table.keyCount)
            entries += table.rowCount
            end += table.keyCount + table.sentCount * layout.tables[tableIndex].parameter.columns
        }
        return end
    }

    /// The number of words of the message at `start`.
    package static func wordCount(
        of start: UnsafePointer<Float>, slice: ParameterSlice, _ layout: ParameterLayout
    ) -> Int {
        let words = UnsafeRawPointer(start).assumingMemoryBound(to: UInt32.self)
        guard words[0] & sampleBits > 0 else { return 1 }
        var count = 3 + slice.rows.count + slice.dense.count
        for tableIndex in slice.rows.indices {
            let table = TableHeader(words[3 + tableIndex], rows: slice.rows[tableIndex].count)
            count += table.keyCount + table.sentCount * layout.tables[tableIndex].parameter.columns
        }
        return count
    }

    /// What a message says of a table before its rows.
    private struct TableHeader {
        /// Rows that are there.
        let rowCount: Int
        /// Whether their numbers are a list; otherwise they are bits.
        let isList: Bool
        /// Whether all rows of the slice travel.
        let isComplete: Bool
        /// Words of their numbers.
        let keyCount: Int
        /// Rows that travel.
        let sentCount: Int

        init(_ word: UInt32, rows: Int) {
            rowCount = Int(word & ~(highestBit | secondHighestBit))
            isList = word & highestBit == 0
            isComplete = word & secondHighestBit != 0
            keyCount = isList ? rowCount : SliceMessage.words(ofBits: rows)
            sentCount = isComplete ? rows : rowCount
        }
    }

    private static func readBits(
        _ keys: UnsafePointer<UInt32>, count: Int, firstRow: Int, slotsAreRows: Bool,
        into entries: UnsafeMutablePointer<RowEntry>
    ) {
        var slot = 0
        for word in 0..<count {
            var bits = keys[word]
            while bits != 0 {
                let index = word * 32 + bits.trailingZeroBitCount
                entries[slot] = RowEntry(row: Int32(firstRow + index), slot: Int32(slotsAreRows ? index : slot))
                slot += 1
                bits &= bits - 1
            }
        }
    }
}
