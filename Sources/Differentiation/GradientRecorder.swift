import KernelCore

/// Collects the gradient of one mini-batch: dense gradients in place, table gradients by touched row.
///
///     recorder.begin(in: view)
///     ... backward ...
///     recorder.finish(sampleCount: batch.count, loss: sum)
///
/// The maps from row to slot are kept from one mini-batch to the next; only touched entries are cleared.
public final class GradientRecorder {
    /// One table, and the part of the gradient that belongs to it.
    private struct RecordedTable {
        let columns: Int
        /// Rows that the gradient has room for.
        let capacity: Int
        /// The slot of each row, -1 for an untouched row.
        let slots: UnsafeMutablePointer<Int32>
        var touched = 0
        var entries: UnsafeMutablePointer<RowEntry>?
        var gradients: UnsafeMutablePointer<Float>?
    }

    private let layout: GradientLayout
    // Memory instead of properties, access to which the language would check at every row.
    private let tables: UnsafeMutablePointer<RecordedTable>
    private let denseGradients: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
    private var view: GradientView?
    /// The table that a mini-batch has touched more rows of than there is room for. Gradients are worth nothing then.
    @exclusivity(unchecked) private(set) var overflow: (capacity: Int, columns: Int)?
    /// Where the gradients of the rows go that there is no room for.
    private let spareRow: UnsafeMutablePointer<Float>
    private let sortScratch: UnsafeMutablePointer<RowEntry>

    /// A recorder of gradients of one layout.
    public init(_ layout: GradientLayout) {
        self.layout = layout
        tables = .allocate(capacity: max(layout.tables.count, 1))
        for (index, table) in layout.tables.enumerated() {
            let slots = LargeMemory.allocate(Int32.self, count: table.rows)
            slots.initialize(repeating: -1, count: table.rows)
            (tables + index).initialize(
                to: RecordedTable(columns: table.columns, capacity: table.capacity, slots: slots))
        }
        denseGradients = .allocate(capacity: 1)
        denseGradients.initialize(to: nil)
        sortScratch = LargeMemory.allocate(count: layout.tables.map(\.capacity).max() ?? 0)
        let widest = max(layout.tables.map(\.columns).max() ?? 0, 1)
        spareRow = .allocate(capacity: widest)
        spareRow.initialize(repeating: 0, count: widest)
    }

    deinit {
        for tableIndex in layout.tables.indices { LargeMemory.deallocate(tables[tableIndex].slots) }
        tables.deallocate()
        denseGradients.deallocate()
        LargeMemory.deallocate(sortScratch)
        spareRow.deallocate()
    }

    /// Starts a gradient of zeros in `view`.
    public func begin(in view: GradientView) {
        self.view = view
        denseGradients.pointee = view.dense
        for tableIndex in layout.tables.indices {
            tables[tableIndex].entries = view.entries(tableIndex)
            tables[tableIndex].gradients = view.row(tableIndex, slot: 0)
        }
        Kernel.clear(view.dense, count: layout.denseCount)
    }

    /// The gradient of the dense `parameter`.
    @inline(__always)
    func dense(_ parameter: Parameter) -> UnsafeMutablePointer<Float> { denseGradients.pointee! + parameter.offset }

    /// The gradient of row `row` of table `tableIndex`, zero when it is first asked for.
    @inline(__always)
    func row(_ tableIndex: Int, _ row: Int32) -> UnsafeMutablePointer<Float> {
        let table = tables + tableIndex
        let slot = Int(table.pointee.slots[Int(row)])
        return slot >= 0 ? table.pointee.gradients! + slot * table.pointee.columns : addRow(row, to: table)
    }

    /// Completes the gradient: sorts the touched rows and clears the maps.
    public func finish(sampleCount: Int, loss: Double) {
        guard let view else { return }
        for tableIndex in layout.tables.indices {
            let count = tables[tableIndex].touched
            let entries = view.entries(tableIndex)
            for index in 0..<count { tables[tableIndex].slots[Int(entries[index].row)] = -1 }
            tables[tableIndex].touched = 0
            Self.sort(entries, count, scratch: sortScratch, largest: layout.tables[tableIndex].rows - 1)
            view.setRowCount(tableIndex, count)
        }
        view.sampleCount = sampleCount
        view.loss = loss
        self.view = nil
    }

    private func addRow(_ row: Int32, to table: UnsafeMutablePointer<RecordedTable>) -> UnsafeMutablePointer<Float> {
        let slot = table.pointee.touched
        guard slot < table.pointee.capacity else {
            overflow = (table.pointee.capacity, table.pointee.columns)
            return spareRow
        }
        table.pointee.slots[Int(row)] = Int32(slot)
        table.pointee.touched = slot + 1
        table.pointee.entries![slot] = RowEntry(row: row, slot: Int32(slot))
        let gradient = table.pointee.gradients! + slot * table.pointee.columns
        Kernel.clear(gradient, count: table.pointee.columns)
        return gradient
    }

    /// Radix sort by row number, one byte at a time.
    private static func sort(
        _ entries: UnsafeMutablePointer<RowEntry>, _ count: Int, scratch: UnsafeMutablePointer<RowEntry>, largest: Int
    ) {
        var source = entries
        var target = scratch
        var shift: Int32 = 0
        // One kilobyte: the most that is taken from the stack instead of the heap.
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: 256) { ends in
            while shift < 32 && largest >> Int(shift) > 0 {
                CountingSort.forEachElement(of: count, ends: ends) { [source, shift] in
                    Int(source[$0].row >> shift & 255)
                } _: { [source, target] in
                    target[$1] = source[$0]
                }
                swap(&source, &target)
                shift += 8
            }
        }
        if source != entries { entries.update(from: source, count: count) }
    }
}
