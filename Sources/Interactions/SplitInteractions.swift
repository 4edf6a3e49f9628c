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
    let warnings: [String]

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
        for table in [\SplitInteractions.train, \.dev, \.test] {
            self[keyPath: table].renumber(users: newUsers, items: newItems)
        }
    }
}
