import Differentiation

/// Which rank keeps which rows of the tables that are divided among the ranks, and what it does with the others.
///
/// Rank r of n keeps the rows `R r / n ..< R (r + 1) / n` of a table of R rows: the same that it adds up and updates in an
/// optimizer without sharding. A table that is not divided is complete on every rank, as are the dense parameters.
package struct RowOwnership {
    /// The tables that are divided.
    package let tables: [Parameter]
    /// For each table of the layout, whether it is divided.
    let isDivided: [Bool]
    /// What each rank adds up and updates.
    let slices: [ParameterSlice]
    /// Of each rank's slice what every rank updates: all but the rows of divided tables.
    let sharedSlices: [ParameterSlice]
    /// What each rank keeps.
    package let kept: [ParameterSlice]

    /// - Parameters:
    ///   - tables: those that are divided, of `layout`.
    ///   - ranks: how many there are.
    package init(of tables: [Parameter], _ layout: ParameterLayout, ranks: Int) {
        self.tables = tables
        let isDivided = layout.tables.map { table in tables.contains { $0.index == table.parameter.index } }
        self.isDivided = isDivided
        let slices = (0..<ranks).map { ParameterSlice($0, of: ranks, layout) }
        self.slices = slices
        sharedSlices = slices.map { $0.omitting(isDivided) }
        kept = slices.map { slice in
            ParameterSlice(
                layout,
                rows: layout.tables.indices.map {
                    isDivided[$0] ? slice.rows[$0] : 0..<layout.tables[$0].parameter.rows
                })
        }
    }

    /// The rank that keeps a row of a table.
    @inline(__always)
    func owner(ofRow row: Int, of table: Parameter) -> Int { ((row + 1) * slices.count - 1) / table.rows }

    /// Floats that a rank keeps of one copy of all parameters.
    package func keptCount(ofRank rank: Int, _ layout: ParameterLayout) -> Int {
        layout.specifications.reduce(0) { $0 + kept[rank].values(of: $1.parameter).count }
    }
}
