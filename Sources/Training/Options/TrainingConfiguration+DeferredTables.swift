import Differentiation
import DistributedOptimizer
import Recommenders

extension TrainingConfiguration {
    /// The tables whose rows move when they are read (``DistributedOptimizer/RowDeferral``): large ones, of which a step reads
    /// a small part.
    ///
    /// - Parameters:
    ///   - items, users: the tables of the model, of which mini-batches name all rows that are read.
    ///   - objective: of a training with this batch.
    package func deferredTables(items: Parameter, users: Parameter?, _ objective: Objective) -> [Parameter] {
        guard rowUpdates != .everyStep else { return [] }
        let targets = targetsPerSample
        let ids = options.historyMax + targets * (1 + objective.candidateNegatives)
        let itemsRead = batchSize * ids + objective.additionalItems(samples: batchSize * targets)
        let tables = [(items, itemsRead)] + (users.map { [($0, batchSize)] } ?? [])
        return tables.compactMap { table, count in
            let isLarge = table.count >= Self.leastDeferredValues && table.rows >= Self.leastRowsOfARead * count
            return rowUpdates == .whenRead || isLarge ? table : nil
        }
    }

    /// The values of a table from which on its rows may wait. Fewer stay in a third cache together with their moments, and
    /// there a step is bound by its divisions and roots, whenever it is taken.
    private static let leastDeferredValues = 4 << 20
    /// The rows of a table for each that a step reads, from which on they may wait: below that they hardly do.
    private static let leastRowsOfARead = 4
}
