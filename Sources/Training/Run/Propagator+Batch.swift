import Differentiation
import Interactions
import Recommenders

extension Propagator {
    /// Completes the rows that `model` reads of a mini-batch: those of its users, candidates and, if it reads them,
    /// histories.
    package func materialize(rowsOf batch: PackedBatch, for model: any Recommender) {
        if let tableIndex = model.users?.table.tableIndex {
            for index in 0..<batch.count { materialize(row: batch.users[index], of: tableIndex) }
        }
        guard let tableIndex = model.items.table.tableIndex else { return }
        for index in 0..<batch.targetCount * batch.candidatesPerTarget {
            materialize(row: batch.candidates[index], of: tableIndex)
        }
        guard model.propagation?.readsHistories == true else { return }
        for index in 0..<batch.histories.total { materialize(row: batch.historyItems[index], of: tableIndex) }
    }
}
