import FileIO

/// The column names in the first line of a file that is separated by TAB.
struct TableHeader {
    let names: [String]
    private let required: [String]

    init(_ reader: inout LineReader, required: [String]) throws(DatasetError) {
        self.required = required
        guard let line = try reader.next() else {
            throw DatasetError(
                .invalid, file: reader.path, line: 1, problem: "the file is empty",
                recoverySuggestion: TableHeader.expectation(required))
        }
        var names: [String] = []
        var rest: UnsafeRawBufferPointer? = line
        while let field = UnsafeRawBufferPointer.nextField(of: &rest, separator: 0x09) {
            guard names.count < 1000 else {
                throw reader.failure("the header has more than 1000 columns", TableHeader.expectation(required))
            }
            names.append(String(decoding: field.trimmed.prefix(200), as: UTF8.self))
        }
        self.names = names
        for name in required { _ = try column(name, reader) }
    }

    func column(_ name: String, _ reader: borrowing LineReader) throws(DatasetError) -> Int {
        guard let index = names.firstIndex(of: name) else {
            throw reader.failure("the header has no column \(name): \(list)", TableHeader.expectation(required))
        }
        guard names.lastIndex(of: name) == index else {
            throw reader.failure("the header has the column \(name) twice", TableHeader.expectation(required))
        }
        return index
    }

    func tooFewColumns(_ reader: borrowing LineReader, _ found: Int, needed: Int) -> DatasetError {
        reader.failure(
            "the line has \(found) column\(found == 1 ? "" : "s"), at least \(needed) are needed",
            "the columns of the header are \(list), separated by TAB")
    }

    /// Refuses a line that has more columns than the header.
    ///
    /// - Parameters:
    ///   - rest: what is left of the line.
    ///   - found: columns that were taken from it.
    @inline(__always)
    func requireEnd(
        of rest: UnsafeRawBufferPointer?, after found: Int, _ reader: borrowing LineReader
    ) throws(DatasetError) {
        if rest == nil && found == names.count { return }
        var rest = rest
        var count = found
        while UnsafeRawBufferPointer.nextField(of: &rest, separator: 0x09) != nil { count += 1 }
        guard count > names.count else { return }
        throw reader.failure(
            "the line has \(count) columns, the header names \(names.count)",
            "the columns of the header are \(list), separated by TAB")
    }

    /// The names for messages.
    private var list: String { TableHeader.list(names) }

    static func list(_ names: [String]) -> String {
        names.prefix(10).map { "\"\($0.printable(limit: 40))\"" }.joined(separator: ", ")
            + (names.count > 10 ? " and \(names.count - 10) more" : "")
    }

    private static func expectation(_ required: [String]) -> String {
        "the first line must name the columns \(required.joined(separator: ", ")), separated by TAB"
    }
}

/// Columns that a header names and nobody reads.
struct UnreadColumns {
    private var names: [String] = []
    private var files: [String] = []
    private var read: [String] = []

    /// Notes the columns of a file.
    mutating func note(_ columns: [String], of path: String, except read: [String]) {
        for column in read where column != "neg_items" && !self.read.contains(column) { self.read.append(column) }
        let unread = columns.filter { !read.contains($0) }
        guard !unread.isEmpty else { return }
        files.append(path.split(separator: "/").last.map(String.init) ?? path)
        for column in unread where !names.contains(column) { names.append(column) }
    }

    /// One warning about all of them, or none.
    func warnings(folder: String) -> [String] {
        guard !names.isEmpty else { return [] }
        return [
            "\(folder.printable(limit: 2_000)): columns without a use in \(files.joined(separator: ", ").printable()): "
                + "\(TableHeader.list(names))\nread are \(read.joined(separator: ", "))"
                + (read.contains("time") ? ", and neg_items in dev and test" : "")
        ]
    }
}
