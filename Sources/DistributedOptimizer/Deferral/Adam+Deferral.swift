import Differentiation
import KernelCore

/// Rows that wait for their steps (``RowDeferral``).
extension Adam {
    /// Moves rows of a slice: those with a gradient, those that will be read, and the part of the slice whose turn it is.
    ///
    /// - Parameter settles: whether all rows move.
    /// - Returns: whether all gradients were finite numbers.
    func updateDeferred(
        _ table: RowDeferral.Table, _ rows: Range<Int>, _ sum: SliceSum, _ constants: AdamStep, _ scale: Float,
        _ deferral: RowDeferral, settles: Bool
    ) -> Bool {
        let own = max(rows.lowerBound, table.firstRow)..<max(rows.upperBound, table.firstRow)
        guard let tableIndex = table.parameter.tableIndex, !own.isEmpty else { return true }
        let now = UInt8(truncatingIfNeeded: deferral.stepCount)
        if !deferral.isBehind { (table.taken + own.lowerBound).update(repeating: now &- 1, count: own.count) }
        let columns = table.parameter.columns
        let (values, m, v) = (parameters(table.parameter), first(table.parameter), second(table.parameter))
        var isFinite = true
        sum.forEachBlock(of: own, inTable: tableIndex) { block in
            guard let gradients = block.sums else { return }
            for row in block.rows {
                guard let gradient = gradients[row - block.rows.lowerBound] else { continue }
                let start = row * columns
                let waiting = deferral.waiting(row, of: table)
                if waiting > 1 {
                    // Another node has touched what nobody reads here.
                    let wasFinite = Kernel.adam(
                        UnsafeBufferPointer(rebasing: deferral.recent(waiting, of: table).dropLast()),
                        parameters: values + start, first: m + start, second: v + start, count: columns)
                    isFinite = isFinite && wasFinite
                }
                let rowIsFinite = Kernel.adam(
                    constants, gradient: gradient, scale: scale, parameters: values + start, first: m + start,
                    second: v + start, count: columns)
                table.taken[row] = now
                isFinite = isFinite && rowIsFinite
            }
        }
        let othersAreFinite = catchUp(table, own, deferral, takesAll: settles)
        return isFinite && othersAreFinite
    }

    /// Takes the steps that rows wait for.
    ///
    /// - Parameter takesAll: whether those that nobody will read move too.
    /// - Returns: whether all their gradients are finite numbers.
    @discardableResult
    func catchUp(_ table: RowDeferral.Table, _ rows: Range<Int>, _ deferral: RowDeferral, takesAll: Bool) -> Bool {
        // Where the turn of a part has come, all of it moves.
        let turn = deferral.stepCount % RowDeferral.longest
        let begin = rows.lowerBound + rows.count * turn / RowDeferral.longest
        let end = rows.lowerBound + rows.count * (turn + 1) / RowDeferral.longest
        let part = begin..<end
        var isFinite = true
        for (rows, takesAll) in [
            (rows.lowerBound..<part.lowerBound, takesAll), (part, true), (part.upperBound..<rows.upperBound, takesAll),
        ] {
            var row = rows.lowerBound
            while row < rows.upperBound {
                let count = choose(&row, before: rows.upperBound, of: table, deferral.chosen, takesAll: takesAll)
                let rowsAreFinite = move(UnsafeBufferPointer(rebasing: deferral.chosen[..<count]), of: table, deferral)
                isFinite = isFinite && rowsAreFinite
            }
        }
        return isFinite
    }

    /// Notes rows that are to be moved, as many as there is room for, and takes their marks back.
    ///
    /// - Parameter row: the first one that is looked at, and then the first that was not.
    /// - Returns: how many there are.
    private func choose(
        _ row: inout Int, before end: Int, of table: RowDeferral.Table, _ chosen: UnsafeMutableBufferPointer<Int32>,
        takesAll: Bool
    ) -> Int {
        var count = 0
        while row < end, count < chosen.count {
            if !takesAll {
                guard let isRead = table.isRead else {
                    row = end
                    break
                }
                if row + 8 <= end, UnsafeRawPointer(isRead + row).loadUnaligned(as: UInt64.self) == 0 {
                    row += 8
                    continue
                }
            }
            if takesAll || table.isRead?[row] != 0 {
                table.isRead?[row] = 0
                chosen[count] = Int32(row)
                count += 1
            }
            row += 1
        }
        return count
    }

    /// Takes the steps that some rows wait for.
    @discardableResult
    func move(_ rows: UnsafeBufferPointer<Int32>, of table: RowDeferral.Table, _ deferral: RowDeferral) -> Bool {
        let columns = table.parameter.columns
        let (values, m, v) = (parameters(table.parameter), first(table.parameter), second(table.parameter))
        let now = UInt8(truncatingIfNeeded: deferral.stepCount)
        let ahead = 4
        var isFinite = true
        for index in rows.indices {
            if index + ahead < rows.count {
                // Rows that are read lie anywhere.
                let start = Int(rows[index + ahead]) * columns
                Kernel.prefetch(values + start, count: columns)
                Kernel.prefetch(m + start, count: columns)
                Kernel.prefetch(v + start, count: columns)
            }
            let row = Int(rows[index])
            let waiting = deferral.waiting(row, of: table)
            guard waiting > 0 else { continue }
            let start = row * columns
            let rowIsFinite = Kernel.adam(
                deferral.recent(waiting, of: table), parameters: values + start, first: m + start, second: v + start,
                count: columns)
            table.taken[row] = now
            isFinite = isFinite && rowIsFinite
        }
        return isFinite
    }

    /// Takes all steps that rows of a slice wait for, without another one.
    ///
    /// - Returns: whether all their gradients are finite numbers.
    @discardableResult
    func settle(_ slice: ParameterSlice, _ deferral: RowDeferral) -> Bool {
        guard deferral.isBehind else { return true }
        var isFinite = true
        for case let table? in deferral.tables {
            guard let tableIndex = table.parameter.tableIndex else { continue }
            let rows = slice.rows[tableIndex]
            let own = max(rows.lowerBound, table.firstRow)..<max(rows.upperBound, table.firstRow)
            let tableIsFinite = catchUp(table, own, deferral, takesAll: true)
            isFinite = isFinite && tableIsFinite
        }
        return isFinite
    }
}
