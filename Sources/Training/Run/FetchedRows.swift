import Differentiation
import DistributedOptimizer
import Evaluation
import Interactions
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
        prepareBatches(stepOfEpoch: stepOfEpoch, step: step) { batch in
            forEachRead(of: batch, items: rows.want(items:count:), users: rows.want(users:count:))
        }
        phases?.begin(.exchange)
        try rows.fetch()
    }

    /// Calls the closures with the rows of the tables of items and users that a mini-batch reads. The tape has begun with it.
    private func forEachRead(
        of batch: PackedBatch, items: (UnsafePointer<Int32>, Int) -> Void, users: (UnsafePointer<Int32>, Int) -> Void
    ) {
        items(batch.historyItems, batch.histories.total)
        items(batch.candidates, batch.targetCount * batch.candidatesPerTarget)
        users(batch.users, batch.count)
        if let drawn = objective.drawnItems(of: batch, on: tape) { items(drawn.items, drawn.count) }
    }

    /// Draws the mini-batches of the next step, and announces the rows that they read, where rows wait for their steps.
    ///
    /// - Parameters: as of ``computeGradients(stepOfEpoch:step:into:)``, of the next step.
    package func announceReads(stepOfEpoch: Int, step: Int, to optimizer: any DistributedOptimizer) {
        guard let deferral = optimizer.deferral else { return }
        // Rows that are fetched are announced by being asked for.
        guard optimizer.rowFetch == nil else { return deferral.announceReads {} }
        phases?.begin(.batch)
        deferral.announceReads {
            prepareBatches(stepOfEpoch: stepOfEpoch, step: step) { batch in
                forEachRead(
                    of: batch, items: { deferral.willRead(model.items.table, $0, count: $1) },
                    users: { rows, count in
                        if let users = model.users { deferral.willRead(users.table, rows, count: count) }
                    })
            }
        }
    }
}
