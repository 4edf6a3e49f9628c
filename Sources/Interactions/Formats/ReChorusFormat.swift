/// ReChorus: `train.csv`, `dev.csv`, `test.csv`, plain or gzip, separated by TAB in spite of the name.
///
/// The header names the columns `user_id`, `item_id`, `time` in any order. Dev and test may add `neg_items`, a Python list
/// literal of the same length in every row. Other columns are not read, which a warning says.
enum ReChorusFormat: InteractionFormat {
    static let summary =
        "ReChorus: train.csv, dev.csv, test.csv with the columns user_id, item_id, time [, neg_items], TAB"

    private static let parts = ["train.csv", "dev.csv", "test.csv"]

    static func recognizes(_ folder: DatasetFolder) throws(DatasetError) -> Bool {
        parts.contains { folder.names.contains($0) || folder.names.contains($0 + ".gz") }
    }

    static func read(_ folder: DatasetFolder, _ known: KnownIds) throws(DatasetError) -> SplitInteractions {
        var paths: [String] = []
        for part in parts {
            guard let path = try folder.file(part) else {
                throw DatasetError(
                    .unreadable, file: folder.path(of: part), problem: "the file is missing",
                    recoverySuggestion: "a ReChorus data set has train.csv, dev.csv and test.csv (each plain or .gz)")
            }
            paths.append(path)
        }
        var unread = UnreadColumns()
        var ids = Ids(
            users: known.userNumbering, items: try ItemCatalogue.numbering(folder, known, &unread), unread: unread)
        let train = try readTable(paths[0], &ids, withNegatives: false, before: nil)
        let dev = try readTable(paths[1], &ids, withNegatives: true, before: nil)
        let test = try readTable(paths[2], &ids, withNegatives: true, before: dev)
        return SplitInteractions(
            train: train, dev: dev, test: test, hasTimes: true, users: ids.users, items: ids.items,
            warnings: ids.unread.warnings(folder: folder.path))
    }

    /// What grows from file to file.
    private struct Ids {
        var users: IdNumbering
        var items: IdNumbering
        var unread: UnreadColumns
    }

    /// - Parameter before: a table that must agree in the number of negatives.
    private static func readTable(
        _ path: String, _ ids: inout Ids, withNegatives: Bool, before: InteractionTable?
    ) throws(DatasetError) -> InteractionTable {
        var reader = try LineReader(path: path)
        let header = try TableHeader(&reader, required: ["user_id", "item_id", "time"])
        let userColumn = try header.column("user_id", reader)
        let itemColumn = try header.column("item_id", reader)
        let timeColumn = try header.column("time", reader)
        let negativesColumn = withNegatives ? header.names.firstIndex(of: "neg_items") ?? -1 : -1
        let needed = max(userColumn, itemColumn, timeColumn, negativesColumn) + 1
        ids.unread.note(
            header.names, of: path,
            except: ["user_id", "item_id", "time"] + (negativesColumn >= 0 ? ["neg_items"] : []))

        if let before, before.count > 0, (before.negativesPerRow != nil) != (negativesColumn >= 0) {
            let (with, without) = negativesColumn >= 0 ? (path, before.file) : (before.file, path)
            throw DatasetError(
                .invalid, file: without, line: 1, problem: "no column neg_items, but \(with) has one",
                recoverySuggestion:
                    "dev and test must both list negatives; remove the column from the other to rank all items")
        }
        var table = InteractionTable(file: path)
        var width = negativesColumn >= 0 ? before?.negativesPerRow : nil
        var widthSource = before?.file
        while let line = try reader.nextNonBlank() {
            var rest: UnsafeRawBufferPointer? = line
            var user: Int32 = 0
            var item: Int32 = 0
            var time: Int64 = 0
            for column in 0..<needed {
                guard let field = UnsafeRawBufferPointer.nextField(of: &rest, separator: 0x09) else {
                    throw header.tooFewColumns(reader, column, needed: needed)
                }
                if column == userColumn {
                    user = try reader.number(field, "user_id", &ids.users)
                } else if column == itemColumn {
                    item = try reader.number(field, "item_id", &ids.items)
                } else if column == timeColumn {
                    time = try reader.wholeNumber(field, "time")
                } else if column == negativesColumn {
                    let count = try readNegatives(field, reader, &ids.items, into: &table)
                    if let width, width != count {
                        let others = widthSource.map { "those of \($0)" } ?? "the rows before"
                        throw reader.failure(
                            "neg_items has \(count) entries, \(others) have \(width)",
                            "every dev and test row must list the same number of negatives; "
                                + "remove the column to rank all items")
                    }
                    if width == nil { widthSource = nil }
                    width = count
                }
            }
            try header.requireEnd(of: rest, after: needed, reader)
            try reader.requireRoom(in: table)
            table.append(user: user, item: item, time: time)
        }
        table.negativesPerRow = table.count > 0 ? width : nil
        return table
    }

    /// The number of entries of a list literal.
    private static func readNegatives(
        _ field: UnsafeRawBufferPointer, _ reader: borrowing LineReader, _ items: inout IdNumbering,
        into table: inout InteractionTable
    ) throws(DatasetError) -> Int {
        let literal = field.trimmed
        guard literal.count >= 2, literal[0] == 0x5b, literal[literal.count - 1] == 0x5d else {
            throw reader.failure("neg_items is \(field.quoted)", "neg_items must be a list such as [12, 7, 31]")
        }
        let inside = UnsafeRawBufferPointer(rebasing: literal[1..<literal.count - 1])
        guard !inside.trimmed.isEmpty else {
            throw reader.failure(
                "neg_items is an empty list",
                "every dev and test row must list the same number of negatives, at least one; "
                    + "remove the column to rank all items")
        }
        var rest: UnsafeRawBufferPointer? = inside
        var count = 0
        while let entry = UnsafeRawBufferPointer.nextEntry(of: &rest) {
            table.negatives.append(try reader.number(entry, "an entry of neg_items", &items))
            count += 1
        }
        return count
    }
}

extension UnsafeRawBufferPointer {
    /// The next entry of a list, up to a comma. Its entries are short, where a call of `memchr` costs more than a loop.
    @inline(__always)
    fileprivate static func nextEntry(of rest: inout UnsafeRawBufferPointer?) -> UnsafeRawBufferPointer? {
        guard let list = rest else { return nil }
        var length = 0
        while length < list.count, list[length] != 0x2c { length += 1 }
        rest = length < list.count ? UnsafeRawBufferPointer(rebasing: list[(length + 1)...]) : nil
        return UnsafeRawBufferPointer(rebasing: list[..<length])
    }
}
