/// The dev or test rows of a shard, by user and position: true items with the history before them.
///
/// The history of a test row includes the dev item. For ``SampleKind/sequential`` models rows without history are left
/// out.
public struct EvaluationRows {
    /// The shard whose rows these are.
    public let shard: Int
    /// Dev or test.
    public let split: Split
    /// The newest interactions that a history keeps; 0 keeps all.
    public let historyMax: Int
    /// Number of rows.
    public let count: Int
    /// Number of rows that are left out because they have no history.
    public let countWithoutHistory: Int
    /// The number of candidates that ``fill(_:_:)`` gives every row: the true item and the negatives of the file.
    public var candidatesPerTarget: Int { 1 + (store.negativesPerRow ?? 0) }

    private let store: SequenceStore
    /// Indices into the rows of the store.
    private let rows: [Int32]

    /// - Parameters:
    ///   - store: holds the users of `shard`.
    ///   - split: dev or test.
    ///   - historyMax: newest interactions that a history keeps; 0 keeps all.
    public init(store: SequenceStore, kind: SampleKind, shard: Int, split: Split, historyMax: Int) {
        precondition(store.shards.contains(shard), "the store does not hold shard \(shard)")
        precondition(split != .train, "dev and test rows are evaluated")
        self.store = store
        self.shard = shard
        self.split = split
        self.historyMax = historyMax
        let table = split == .dev ? store.devRows : store.testRows
        let local = shard - store.shards.lowerBound
        rows = (table.shardOffsets[local]..<table.shardOffsets[local + 1]).compactMap { row in
            kind == .sequential && table.positions[row] == 0 ? nil : Int32(row)
        }
        count = rows.count
        countWithoutHistory = table.shardOffsets[local + 1] - table.shardOffsets[local] - count
    }

    /// Fills a batch with a range of the rows. Candidates: the true item, then the negatives of the file, if any.
    public func fill(_ batch: PackedBatch, _ range: Range<Int>) {
        let width = store.negativesPerRow ?? 0
        let table = table
        batch.reset(candidatesPerTarget: 1 + width)
        for index in range {
            let row = Int(rows[index])
            let (local, position) = (Int(table.localUsers[row]), Int(table.positions[row]))
            let candidates = store.append(
                local: local, position: position, historyMax: historyMax,
                name: store.sampleName(ofLocal: local, position: position), to: batch)
            candidates[0] = trueItem(index)
            guard width > 0 else { continue }
            table.negatives.withUnsafeBufferPointer { negatives in
                guard let start = negatives.baseAddress else { return }
                (candidates + 1).update(from: start + row * width, count: width)
            }
        }
    }

    /// The user of a row.
    public func user(_ index: Int) -> Int32 { store.users[localUser(Int(rows[index]))] }

    /// The item that the user really took.
    public func trueItem(_ index: Int) -> Int32 {
        let row = Int(rows[index])
        return store.items[store.offsets[localUser(row)] + position(row)]
    }

    /// Which row of the file this is, from 0, without the header.
    public func fileRow(_ index: Int) -> Int { Int(table.fileRows[Int(rows[index])]) }

    /// The distinct items of the whole history of a row, uncut, ascending: what the full protocol does not rank.
    /// Reuses the capacity of `items`.
    public func seenItems(_ index: Int, into items: inout [Int32]) {
        let row = Int(rows[index])
        let local = localUser(row)
        let history = store.history(ofLocal: local, before: position(row), historyMax: 0)
        let train = Split.train.rawValue
        items.removeAll(keepingCapacity: true)
        guard !store.splits[history.upperBound..<store.offsets[local + 1]].contains(train) else {
            // A train interaction after the row: its item may not have been seen.
            items.append(contentsOf: Set(store.items[history]).sorted())
            return
        }
        items.append(contentsOf: store.trainItems(ofLocal: local))
        for slot in history where store.splits[slot] != train {
            let item = store.items[slot]
            let insertion = items.firstIndex { $0 >= item } ?? items.count
            if insertion == items.count || items[insertion] != item { items.insert(item, at: insertion) }
        }
    }

    /// The distinct items of the whole history of a row, uncut, ascending: what the full protocol does not rank.
    public func seenItems(_ index: Int) -> [Int32] {
        var items: [Int32] = []
        seenItems(index, into: &items)
        return items
    }

    /// The stored negatives of a row; empty where the data set has none.
    func negatives(_ index: Int) -> ArraySlice<Int32> {
        let width = store.negativesPerRow ?? 0
        return table.negatives[Int(rows[index]) * width..<(Int(rows[index]) + 1) * width]
    }

    private var table: SequenceStore.EvaluationTable { split == .dev ? store.devRows : store.testRows }
    private func localUser(_ row: Int) -> Int { Int(table.localUsers[row]) }
    private func position(_ row: Int) -> Int { Int(table.positions[row]) }
}
