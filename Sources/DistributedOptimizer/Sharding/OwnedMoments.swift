import Differentiation

/// The parameters that the owner of a slice alone moves: it has their moments, and the others get their new values in the
/// place of the sum of the gradients. This is the first stage of ZeRO (Rajbhandari et al. 2020).
///
/// All dense parameters are among them.
package struct OwnedMoments: Sendable {
    /// For each table of the layout, whether its rows are among them.
    package let tables: [Bool]

    /// - Parameter tables: for each table of the layout, whether its rows are among them.
    package init(tables: [Bool]) { self.tables = tables }

    /// Those of a way to shard; nil where there are none.
    ///
    /// - Parameter ownership: of tables that are divided: these are with their owners anyway.
    init?(_ sharding: OptimizerSharding, _ layout: ParameterLayout, _ ownership: RowOwnership?) {
        guard sharding != .none else { return nil }
        tables = layout.tables.indices.map { sharding == .all && !(ownership?.isDivided[$0] ?? false) }
    }

    /// The part of a slice that its owner alone moves.
    func owned(_ slice: ParameterSlice) -> ParameterSlice { slice.omitting(tables.map { !$0 }) }

    /// The part of a slice that every node moves.
    func common(_ slice: ParameterSlice) -> ParameterSlice {
        let start = slice.dense.lowerBound
        return ParameterSlice(dense: start..<start, rows: slice.omitting(tables).rows)
    }
}

/// What the owner of a slice has moved before it sends the slice.
package struct MovedSlice {
    /// The parameters that it moves alone.
    let moments: OwnedMoments
    /// All parameters as they are now.
    let values: ParameterValues
    /// Whether all gradients were finite that they were moved by.
    let isFinite: Bool

    /// - Parameters:
    ///   - moments: the parameters that the owner moves alone.
    ///   - values: all parameters as they are now.
    ///   - isFinite: whether all gradients were finite that they were moved by.
    package init(_ moments: OwnedMoments, _ values: ParameterValues, isFinite: Bool) {
        self.moments = moments
        self.values = values
        self.isFinite = isFinite
    }
}

extension Adam {
    /// Takes over parameters that the owner of a slice has moved.
    ///
    /// - Parameters:
    ///   - slice: the part that it has moved, of the slice that `view` is of.
    ///   - view: a message with the new values.
    ///   - step: 1 for the first one.
    func adopt(_ slice: ParameterSlice, from view: SliceView, step: Int) {
        for specification in layout.specifications {
            let parameter = specification.parameter
            let range = slice.values(of: parameter)
            guard !range.isEmpty else { continue }
            let source =
                if let table = parameter.tableIndex {
                    view.tables[table].values
                } else {
                    view.dense + (parameter.offset + range.lowerBound - slice.dense.lowerBound)
                }
            (parameters(parameter) + range.lowerBound).update(from: source, count: range.count)
        }
        if let average { updateAverage(average, slice, step: step) }
    }
}
