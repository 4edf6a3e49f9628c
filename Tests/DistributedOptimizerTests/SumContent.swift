import Differentiation

/// What a sum has over a slice, bit by bit.
struct SumContent: Equatable {
    private var sampleCount: Int
    private var loss: UInt64
    private var dense: [UInt32] = []
    private var rows: [[Int: [UInt32]]] = []

    /// What `sum` has now.
    init(_ sum: SliceSum, _ slice: ParameterSlice, _ layout: ParameterLayout) {
        sampleCount = sum.sampleCount
        loss = sum.loss.bitPattern
        sum.forEachDenseBlock(of: 0..<slice.dense.count) { _, values, count in
            dense += (0..<count).map { values[$0].bitPattern }
        }
        for (tableIndex, table) in layout.tables.enumerated() {
            var bits: [Int: [UInt32]] = [:]
            sum.forEachRow(tableIndex) { row, values in
                bits[row] = (0..<table.parameter.columns).map { values[$0].bitPattern }
            }
            rows.append(bits)
        }
    }
}
