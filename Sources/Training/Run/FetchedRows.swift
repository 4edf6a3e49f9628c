import Differentiation
import DistributedOptimizer
import Evaluation
import MPI
import Recommenders

/// The rows that an evaluation reads, fetched from the ranks that keep them.
package struct FetchedRows: RowSource {
    /// The rows of the table of items that this rank keeps.
    package let keptItems: Range<Int>
    private let exchange: RowFetch
    /// Where items and users are among the tables that are divided; nil: that table is complete here.
    private let items: Int?
    private let users: Int?

    /// - Parameter optimizer: whose rows are fetched by `fetch`, and are those of `model`.
    package init(_ fetch: RowFetch, of model: any Recommender, _ optimizer: any DistributedOptimizer) {
        exchange = fetch
        items = fetch.tables.firstIndex { $0.index == model.items.table.index }
        users = fetch.tables.firstIndex { $0.index == model.users?.table.index }
        keptItems = model.items.table.tableIndex.flatMap { optimizer.kept?.rows[$0] } ?? 0..<model.items.table.rows
    }

    /// Asks for rows of the table of items.
    package func want(items ids: UnsafePointer<Int32>, count: Int) {
        if let items { exchange.request.add(ids, count: count, table: items) }
    }

    /// Asks for rows of the table of users.
    package func want(users ids: UnsafePointer<Int32>, count: Int) {
        if let users { exchange.request.add(ids, count: count, table: users) }
    }

    /// Brings the rows here. Collective.
    package func fetch() throws(MPIError) { try exchange.fetch() }
}

extension ShardWorker {
    /// Brings the rows here that the mini-batches of a step read, where other ranks keep them. Collective then.
    package func fetchRows(
        stepOfEpoch: Int, step: Int, for optimizer: any DistributedOptimizer
    ) throws(MPIError) {
        guard let fetch = optimizer.rowFetch else { return }
        phases?.begin(.batch)
        let rows = FetchedRows(fetch, of: model, optimizer)
        forEachBatch(stepOfEpoch: stepOfEpoch, step: step) { batch in
            rows.want(items: batch.historyItems, count: batch.histories.total)
            rows.want(items: batch.candidates, count: batch.targetCount * batch.candidatesPerTarget)
            rows.want(users: batch.users, count: batch.count)
            if let drawn = objective.drawnItems(of: batch, on: tape) {
                rows.want(items: drawn.items, count: drawn.count)
            }
        }
        phases?.begin(.exchange)
        try rows.fetch()
    }
}
