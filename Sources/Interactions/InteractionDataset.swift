/// All interactions of a data set, split into train, dev and test.
///
/// Users and items are numbered 1...count, in the order of ids that are whole numbers and in that of the first
/// occurrence of ids that are text (``Vocabulary``); 0 is padding everywhere.
///
/// This is the only structure that holds the whole data set. What a rank works with is cut from it
/// (``LogicalShards``, then ``SequenceStore``), after which it can go.
public struct InteractionDataset: Sendable {
    /// Last part of the folder's path.
    public let name: String
    /// The folder, for messages.
    public let folder: String
    /// The users that have an interaction.
    public let userIds: Vocabulary
    /// The items of train, dev, test and their negatives, or those of `item_meta.csv` where that exists.
    public let itemIds: Vocabulary
    /// The number of negatives that every dev and test row lists; nil: rank all items.
    public let negativesPerRow: Int?
    /// Whether the times are times. When not, they are only an order (of the lines of the file).
    public let hasTimes: Bool
    /// What was left out of what was read, each with what to know about it, for the user.
    public let warnings: [String]
    /// The store that the columns lie in; nil where they are in memory.
    let origin: StoreOrigin?
    /// The interactions to train on, at least one.
    public let train: InteractionTable
    /// The interactions that decide about the best epoch; perhaps none.
    public let dev: InteractionTable
    /// The interactions that a trained model is measured by; none after ``trainingOnAll()``.
    public let test: InteractionTable

    /// Reads a data set, whose format is recognized by its content.
    ///
    /// - ReChorus: `train.csv`, `dev.csv`, `test.csv`; taken as they are split.
    /// - Text: a single file with `user item` or `user item time` a line, in time order; split leave-one-out, and a user
    ///   with fewer than three interactions is in train only.
    ///
    /// Each file may be gzip-compressed. A user with a single interaction is no error: it gives no training sample to
    /// a sequential model and no row to evaluate.
    /// - Parameter known: the ids that a trained model knows: they decide about the numbers, and an id that is not among
    ///   them is refused.
    /// - Complexity: linear in the size of the files, in time and memory.
    public static func load(folder: String, known: KnownIds = KnownIds()) throws(DatasetError) -> InteractionDataset {
        let files = try DatasetFolder(path: folder)
        return try InteractionDataset(name: files.name, folder: files.path, try InteractionFormats.read(files, known))
    }

    /// A data set from tables in memory, which hold ids.
    /// - Parameter itemCount: when the catalogue has the items 1...itemCount, whatever occurs.
    public init(
        name: String, train: InteractionTable, dev: InteractionTable, test: InteractionTable, hasTimes: Bool = true,
        itemCount: Int? = nil
    ) throws(DatasetError) {
        var users = IdNumbering(.user)
        var items =
            itemCount.map { IdNumbering(.item, by: .numbered($0), authority: .catalogue("the catalogue")) }
            ?? IdNumbering(.item)
        let split = SplitInteractions(
            train: try train.numbered(&users, &items), dev: try dev.numbered(&users, &items),
            test: try test.numbered(&users, &items), hasTimes: hasTimes, users: users, items: items)
        try self.init(name: name, folder: name, split)
    }

    /// A data set from tables that hold numbers.
    ///
    /// - Parameters:
    ///   - folder: for messages; where it comes from.
    ///   - users, items: the ids of the numbers 1...count.
    ///   - dev: may be without rows.
    ///   - hasTimes: whether the times are from the data, and not only an order.
    ///   - warnings: what was left out of what was read, for the user.
    public init(
        name: String, folder: String? = nil, users: Vocabulary, items: Vocabulary, train: InteractionTable,
        dev: InteractionTable, test: InteractionTable, hasTimes: Bool, warnings: [String] = []
    ) throws(DatasetError) {
        let split = SplitInteractions(
            train: train, dev: dev, test: test, hasTimes: hasTimes, userIds: users, itemIds: items, warnings: warnings)
        try split.checkNumbers()
        try self.init(name: name, folder: folder ?? name, split)
    }

    init(name: String, folder: String, _ split: SplitInteractions) throws(DatasetError) {
        try split.check(folder: folder)
        self.name = name
        self.folder = folder
        userIds = split.userIds
        itemIds = split.itemIds
        negativesPerRow = split.test.negativesPerRow
        hasTimes = split.hasTimes
        warnings = split.warnings
        origin = split.origin
        train = split.train
        dev = split.dev
        test = split.test
    }

    /// The number of interactions of train, dev and test together.
    public var interactionCount: Int { train.count + dev.count + test.count }

    /// The number of users: their numbers are 1...userCount.
    public var userCount: Int { userIds.count }
    /// The number of items: their numbers are 1...itemCount.
    public var itemCount: Int { itemIds.count }
}

extension SplitInteractions {
    func check(folder: String) throws(DatasetError) {
        guard train.count > 0 else {
            throw DatasetError(
                .invalid, file: train.file, problem: "there is no interaction to train on",
                recoverySuggestion: "an interaction a line is expected")
        }
        for (table, part) in [(dev, "dev"), (test, "test")] where table.count == 0 {
            // Who trains on everything leaves a file of dev without rows.
            if part == "dev" && (dev.file != train.file || mayLackDev) { continue }
            throw DatasetError(
                .invalid, file: table.file, problem: "there is no \(part) row to evaluate",
                recoverySuggestion: table.file == train.file
                    ? "at least one user needs three interactions: the last is test, the one before is dev"
                    : "at least one user needs a row in \(part)")
        }
        let rows = train.count + dev.count + test.count
        guard rows < Int(Int32.max) else {
            throw DatasetError(
                .invalid, file: folder, problem: "\(rows) interactions are too many",
                recoverySuggestion: "at most \(Int32.max - 1) fit; filter the data set")
        }
        guard dev.count == 0 || dev.negativesPerRow == test.negativesPerRow else {
            throw DatasetError(
                .invalid, file: test.file,
                problem: "\(test.negativesPerRow ?? 0) negatives a row, \(dev.file) has \(dev.negativesPerRow ?? 0)",
                recoverySuggestion: "every dev and test row must list the same number of negatives")
        }
    }
}
