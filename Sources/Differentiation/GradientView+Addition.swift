import KernelCore

extension GradientView {
    /// Adds `other`, the gradient of later shards, as a node of the tree over the shards adds its right part to its left
    /// one: the numbers are those that ``SliceSum`` gives for the two.
    ///
    /// - Precondition: both are complete (``GradientRecorder/finish(sampleCount:loss:)``), of one layout, and this one has room
    ///   for the touched rows of both.
    package func add(_ other: GradientView) {
        guard other.sampleCount > 0 else { return }
        guard sampleCount > 0 else { return take(other) }
        sampleCount += other.sampleCount
        loss += other.loss
        Kernel.accumulate(other.dense, into: dense, count: layout.denseCount)
        for tableIndex in layout.tables.indices { addRows(of: other, tableIndex) }
    }

    /// Becomes a copy of `other`.
    private func take(_ other: GradientView) {
        sampleCount = other.sampleCount
        loss = other.loss
        dense.update(from: other.dense, count: layout.denseCount)
        for (tableIndex, shape) in layout.tables.enumerated() {
            let count = other.rowCount(tableIndex)
            setRowCount(tableIndex, count)
            entries(tableIndex).update(from: other.entries(tableIndex), count: count)
            // The slots of touched rows are the first ones.
            row(tableIndex, slot: 0).update(from: other.row(tableIndex, slot: 0), count: count * shape.columns)
        }
    }

    private func addRows(of other: GradientView, _ tableIndex: Int) {
        let columns = layout.tables[tableIndex].columns
        let (own, theirs) = (entries(tableIndex), other.entries(tableIndex))
        let (ownCount, theirCount) = (rowCount(tableIndex), other.rowCount(tableIndex))
        let count = unionCount(own, ownCount, theirs, theirCount)
        precondition(
            count <= layout.tables[tableIndex].capacity,
            "a sum of gradients has \(count) rows of table \(tableIndex), \(layout.tables[tableIndex].capacity) at most are expected"
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
                let values = other.row(tableIndex, slot: addend.slot)
                if left >= 0 && own[left].row == addend.row {
                    Kernel.accumulate(values, into: row(tableIndex, slot: own[left].slot), count: columns)
                    own[end] = own[left]
                    left -= 1
                } else {
                    row(tableIndex, slot: nextSlot).update(from: values, count: columns)
                    own[end] = RowEntry(row: addend.row, slot: nextSlot)
                    nextSlot += 1
                }
                right -= 1
            }
            end -= 1
        }
        setRowCount(tableIndex, count)
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
