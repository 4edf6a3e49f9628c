/// What a format reads: interactions that are split into train, dev and test.
struct SplitInteractions {
    var train: InteractionTable
    var dev: InteractionTable
    var test: InteractionTable
    /// Whether the times are from the data, and not only an order.
    let hasTimes: Bool
    let userIds: Vocabulary
    let itemIds: Vocabulary
    /// What was left out of what was read, for the user.
    var warnings: [String]
    /// Where other processes can map the same columns.
    var origin: StoreOrigin?
    /// Whether dev may be without rows although it comes from the file of train.
    let mayLackDev: Bool

    /// - Parameters:
    ///   - train, dev, test: with numbers.
    ///   - userIds, itemIds: what the numbers stand for.
    init(
        train: InteractionTable, dev: InteractionTable, test: InteractionTable, hasTimes: Bool, userIds: Vocabulary,
        itemIds: Vocabulary, warnings: [String] = []
    ) {
        self.train = train
        self.dev = dev
        self.test = test
        self.hasTimes = hasTimes
        self.userIds = userIds
        self.itemIds = itemIds
        self.warnings = warnings
        mayLackDev = true
    }

    /// - Parameters:
    ///   - train, dev, test: with the numbers of `users` and `items`.
    ///   - users, items: what has numbered them; in the end numbers ascend with the ids.
    init(
        train: InteractionTable, dev: InteractionTable, test: InteractionTable, hasTimes: Bool, users: IdNumbering,
        items: IdNumbering, warnings: [String] = []
    ) {
        let (userIds, newUsers) = users.finished()
        let (itemIds, newItems) = items.finished()
        self.train = train
        self.dev = dev
        self.test = test
        self.hasTimes = hasTimes
        self.userIds = userIds
        self.itemIds = itemIds
        self.warnings = warnings
        mayLackDev = false
        for table in [\SplitInteractions.train, \.dev, \.test] {
            self[keyPath: table].renumber(users: newUsers, items: newItems)
        }
    }
}

extension SplitInteractions {
    /// Refuses columns of different lengths and numbers for which there is no id.
    func checkNumbers() throws(DatasetError) {
        for table in [train, dev, test] {
            let width = table.negativesPerRow ?? 0
            guard table.items.count == table.count, table.times.count == table.count, width >= 0,
                table.negatives.count == table.count * width, table.count == 0 || table.negativesPerRow != 0
            else {
                throw wrong(
                    "\(table.count) users, \(table.items.count) items, \(table.times.count) times, "
                        + "\(table.negatives.count) negatives, \(width) a row", table)
            }
            for (name, numbers, count) in [
                ("user", table.users, userIds.count), ("item", table.items, itemIds.count),
                ("negative", table.negatives, itemIds.count),
            ] {
                guard let row = numbers.firstIndex(where: { $0 < 1 || $0 > count }) else { continue }
                throw wrong("\(name) \(numbers[row]) of \(count)", table)
            }
        }
    }

    private func wrong(_ problem: String, _ table: InteractionTable) -> DatasetError {
        DatasetError(
            .invalid, file: table.file, problem: "the data set is inconsistent: \(problem)",
            recoverySuggestion: "write the data set again")
    }
}
