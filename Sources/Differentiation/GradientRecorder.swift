import KernelCore

/// Collects the gradient of one mini-batch: dense gradients in place, table gradients by touched row.
///
///     recorder.begin(in: view)
///     ... backward ...
///     recorder.finish(samples: batch.count, loss: sum)
///
/// The maps from row to slot are kept from one mini-batch to the next; only touched entries are cleared.
public final class GradientRecorder {
    /// The slot of each row of one table, -1 for an untouched row.
    private struct SlotMap {
        let slots: UnsafeMutablePointer<Int32>
        var touched = 0
    }

    private let layout: GradientLayout
    private var maps: [SlotMap]
    private var view: GradientView?
    private let sortScratch: UnsafeMutablePointer<RowEntry>

    public init(_ layout: GradientLayout) {
        self.layout = layout
        maps = layout.tables.map { table in
            let slots = UnsafeMutablePointer<Int32>.allocate(capacity: table.rows)
            slots.initialize(repeating: -1, count: table.rows)
            return SlotMap(slots: slots)
        }
        sortScratch = .allocate(capacity: max(layout.tables.map(\.capacity).max() ?? 0, 1))
    }

    deinit {
        for map in maps { map.slots.deallocate() }
        sortScratch.deallocate()
    }

    /// Starts a gradient of zeros in `view`.
    public func begin(in view: GradientView) {
        self.view = view
        Kernel.clear(view.dense, count: layout.denseCount)
    }

    /// The gradient of the dense `parameter`.
    @inline(__always)
    func dense(_ parameter: Parameter) -> UnsafeMutablePointer<Float> { view!.dense + parameter.offset }

    /// The gradient of row `row` of table `table`, zero when it is first asked for.
    @inline(__always)
    func row(_ table: Int, _ row: Int32) -> UnsafeMutablePointer<Float> {
        let slot = maps[table].slots[Int(row)]
        return slot >= 0 ? view!.row(table, slot: slot) : addRow(table, row)
    }

    /// Completes the gradient: sorts the touched rows and clears the maps.
    public func finish(samples: Int, loss: Double) {
        guard let view else { return }
        for table in maps.indices {
            let count = maps[table].touched
            let entries = view.entries(table)
            for index in 0..<count { maps[table].slots[Int(entries[index].row)] = -1 }
            maps[table].touched = 0
            Self.sort(entries, count, scratch: sortScratch, largest: layout.tables[table].rows - 1)
            view.setRowCount(table, count)
        }
        view.samples = samples
        view.loss = loss
        self.view = nil
    }

    private func addRow(_ table: Int, _ row: Int32) -> UnsafeMutablePointer<Float> {
        let slot = maps[table].touched
        precondition(
            slot < layout.tables[table].capacity,
            "a mini-batch touches more than \(layout.tables[table].capacity) rows of table \(table)")
        maps[table].slots[Int(row)] = Int32(slot)
        maps[table].touched = slot + 1
        view!.entries(table)[slot] = RowEntry(row: row, slot: Int32(slot))
        let gradient = view!.row(table, slot: Int32(slot))
        Kernel.clear(gradient, count: layout.tables[table].columns)
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
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: 256) { starts in
            while shift < 32 && largest >> Int(shift) > 0 {
                starts.update(repeating: 0)
                for index in 0..<count { starts[Int(source[index].row >> shift & 255)] += 1 }
                var start: Int32 = 0
                for digit in 0..<256 {
                    (start, starts[digit]) = (start + starts[digit], start)
                }
                for index in 0..<count {
                    let digit = Int(source[index].row >> shift & 255)
                    target[Int(starts[digit])] = source[index]
                    starts[digit] += 1
                }
                swap(&source, &target)
                shift += 8
            }
        }
        if source != entries { entries.update(from: source, count: count) }
    }
}
