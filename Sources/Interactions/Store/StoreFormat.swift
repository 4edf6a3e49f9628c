import FileIO

/// A binary store in the folder of a data set (``InteractionStore``).
enum StoreFormat: InteractionFormat {
    static let summary = "binary store: \(InteractionStore.fileName), as trainer data convert writes it"

    static func recognizes(_ folder: DatasetFolder) throws(DatasetError) -> Bool {
        folder.names.contains(InteractionStore.fileName)
    }

    static func read(_ folder: DatasetFolder, _ known: KnownIds) throws(DatasetError) -> SplitInteractions {
        let store = try StoreFile(path: folder.path(of: InteractionStore.fileName))
        try store.verify()
        var split = try store.contents(isTrusted: false)
        split.origin = store.origin
        split.warnings = unread(folder)
        return try split.numbered(by: known, path: store.path)
    }

    /// Data of another format beside the store are not read, which has to be said.
    private static func unread(_ folder: DatasetFolder) -> [String] {
        let others = InteractionFormats.all.filter { $0 != StoreFormat.self }
        guard others.contains(where: { (try? $0.recognizes(folder)) == true }) else { return [] }
        return [
            "\(folder.path.printable(limit: 2_000)): \(InteractionStore.fileName) is read, and no other file beside it\n"
                + "move it away to read the others, or these to silence this"
        ]
    }
}

extension SplitInteractions {
    /// The same with the numbers of a trained model, which must know all ids.
    fileprivate func numbered(by known: KnownIds, path: String) throws(DatasetError) -> SplitInteractions {
        let users = try Self.numbers(of: userIds, .user, by: known.users, path)
        let items = try Self.numbers(of: itemIds, .item, by: known.items, path)
        var split = SplitInteractions(
            train: train, dev: dev, test: test, hasTimes: hasTimes, userIds: known.users ?? userIds,
            itemIds: known.items ?? itemIds, warnings: warnings)
        // What other processes map has the ids of the store.
        if split.userIds == userIds, split.itemIds == itemIds { split.origin = origin }
        for table in [\SplitInteractions.train, \.dev, \.test] {
            split[keyPath: table].renumber(users: users, items: items)
        }
        return split
    }

    /// The number that a model has for each number of a data set; nil where they are the same.
    private static func numbers(
        of ids: Vocabulary, _ noun: IdNumbering.Noun, by known: Vocabulary?, _ path: String
    ) throws(DatasetError) -> [Int32]? {
        guard let known, known != ids else { return nil }
        var numbers: [Int32] = [0]
        numbers.reserveCapacity(ids.count + 1)
        for number in 1..<Int32(ids.count + 1) {
            guard let other = known.number(sameAs: number, of: ids) else {
                let id = ids.text(of: number).printable(limit: 60)
                let (problem, recoverySuggestion) = IdNumbering.unknown(noun, id, modelHas: known.count)
                throw DatasetError(.invalid, file: path, problem: problem, recoverySuggestion: recoverySuggestion)
            }
            numbers.append(other)
        }
        return numbers.indices.allSatisfy { Int(numbers[$0]) == $0 } ? nil : numbers
    }
}
