extension InteractionDataset {
    /// The same interactions, all of them in train: for a model that goes into production, after a training with dev and
    /// test has shown how long it should last.
    ///
    /// Train comes first, then dev, then test, so that among equal times a user's order stays as it was. There is
    /// nothing to evaluate, and no stored negative.
    public func trainingOnAll() -> InteractionDataset {
        var all = InteractionTable(file: train.file)
        for table in [train, dev, test] {
            all.users.append(contentsOf: table.users)
            all.items.append(contentsOf: table.items)
            all.times.append(contentsOf: table.times)
        }
        return InteractionDataset(
            self, users: userIds, items: itemIds, train: all, dev: InteractionTable(file: dev.file),
            test: InteractionTable(file: test.file))
    }
}

extension InteractionDataset {
    /// A data set with the name of another one, but other tables, of which each may be empty.
    ///
    /// - Parameter users, items: the ids of the numbers in the tables.
    init(
        _ other: InteractionDataset, users: Vocabulary, items: Vocabulary, train: InteractionTable,
        dev: InteractionTable, test: InteractionTable
    ) {
        name = other.name
        folder = other.folder
        userIds = users
        itemIds = items
        negativesPerRow = test.negativesPerRow
        hasTimes = other.hasTimes
        warnings = other.warnings
        origin = nil
        self.train = train
        self.dev = dev
        self.test = test
    }
}
