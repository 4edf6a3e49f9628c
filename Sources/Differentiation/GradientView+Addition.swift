import KernelCore

extension GradientView {
    /// Adds `other`, the gradient of later shards, as a node of the tree over the shards adds its right part to its left
    /// one: the numbers are those that ``SliceSum`` gives for the two.
    ///
    /// - Precondition: both are complete (``GradientRecorder/finish(samples:loss:)``), of one layout, and this one has room
    ///   for the touched rows of both.
    package func add(_ other: GradientView) {
        guard other.samples > 0 else { return }
        guard samples > 0 else { return take(other) }
        samples += other.samples
        loss += other.loss
        Kernel.accumulate(other.dense, into: dense, count: layout.denseCount)
        for table in layout.tables.indices { addRows(of: other, table) }
    }

    /// Becomes a copy of `other`.
    private func take(_ other: GradientView) {
        samples = other.samples
        loss = other.loss
        dense.update(from: other.dense, count: layout.denseCount)
        for (table, shape) in layout.tables.enumerated() {
            let count = other.rowCount(table)
            setRowCount(table, count)
            entries(table).update(from: other.entries(table), count: count)
            // The slots of touched rows are the first ones.
            row(table, slot: 0).update(from: other.row(table, slot: 0), count: count * shape.columns)
        }
    }

    private func addRows(of other: GradientView, _ table: Int) {
        let columns = layout.tables[table].columns
        let (own, theirs) = (entries(table), other.entries(table))
        let (ownCount, theirCount) = (rowCount(table), other.rowCount(table))
        let count = unionCount(own, ownCount, theirs, theirCount)
        precondition(
            count <= layout.tables[table].capacity,
            "a sum of gradients has \(count) rows of table \(table), \(layout.tables[table].capacity) at most are expected"
        )
        // From the last entry to the first, so that none is written over before it is read.
        var (left, right, end) = (ownCount - 1, theirCount - 1, count - 1)
        var nextSlot = Int32(ownCount)
        while right >= 0 {
            let addend = theirs[right]
            if left >= 0 && own[left].row > addend.row {
                own[end] = own[left]
                left -= 1
            } else {
                let values = other.row(table, slot: addend.slot)
                if left >= 0 && own[left].row == addend.row {
                    Kernel.accumulate(values, into: row(table, slot: own[left].slot), count: columns)
                    own[end] = own[left]
                    left -= 1
                } else {
                    row(table, slot: nextSlot).update(from: values, count: columns)
                    own[end] = RowEntry(row: addend.row, slot: nextSlot)
                    nextSlot += 1
                }
                right -= 1
            }
            end -= 1
        }
        setRowCount(table, count)
    }

    /// The number of different rows in two sorted lists.
    private func unionCount(
        _ a: UnsafeMutablePointer<RowEntry>, _ aCount: Int, _ b: UnsafeMutablePointer<RowEntry>, _ bCount: Int
    ) -> Int {
        var (i, j, count) = (0, 0, 0)
        while i < aCount && j < bCount {
            let (x, y) = (a[i].row, b[j].row)
            if x <= y { i += 1 }
            if y <= x { j += 1 }
            count += 1
        }
        return count + (aCount - i) + (bCount - j)
    }
}
