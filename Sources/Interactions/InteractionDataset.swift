/// All interactions of a data set, split into train, dev and test. Ids count from 1; 0 is padding everywhere.
///
/// This is the only structure that holds the whole data set. What a rank works with is cut from it
/// (``LogicalShards``, then ``SequenceStore``), after which it can go.
public struct InteractionDataset: Sendable {
    /// Last part of the folder's path.
    public let name: String
    /// The folder, for messages.
    public let folder: String
    /// The largest user id. Ids in between without interactions are allowed.
    public let userCount: Int
    /// The largest item id over train, dev, test and their negatives, or of `item_meta.csv` where that exists.
    public let itemCount: Int
    /// The number of negatives that every dev and test row lists; nil: rank all items.
    public let negativesPerRow: Int?
    /// Whether the times are times. When not, they are only an order (of the lines of the file).
    public let hasTimes: Bool
    public let train: InteractionTable
    public let dev: InteractionTable
    public let test: InteractionTable

    /// Reads a data set, whose format is recognised by its content.
    ///
    /// - ReChorus: `train.csv`, `dev.csv`, `test.csv`; taken as they are split.
    /// - Text: a single file with `user item` a line, in time order; split leave-one-out, and a user with fewer than
    ///   three interactions is in train only.
    ///
    /// Each file may be gzip-compressed. A user with a single interaction is no error: it gives no training sample to
    /// a sequential model and no row to evaluate.
    /// - Complexity: linear in the size of the files, in time and memory.
    public static func load(folder: String) throws(DatasetError) -> InteractionDataset {
        let files = try DatasetFolder(path: folder)
        return try InteractionDataset(name: files.name, folder: files.path, try InteractionFormats.read(files))
    }

    /// A data set from tables in memory.
    /// - Parameter itemCount: when the catalogue has more items than occur.
    public init(
        name: String, train: InteractionTable, dev: InteractionTable, test: InteractionTable, hasTimes: Bool = true,
        itemCount: Int? = nil
    ) throws(DatasetError) {
        let catalogue = itemCount.map { Int32(clamping: $0) }
        let split = SplitInteractions(
            train: train, dev: dev, test: test, hasTimes: hasTimes, catalogueSize: catalogue)
        try self.init(name: name, folder: name, split)
    }

    init(name: String, folder: String, _ split: SplitInteractions) throws(DatasetError) {
        try split.check(folder: folder)
        self.name = name
        self.folder = folder
        userCount = Int(split.largest(\.largestUser).largest.id)
        itemCount = Int(split.catalogueSize ?? split.largest(\.largestItem).largest.id)
        negativesPerRow = split.dev.negativesPerRow
        hasTimes = split.hasTimes
        train = split.train
        dev = split.dev
        test = split.test
    }

    /// The number of interactions of train, dev and test together.
    public var interactionCount: Int { train.count + dev.count + test.count }

    /// Refuses a data set with items beyond `count`: the number of item rows of a trained model.
    public func requireItems(within count: Int) throws(DatasetError) {
        try require(\.largestItem, "item", within: count)
    }

    /// Refuses a data set with users beyond `count`: the number of user rows of a trained model.
    public func requireUsers(within count: Int) throws(DatasetError) {
        try require(\.largestUser, "user", within: count)
    }

    private func require(
        _ column: KeyPath<InteractionTable, InteractionTable.Largest>, _ noun: String, within count: Int
    ) throws(DatasetError) {
        for table in [train, dev, test] where Int(table[keyPath: column].id) > count {
            throw DatasetError(
                .invalid, file: table.file, line: table[keyPath: column].line,
                problem: "\(noun) \(table[keyPath: column].id) is unknown to the model, which has \(count) \(noun)s",
                remedy: "use the data set that the model was trained on, or train a model on this one")
        }
    }
}

extension SplitInteractions {
    /// The largest id of a column over the three tables, and its table.
    func largest(
        _ column: KeyPath<InteractionTable, InteractionTable.Largest>
    ) -> (largest: InteractionTable.Largest, table: InteractionTable) {
        var best = (largest: train[keyPath: column], table: train)
        for table in [dev, test] where table[keyPath: column].id > best.largest.id {
            best = (table[keyPath: column], table)
        }
        return best
    }

    func check(folder: String) throws(DatasetError) {
        guard train.count > 0 else {
            throw DatasetError(
                .invalid, file: train.file, problem: "there is no interaction to train on",
                remedy: "an interaction a line is expected")
        }
        for (table, part) in [(dev, "dev"), (test, "test")] where table.count == 0 {
            throw DatasetError(
                .invalid, file: table.file, problem: "there is no \(part) row to evaluate",
                remedy: table.file == train.file
                    ? "at least one user needs three interactions: the last is test, the one before is dev"
                    : "at least one user needs a row in \(part)")
        }
        let rows = train.count + dev.count + test.count
        guard rows < Int(Int32.max) else {
            throw DatasetError(
                .invalid, file: folder, problem: "\(rows) interactions are too many",
                remedy: "at most \(Int32.max - 1) fit; filter the data set")
        }
        guard dev.negativesPerRow == test.negativesPerRow else {
            throw DatasetError(
                .invalid, file: test.file,
                problem: "\(test.negativesPerRow ?? 0) negatives a row, \(dev.file) has \(dev.negativesPerRow ?? 0)",
                remedy: "every dev and test row must list the same number of negatives")
        }
        let user = largest(\.largestUser)
        try SplitInteractions.checkDensity(user.largest, of: "user", rows: rows, file: user.table.file)
        let item = largest(\.largestItem)
        let cells = rows + dev.negatives.count + test.negatives.count
        try SplitInteractions.checkDensity(item.largest, of: "item", rows: cells, file: item.table.file)
        let itemCount = Int(catalogueSize ?? item.largest.id)
        guard item.largest.id <= itemCount else {
            throw DatasetError(
                .invalid, file: item.table.file, line: item.largest.line,
                problem: "item \(item.largest.id) is beyond the catalogue of \(itemCount) items",
                remedy: "add the item to the catalogue, or remove the line")
        }
        try checkNegativesExist(itemCount: itemCount)
    }

    /// Tables have a row for every id up to the largest, so that a stray huge id would take all memory.
    static func checkDensity(
        _ largest: InteractionTable.Largest, of noun: String, rows: Int, file: String
    ) throws(DatasetError) {
        guard Int(largest.id) > max(10_000_000, 100 * rows) else { return }
        throw DatasetError(
            .invalid, file: file, line: largest.line,
            problem: "\(noun) id \(largest.id) in a data set of \(rows) entries",
            remedy: "ids must be numbered 1, 2, 3...: tables have a row for every id up to the largest")
    }

    /// A user who has every item in train leaves no negative to draw.
    private func checkNegativesExist(itemCount: Int) throws(DatasetError) {
        var counts: [Int32: Int] = [:]
        // Only who has as many interactions as there are items can have all of them: no user of a large catalogue.
        if itemCount <= train.count {
            var perUser = [Int32](repeating: 0, count: Int(train.largestUser.id) + 1)
            for user in train.users { perUser[Int(user)] += 1 }
            for (user, count) in perUser.enumerated() where Int(count) >= itemCount { counts[Int32(user)] = 0 }
        }
        guard !counts.isEmpty else { return }
        var seen: [Int32: [Bool]] = counts.mapValues { _ in [Bool](repeating: false, count: itemCount + 1) }
        for (user, item) in zip(train.users, train.items) where counts[user] != nil {
            guard seen[user]?[Int(item)] == false else { continue }
            seen[user]?[Int(item)] = true
            counts[user, default: 0] += 1
        }
        if let user = counts.filter({ $0.value == itemCount }).keys.min() {
            throw DatasetError(
                .invalid, file: train.file,
                problem: "user \(user) has all \(itemCount) items in train: no negative can be drawn",
                remedy: "remove the user, or some of its interactions")
        }
    }
}
