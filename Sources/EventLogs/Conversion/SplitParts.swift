import FileIO
import Interactions

/// Makes a data set of the events that filters have left.
struct SplitParts {
    let filter: EventFilter
    let split: EventSplit
    let userIds: NamedIds
    let itemIds: NamedIds
    /// For messages.
    let file: String

    func dataset(
        name: String, _ options: ConversionOptions, hasTimes: Bool
    ) throws(DatasetError) -> InteractionDataset {
        let counts = try requireParts(options)
        let (ofUsers, ofItems) = filter.counts()
        let (users, userNumbers) = userIds.vocabulary(using: ofUsers.map { $0 > 0 })
        let (items, itemNumbers) = itemIds.vocabulary(using: ofItems.map { $0 > 0 })
        let userColumns = columns(filter.users, counts) { userNumbers[Int($0)] }
        let itemColumns = columns(filter.items, counts) { itemNumbers[Int($0)] }
        let timeColumns = columns(filter.times, counts) { $0 }
        let negatives = try storedNegatives(options, itemColumns[0], itemNumbers, items, counts) { number in
            userIds.text(of: number)
        }
        func table(_ part: Int) -> InteractionTable {
            let hasNegatives = part > 0 && options.negatives > 0
            return InteractionTable(
                file: file, users: userColumns[part], items: itemColumns[part], times: timeColumns[part],
                negatives: hasNegatives ? negatives[part] : [], negativesPerRow: hasNegatives ? options.negatives : nil)
        }
        return try InteractionDataset(
            name: name, users: users, items: items, train: table(0), dev: table(1), test: table(2), hasTimes: hasTimes)
    }

    /// Refuses a split that leaves nothing to train on or to test.
    private func requireParts(_ options: ConversionOptions) throws(DatasetError) -> [Int] {
        let counts = [EventSplit.train, EventSplit.dev, EventSplit.test].map { split.count(of: $0, in: filter) }
        let kind = options.split ?? .leaveOneOut
        for (name, count) in zip(["train", "dev", "test"], counts) where count == 0 {
            // All other parts are optional.
            guard name != "dev" || kind != .leaveOneOut else { continue }
            throw DatasetError(
                .invalid, file: file, problem: "--split \(kind.rawValue) leaves no event for \(name)",
                recoverySuggestion: kind == .leaveOneOut
                    ? "at least one user needs three events: the last is test, the one before is dev"
                    : kind == .temporal
                        ? "choose --dev-from and --test-from within the times of the log"
                        : "at least ten users are needed")
        }
        return counts
    }

    /// A column of train, dev and test, in the order of the file.
    private func columns<Value, Result>(
        _ column: [Value], _ counts: [Int], _ map: (Value) -> Result
    ) -> [[Result]] {
        var parts: [[Result]] = [[], [], []]
        for part in parts.indices { parts[part].reserveCapacity(counts[part]) }
        for row in column.indices where filter.isKept[row] {
            parts[Int(split.parts[row])].append(map(column[row]))
        }
        return parts
    }

    /// The negatives of train, dev and test: those of train are none.
    private func storedNegatives(
        _ options: ConversionOptions, _ trainItems: [Int32], _ itemNumbers: [Int32], _ items: Vocabulary,
        _ counts: [Int], user name: (Int32) -> String
    ) throws(DatasetError) -> [[Int32]] {
        var result: [[Int32]] = [[], [], []]
        let width = options.negatives
        guard width > 0 else { return result }
        let sampler = StoredNegatives(
            options.negativeSampling, count: width, seed: options.seed, itemCount: items.count, trainItems: trainItems)
        // The row of each event in its part.
        var rowsOfParts = [0, 0, 0]
        var partRows = [Int32](repeating: 0, count: filter.isKept.count)
        for row in partRows.indices where filter.isKept[row] {
            let part = Int(split.parts[row])
            partRows[row] = Int32(rowsOfParts[part])
            rowsOfParts[part] += 1
        }
        for part in 1...2 { result[part] = [Int32](repeating: 0, count: counts[part] * width) }
        var marks = [Bool](repeating: false, count: items.count + 1)
        for user in 1..<filter.order.userCount + 1 {
            let rows = filter.order.rows(of: user).filter { filter.isKept[Int($0)] }
            guard rows.contains(where: { split.parts[Int($0)] != EventSplit.train }) else { continue }
            for row in rows { marks[Int(itemNumbers[Int(filter.items[Int(row)])])] = true }
            for row in rows.map(Int.init) where split.parts[row] != EventSplit.train {
                let part = split.parts[row]
                do throws(StoredNegatives.TooFew) {
                    let drawn = try sampler.draw(part: part, row: Int(partRows[row]), user: user, marks: &marks)
                    result[Int(part)].replaceSubrange(
                        Int(partRows[row]) * width..<(Int(partRows[row]) + 1) * width, with: drawn)
                } catch {
                    throw DatasetError(
                        .configuration, file: file,
                        problem:
                            "--negatives \(width): for user \(name(Int32(error.user)).printable(limit: 60)) there are only \(error.items)",
                        recoverySuggestion:
                            "choose fewer negatives, or none: then all items are ranked"
                            + (options.negativeSampling == .popularity
                                ? "; by popularity only items of train are drawn" : ""))
                }
            }
            for row in rows { marks[Int(itemNumbers[Int(filter.items[Int(row)])])] = false }
        }
        return result
    }
}
