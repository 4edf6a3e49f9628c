import Differentiation
import KernelCore
import MPI

/// Brings rows of divided tables from the ranks that keep them to those that read them, each to its own place in a table
/// with room for all rows.
///
/// Three exchanges of every rank with every rank: how many rows each wants of each other one, which, and their values. What
/// a rank has fetched is valid until the next fetch or step. The pages that it lies in are given back once they are more
/// than an eighth of what the rank keeps and than 64 MiB: a page that is used again and again need not be made anew.
package final class RowFetch {
    /// The tables whose rows are fetched, in the order in which ``request`` counts them.
    package var tables: [Parameter] { ownership.tables }
    /// What this rank wants of the others; empty behind a fetch.
    package let request: RowRequest
    /// Called with rows that this rank keeps before anybody reads them; nil: they are what they should be.
    var beforeReads: ((_ table: Parameter, _ rows: UnsafeBufferPointer<Int32>) -> Void)? {
        didSet { request.namesKept = beforeReads != nil }
    }
    private let ownership: RowOwnership
    private let communicator: Communicator
    private let storage: ParameterStorage
    private let ownRank: Int
    private let budget: Int
    /// The most memory that fetched rows can have taken since their pages were given back.
    private var fetchedBytes = 0

    /// Rows of each divided table that are wanted of each rank, and that each rank wants: `[ranks, tables]`.
    private var wantedCounts: [Int32]
    private var askedCounts: [Int32]
    private var wanted: RankBlocks
    private var asked: RankBlocks
    private var received: RankBlocks
    private var sent: RankBlocks
    private let wantedRows = GrowingBuffer<Int32>()
    private let askedRows = GrowingBuffer<Int32>()
    private let receivedValues = GrowingBuffer<Float>()
    private let sentValues = GrowingBuffer<Float>()

    private static let leastBudget = 64 << 20
    private static let pageBytes = 4096

    /// - Parameters:
    ///   - storage: the parameters of this rank, with room for all rows.
    ///   - communicator: all ranks, in the order of `ownership`.
    init(_ ownership: RowOwnership, _ storage: ParameterStorage, on communicator: Communicator) {
        self.ownership = ownership
        self.storage = storage
        self.communicator = communicator
        ownRank = communicator.rank
        let kept = ownership.kept[ownRank]
        request = RowRequest(ownership.tables, kept: ownership.tables.map { kept.rows[$0.tableIndex ?? 0] })
        let keptBytes = ownership.keptCount(ofRank: ownRank, storage.layout) * MemoryLayout<Float>.stride
        budget = max(keptBytes / 8, Self.leastBudget)
        let ranks = communicator.size
        wantedCounts = Array(repeating: 0, count: ranks * ownership.tables.count)
        askedCounts = wantedCounts
        wanted = RankBlocks(ranks: ranks)
        asked = wanted
        received = wanted
        sent = wanted
    }

    /// Brings the rows of ``request`` here, and gives other ranks those that they want. Collective.
    package func fetch() throws(MPIError) {
        releasePages()
        let tableCount = ownership.tables.count
        countWanted()
        try wantedCounts.withElements { (wanted) throws(MPIError) in
            try exchangeCounts(wanted)
        }
        wanted.fill { rank in (0..<tableCount).reduce(0) { $0 + Int(wantedCounts[rank * tableCount + $1]) } }
        asked.fill { rank in (0..<tableCount).reduce(0) { $0 + Int(askedCounts[rank * tableCount + $1]) } }
        received.fill { rank in floats(wantedCounts, rank) }
        sent.fill { rank in floats(askedCounts, rank) }
        let wantedRows = wantedRows(wanted.total)
        let askedRows = askedRows(asked.total)
        sortWanted(into: wantedRows)
        try exchange(UnsafeBufferPointer(wantedRows), wanted, into: askedRows, asked)
        prepareReads(of: UnsafeBufferPointer(askedRows))
        let sentValues = sentValues(sent.total)
        let receivedValues = receivedValues(received.total)
        forEachRow(askedRows, askedCounts) { values, offset, columns in
            (sentValues.baseAddress! + offset).update(from: values, count: columns)
        }
        try exchange(UnsafeBufferPointer(sentValues), sent, into: receivedValues, received)
        forEachRow(wantedRows, wantedCounts) { values, offset, columns in
            values.update(from: receivedValues.baseAddress! + offset, count: columns)
        }
        fetchedBytes += wanted.total * Self.pageBytes
        request.clear()
    }

    /// Makes the rows that somebody reads what they should be: this rank's own, and those that others ask for.
    private func prepareReads(of askedRows: UnsafeBufferPointer<Int32>) {
        guard let beforeReads else { return }
        for (number, table) in tables.enumerated() {
            request.keptRows[number].withUnsafeBufferPointer { beforeReads(table, $0) }
        }
        var next = 0
        for rank in 0..<communicator.size {
            for (number, table) in tables.enumerated() {
                let count = Int(askedCounts[rank * tables.count + number])
                beforeReads(table, UnsafeBufferPointer(rebasing: askedRows[next..<next + count]))
                next += count
            }
        }
    }

    private func floats(_ counts: [Int32], _ rank: Int) -> Int {
        ownership.tables.indices.reduce(0) {
            $0 + Int(counts[rank * ownership.tables.count + $1]) * ownership.tables[$1].columns
        }
    }

    private func releasePages() {
        guard fetchedBytes > budget else { return }
        let kept = ownership.kept[ownRank]
        for table in ownership.tables { storage.releaseRows(of: table, but: kept.rows[table.tableIndex ?? 0]) }
        fetchedBytes = 0
    }

    private func countWanted() {
        let tableCount = ownership.tables.count
        for index in wantedCounts.indices { wantedCounts[index] = 0 }
        for (number, table) in ownership.tables.enumerated() {
            for row in request.rows[number] {
                wantedCounts[ownership.owner(ofRow: Int(row), of: table) * tableCount + number] += 1
            }
        }
    }

    private func exchangeCounts(_ wanted: UnsafeBufferPointer<Int32>) throws(MPIError) {
        let incoming = askedRows(wanted.count)
        try communicator.allToAll(wanted, into: incoming)
        for index in askedCounts.indices { askedCounts[index] = incoming[index] }
    }

    /// The wanted rows, those of each rank together, table by table.
    private func sortWanted(into rows: UnsafeMutableBufferPointer<Int32>) {
        var next = wanted.starts
        for (number, table) in ownership.tables.enumerated() {
            for row in request.rows[number] {
                let owner = ownership.owner(ofRow: Int(row), of: table)
                rows[Int(next[owner])] = row
                next[owner] += 1
            }
        }
    }

    private func exchange<Element: MPIDatatype>(
        _ outgoing: UnsafeBufferPointer<Element>, _ sent: RankBlocks,
        into incoming: UnsafeMutableBufferPointer<Element>,
        _ received: RankBlocks
    ) throws(MPIError) {
        try sent.withPartition { (sent) throws(MPIError) in
            try received.withPartition { (received) throws(MPIError) in
                try communicator.allToAll(outgoing, sent, into: incoming, received)
            }
        }
    }

    /// Calls `body` with where each of the rows lies in its table, and where its values are in a message.
    private func forEachRow(
        _ rows: UnsafeMutableBufferPointer<Int32>, _ counts: [Int32],
        _ body: (_ values: UnsafeMutablePointer<Float>, _ offset: Int, _ columns: Int) -> Void
    ) {
        var index = 0
        var offset = 0
        for rank in 0..<communicator.size {
            for (number, table) in ownership.tables.enumerated() {
                let values = storage.values(table)
                for _ in 0..<counts[rank * ownership.tables.count + number] {
                    body(values + Int(rows[index]) * table.columns, offset, table.columns)
                    index += 1
                    offset += table.columns
                }
            }
        }
    }
}
