import Differentiation
import KernelCore

/// A gradient in memory of its own, written element by element.
final class RecordedGradient {
    let view: GradientView
    private let memory: UnsafeMutableRawPointer

    /// - Parameters:
    ///   - sampleCount: 0: a gradient without content.
    ///   - rows: the touched rows of each table, in the order in which they were touched.
    ///   - value: of element `index` of the dense region, or of the rows of a table from slot 0 on.
    init(
        _ layout: ParameterLayout, rowCapacity: Int, sampleCount: Int, loss: Double = 0, rows: [[Int32]],
        value: (_ index: Int) -> Float
    ) {
        let gradientLayout = GradientLayout(layout, rowCapacity: rowCapacity)
        memory = .allocate(byteCount: gradientLayout.byteCount, alignment: 64)
        view = GradientView(gradientLayout, at: memory)
        view.sampleCount = sampleCount
        view.loss = loss
        for index in 0..<layout.denseCount { view.dense[index] = value(index) }
        for (tableIndex, table) in layout.tables.enumerated() {
            let touched = rows[tableIndex]
            view.setRowCount(tableIndex, touched.count)
            let sorted = touched.enumerated().sorted { $0.element < $1.element }
            for (index, entry) in sorted.enumerated() {
                view.entries(tableIndex)[index] = RowEntry(row: entry.element, slot: Int32(entry.offset))
            }
            let values = view.row(tableIndex, slot: 0)
            for index in 0..<touched.count * table.parameter.columns { values[index] = value(1_000 + index) }
        }
    }

    deinit { memory.deallocate() }
}
