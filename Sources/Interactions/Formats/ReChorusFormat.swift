import Reporting

/// ReChorus: `train.csv`, `dev.csv`, `test.csv`, plain or gzip, separated by TAB in spite of the name.
///
/// The header names the columns `user_id`, `item_id`, `time` in any order, among any others. Dev and test may add
/// `neg_items`, a Python list literal of the same length in every row. `item_meta.csv` is optional; if it exists its
/// column `item_id` is the catalogue.
enum ReChorusFormat: InteractionFormat {
    static let summary =
        "ReChorus: train.csv, dev.csv, test.csv with the columns user_id, item_id, time [, neg_items], TAB"

    private static let parts = ["train.csv", "dev.csv", "test.csv"]

    static func recognises(_ folder: DatasetFolder) throws(DatasetError) -> Bool {
        parts.contains { folder.names.contains($0) || folder.names.contains($0 + ".gz") }
    }

    static func read(_ folder: DatasetFolder) throws(DatasetError) -> SplitInteractions {
        var paths: [String] = []
        for part in parts {
            guard let path = try folder.file(part) else {
                throw DatasetError(
                    .unreadable, file: folder.path(of: part), problem: "the file is missing",
                    remedy: "a ReChorus data set has train.csv, dev.csv and test.csv (each plain or .gz)")
            }
            paths.append(path)
        }
        var limit = IdLimit.any
        var catalogueSize: Int32?
        if let meta = try folder.file("item_meta.csv") {
            let size = try readCatalogue(meta)
            catalogueSize = size
            limit = IdLimit(largest: Int64(size), catalogue: meta)
        }
        let train = try readTable(paths[0], limit: limit, withNegatives: false, before: nil)
        let dev = try readTable(paths[1], limit: limit, withNegatives: true, before: nil)
        let test = try readTable(paths[2], limit: limit, withNegatives: true, before: dev)
        return SplitInteractions(train: train, dev: dev, test: test, hasTimes: true, catalogueSize: catalogueSize)
    }

    private static func readCatalogue(_ path: String) throws(DatasetError) -> Int32 {
        var reader = try LineReader(path: path)
        let header = try Header(&reader, required: ["item_id"])
        let column = try header.column("item_id", reader)
        var largest: Int32 = 0
        while let line = try reader.nextNonBlank() {
            var rest: UnsafeRawBufferPointer? = line
            var field: UnsafeRawBufferPointer?
            for index in 0...column {
                field = UnsafeRawBufferPointer.nextField(of: &rest, separator: 0x09)
                if field == nil { throw header.tooFewColumns(reader, index, needed: column + 1) }
            }
            guard let field else { break }
            largest = max(largest, try reader.id(field, "item_id", limit: .any))
        }
        guard largest > 0 else {
            throw DatasetError(
                .invalid, file: path, problem: "the catalogue has no item",
                remedy: "list every item, or remove the file: then the items of the interactions count")
        }
        return largest
    }

    /// - Parameter before: a table that must agree in the number of negatives.
    private static func readTable(
        _ path: String, limit: IdLimit, withNegatives: Bool, before: InteractionTable?
    ) throws(DatasetError) -> InteractionTable {
        var reader = try LineReader(path: path)
        let header = try Header(&reader, required: ["user_id", "item_id", "time"])
        let userColumn = try header.column("user_id", reader)
        let itemColumn = try header.column("item_id", reader)
        let timeColumn = try header.column("time", reader)
        let negativesColumn = withNegatives ? header.names.firstIndex(of: "neg_items") ?? -1 : -1
        let needed = max(userColumn, itemColumn, timeColumn, negativesColumn) + 1

        if let before, before.count > 0, (before.negativesPerRow != nil) != (negativesColumn >= 0) {
            let (with, without) = negativesColumn >= 0 ? (path, before.file) : (before.file, path)
            throw DatasetError(
                .invalid, file: without, line: 1, problem: "no column neg_items, but \(with) has one",
                remedy: "dev and test must both list negatives; remove the column from the other to rank all items")
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
                    user = try reader.id(field, "user_id", limit: .any)
                } else if column == itemColumn {
                    item = try reader.id(field, "item_id", limit: limit)
                } else if column == timeColumn {
                    time = try reader.wholeNumber(field, "time")
                } else if column == negativesColumn {
                    let count = try readNegatives(field, reader, limit: limit, into: &table)
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
            try reader.requireRoom(in: table)
            table.append(user: user, item: item, time: time, line: reader.line)
        }
        table.negativesPerRow = table.count > 0 ? width : nil
        return table
    }

    /// The number of entries of a list literal.
    private static func readNegatives(
        _ field: UnsafeRawBufferPointer, _ reader: borrowing LineReader, limit: IdLimit,
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
            table.appendNegative(try reader.id(entry, "an entry of neg_items", limit: limit), line: reader.line)
            count += 1
        }
        return count
    }

    /// The column names in the first line.
    struct Header {
        let names: [String]
        let required: [String]

        init(_ reader: inout LineReader, required: [String]) throws(DatasetError) {
            self.required = required
            guard let line = try reader.next() else {
                throw DatasetError(
                    .invalid, file: reader.path, line: 1, problem: "the file is empty",
                    remedy: Header.expectation(required))
            }
            var names: [String] = []
            var rest: UnsafeRawBufferPointer? = line
            while names.count < 1000, let field = UnsafeRawBufferPointer.nextField(of: &rest, separator: 0x09) {
                names.append(String(decoding: field.trimmed.prefix(200), as: UTF8.self))
            }
            self.names = names
            for name in required { _ = try column(name, reader) }
        }

        func column(_ name: String, _ reader: borrowing LineReader) throws(DatasetError) -> Int {
            guard let index = names.firstIndex(of: name) else {
                throw reader.failure("the header has no column \(name): \(list)", Header.expectation(required))
            }
            guard names.lastIndex(of: name) == index else {
                throw reader.failure("the header has the column \(name) twice", Header.expectation(required))
            }
            return index
        }

        func tooFewColumns(_ reader: borrowing LineReader, _ found: Int, needed: Int) -> DatasetError {
            reader.failure(
                "the line has \(found) column\(found == 1 ? "" : "s"), at least \(needed) are needed",
                "the columns of the header are \(list), separated by TAB")
        }

        /// The names for messages.
        private var list: String {
            names.prefix(10).map { "\"\($0.printable(limit: 40))\"" }.joined(separator: ", ")
                + (names.count > 10 ? " and \(names.count - 10) more" : "")
        }

        private static func expectation(_ required: [String]) -> String {
            "the first line must name the columns \(required.joined(separator: ", ")), separated by TAB"
        }
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
