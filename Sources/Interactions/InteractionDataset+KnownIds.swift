/// What a model does not know of a data set.
public struct UnknownIds: Sendable, Equatable {
    /// Users that the model does not know, where it knows users by their ids.
    public var users = 0
    /// Items that it does not know.
    public var items = 0
    /// Interactions of these users and items.
    public var interactions = 0

    /// All is known.
    public init() {}
}

extension InteractionDataset {
    /// The interactions whose user and item a trained model knows, by its numbers: for data that are newer than the
    /// model.
    ///
    /// There are no stored negatives left, and dev and test may be empty: histories can be read from it, and nothing
    /// ranked.
    ///
    /// - Returns: the data set, and what was left out; the data set itself where the model knows all and has the same
    ///   numbers.
    public func leavingOutUnknown(to known: KnownIds) -> (dataset: InteractionDataset, unknown: UnknownIds) {
        guard known.users.map({ $0 == userIds }) ?? true, known.items.map({ $0 == itemIds }) ?? true else {
            return renumbered(by: known)
        }
        return (self, UnknownIds())
    }

    private func renumbered(by known: KnownIds) -> (dataset: InteractionDataset, unknown: UnknownIds) {
        let newUsers = (known.users ?? userIds).numbers(ofAll: userIds)
        let newItems = (known.items ?? itemIds).numbers(ofAll: itemIds)
        var unknown = UnknownIds()
        let parts = [train, dev, test].map { table in
            var part = InteractionTable(file: table.file)
            for row in 0..<table.count {
                let user = newUsers[Int(table.users[row])]
                let item = newItems[Int(table.items[row])]
                guard user > 0, item > 0 else { continue }
                part.append(user: user, item: item, time: table.times[row])
            }
            unknown.interactions += table.count - part.count
            return part
        }
        unknown.users = newUsers.dropFirst().count { $0 == 0 }
        unknown.items = newItems.dropFirst().count { $0 == 0 }
        let dataset = InteractionDataset(
            self, users: known.users ?? userIds, items: known.items ?? itemIds, train: parts[0], dev: parts[1],
            test: parts[2])
        return (dataset, unknown)
    }
}
