/// Builds the columns of a ``SequenceStore``: interactions by user, in time order.
struct TimeOrderedSequences {
    let offsets: [Int]
    private(set) var items: [Int32]
    private(set) var times: [Int64]
    private(set) var splits: [UInt8]
    /// Row of its table that every interaction comes from.
    private var fileRows: [Int32]

    init(_ dataset: InteractionDataset, users: [Int32]) {
        var localUsers = [Int32](repeating: -1, count: dataset.userCount + 1)
        for (local, user) in users.enumerated() { localUsers[Int(user)] = Int32(local) }
        let tables = [(dataset.train, Split.train), (dataset.dev, .dev), (dataset.test, .test)]

        var lengths = [Int](repeating: 0, count: users.count)
        for (table, _) in tables {
            for user in table.users where localUsers[Int(user)] >= 0 { lengths[Int(localUsers[Int(user)])] += 1 }
        }
        var offsets = [0]
        offsets.reserveCapacity(users.count + 1)
        for length in lengths { offsets.append(offsets[offsets.count - 1] + length) }

        let total = offsets[users.count]
        items = [Int32](repeating: 0, count: total)
        times = [Int64](repeating: 0, count: total)
        splits = [UInt8](repeating: 0, count: total)
        fileRows = [Int32](repeating: 0, count: total)
        var next = offsets
        for (table, split) in tables {
            for row in 0..<table.count {
                let local = Int(localUsers[Int(table.users[row])])
                guard local >= 0 else { continue }
                let slot = next[local]
                next[local] += 1
                items[slot] = table.items[row]
                times[slot] = table.times[row]
                splits[slot] = split.rawValue
                fileRows[slot] = Int32(row)
            }
        }
        self.offsets = offsets
        for local in users.indices { sortByTime(offsets[local]..<offsets[local + 1]) }
        if !dataset.hasTimes { countPositions() }
    }

    /// Without times the position in the user's own sequence counts, wherever its lines stand in the file.
    private mutating func countPositions() {
        for local in 0..<offsets.count - 1 {
            for slot in offsets[local]..<offsets[local + 1] { times[slot] = Int64(slot - offsets[local]) }
        }
    }

    private mutating func sortByTime(_ range: Range<Int>) {
        guard range.dropFirst().contains(where: { times[$0] < times[$0 - 1] }) else { return }
        let order = range.sorted { (times[$0], $0) < (times[$1], $1) }
        let sorted = order.map { (items[$0], times[$0], splits[$0], fileRows[$0]) }
        for (slot, entry) in zip(range, sorted) {
            (items[slot], times[slot], splits[slot], fileRows[slot]) = entry
        }
    }

    func smallestTimeGap(of local: Int) -> Int64 {
        var smallest = Int64.max
        for slot in (offsets[local]..<offsets[local + 1]).dropFirst() {
            let (gap, overflow) = times[slot].subtractingReportingOverflow(times[slot - 1])
            if gap > 0, !overflow { smallest = min(smallest, gap) }
        }
        return smallest
    }

    func distinctTrainItems() -> (offsets: [Int], items: [Int32]) {
        var distinct: [Int32] = []
        distinct.reserveCapacity(items.count)
        var distinctOffsets = [0]
        distinctOffsets.reserveCapacity(offsets.count)
        var own: [Int32] = []
        for local in 0..<offsets.count - 1 {
            own.removeAll(keepingCapacity: true)
            for slot in offsets[local]..<offsets[local + 1] where splits[slot] == Split.train.rawValue {
                own.append(items[slot])
            }
            own.sort()
            for (index, item) in own.enumerated() where index == 0 || item != own[index - 1] { distinct.append(item) }
            distinctOffsets.append(distinct.count)
        }
        return (distinctOffsets, distinct)
    }

    func evaluationTable(
        _ split: Split, _ table: InteractionTable, shardOffsets: [Int]
    ) -> SequenceStore.EvaluationTable {
        var rows = SequenceStore.EvaluationTable()
        let width = table.negativesPerRow ?? 0
        for shard in 0..<shardOffsets.count - 1 {
            for local in shardOffsets[shard]..<shardOffsets[shard + 1] {
                for slot in offsets[local]..<offsets[local + 1] where splits[slot] == split.rawValue {
                    let fileRow = Int(fileRows[slot])
                    rows.localUsers.append(Int32(local))
                    rows.positions.append(Int32(slot - offsets[local]))
                    rows.fileRows.append(fileRows[slot])
                    rows.negatives += table.negatives[fileRow * width..<(fileRow + 1) * width]
                }
            }
            rows.shardOffsets.append(rows.localUsers.count)
        }
        return rows
    }
}
