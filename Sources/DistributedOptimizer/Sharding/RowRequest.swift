import Differentiation
import KernelCore

/// Rows of divided tables that a rank is going to read, each named once.
package final class RowRequest {
    /// Of each divided table the rows, in the order in which they were named first.
    private(set) var rows: [[Int32]]
    /// The same of the rows that are here, where ``namesKept``.
    private(set) var keptRows: [[Int32]]
    /// Whether it matters which of the rows that are here will be read.
    var namesKept = false
    /// Of each divided table a bit for every row that is named.
    private let marks: [UnsafeMutablePointer<UInt64>]
    private let kept: [Range<Int>]

    /// - Parameters:
    ///   - tables: the divided ones.
    ///   - kept: rows of each that are here, and need not be fetched.
    init(_ tables: [Parameter], kept: [Range<Int>]) {
        self.kept = kept
        rows = tables.map { _ in [] }
        keptRows = rows
        marks = tables.map { table in
            let count = (table.rows + 63) / 64
            let words: UnsafeMutablePointer<UInt64> = LargeMemory.allocate(count: count)
            words.update(repeating: 0, count: count)
            return words
        }
    }

    deinit { for words in marks { LargeMemory.deallocate(words) } }

    /// Adds rows of the divided table `table`, counted among these. Row 0 is the padding, which every rank has.
    package func add(_ ids: UnsafePointer<Int32>, count: Int, table: Int) {
        let (marks, kept) = (marks[table], kept[table])
        for index in 0..<count {
            let row = Int(ids[index])
            let isKept = kept.contains(row)
            guard row > 0, !isKept || namesKept else { continue }
            let bit = UInt64(1) << UInt64(row & 63)
            guard marks[row >> 6] & bit == 0 else { continue }
            marks[row >> 6] |= bit
            if isKept { keptRows[table].append(ids[index]) } else { rows[table].append(ids[index]) }
        }
    }

    /// Names no row any more.
    func clear() {
        for table in rows.indices {
            for row in rows[table] { marks[table][Int(row) >> 6] = 0 }
            for row in keptRows[table] { marks[table][Int(row) >> 6] = 0 }
            rows[table].removeAll(keepingCapacity: true)
            keptRows[table].removeAll(keepingCapacity: true)
        }
    }
}
