import FileIO

extension InteractionDataset {
    /// Refuses a data set with a user who has every item in train: there is no negative to draw for one.
    ///
    /// For a training that draws the negatives of a sample among the items that its user has not in train.
    /// - Complexity: linear in the train interactions.
    public func requireNegatives() throws(DatasetError) {
        // Only who has as many interactions as there are items can have all of them: no user of a large catalogue.
        guard itemCount <= train.count else { return }
        var interactions = [Int32](repeating: 0, count: userCount + 1)
        for user in train.users { interactions[Int(user)] += 1 }
        var seen: [Int32: Set<Int32>] = [:]
        for (user, item) in zip(train.users, train.items) where Int(interactions[Int(user)]) >= itemCount {
            seen[user, default: []].insert(item)
        }
        guard let user = seen.filter({ $0.value.count == itemCount }).keys.min() else { return }
        throw DatasetError(
            .invalid, file: train.file,
            problem:
                "user \(userIds.text(of: user).printable(limit: 60)) has all \(itemCount) items in train: no negative can be drawn",
            recoverySuggestion:
                "choose --loss full-softmax or sampled-softmax, which compare with items of the user too, or remove "
                + "the user or some of its interactions")
    }
}
