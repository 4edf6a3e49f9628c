/// The text format of SASRec and BaM: one `user item` or `user item time` a line, in time order, split leave-one-out.
///
/// Every line has the columns of the first. Without a third column there are no times: the order of a user's lines is all
/// that is known.
enum ItemPerLineFormat: InteractionFormat {
    static let summary = "text: a single file with `user item` or `user item time` a line, in time order"

    static func recognizes(_ folder: DatasetFolder) throws(DatasetError) -> Bool {
        try !files(folder).isEmpty
    }

    static func read(_ folder: DatasetFolder, _ known: KnownIds) throws(DatasetError) -> SplitInteractions {
        let files = try files(folder)
        guard files.count == 1 else { throw SingleFile.ambiguous(files, in: folder) }
        var unread = UnreadColumns()
        var users = known.userNumbering
        var items = try ItemCatalogue.numbering(folder, known, &unread)
        var reader = try LineReader(path: files[0])
        var table = InteractionTable(file: files[0])
        var times: TimeColumn?
        while let line = try reader.nextNonBlank() {
            var rest = line
            guard let user = UnsafeRawBufferPointer.nextWord(of: &rest),
                let item = UnsafeRawBufferPointer.nextWord(of: &rest)
            else {
                throw reader.failure("the line has 1 column, at least 2 are needed", recoverySuggestion)
            }
            let third = UnsafeRawBufferPointer.nextWord(of: &rest)
            if table.count == 0, third != nil { times = TimeColumn() }
            guard rest.trimmed.isEmpty, (third != nil) == (times != nil) else {
                throw reader.failure(
                    "the line has \(wordCount(line)) columns, "
                        + (table.count > 0
                            ? "the lines before have \(times == nil ? 2 : 3)" : "at most 3 are possible"),
                    recoverySuggestion)
            }
            try reader.requireRoom(in: table)
            let number = try reader.number(user, "user", &users)
            let itemNumber = try reader.number(item, "item", &items)
            var time = Int64(reader.line)
            if let third { time = try times?.read(third, ofUser: user, number, reader) ?? time }
            table.append(user: number, item: itemNumber, time: time)
        }
        try times?.requireTimes(in: table)
        let split = LeaveOneOut.split(table)
        return SplitInteractions(
            train: split.train, dev: split.dev, test: split.test, hasTimes: times != nil, users: users, items: items,
            warnings: unread.warnings(folder: folder.path))
    }

    private static let recoverySuggestion = "every line must be `user item`, or every line `user item time`"

    private static func wordCount(_ line: UnsafeRawBufferPointer) -> Int {
        var rest = line
        var count = 0
        while UnsafeRawBufferPointer.nextWord(of: &rest) != nil { count += 1 }
        return count
    }

    /// Only the first line is looked at: what is wrong further down is an error with its line, not another format.
    private static func files(_ folder: DatasetFolder) throws(DatasetError) -> [String] {
        try SingleFile.matching(in: folder, lines: 1) { line in
            var rest = line
            var words = 0
            while words < 4, let word = UnsafeRawBufferPointer.nextWord(of: &rest) {
                if words < 2, (try? word.wholeNumber()) == nil { return false }
                words += 1
            }
            return words == 2 || words == 3
        }
    }
}

/// The third column: times, unless something speaks against it. A rating looks like one, too; what betrays it is that it
/// falls from one line of a user to the next.
private struct TimeColumn {
    /// The newest time of every user, by number.
    private var newest: [Int64] = []

    private static let recoverySuggestion =
        "a third column must be the time, in whole numbers that do not fall from line to line of a user: "
        + "sort the lines by time, or remove the column"

    mutating func read(
        _ field: UnsafeRawBufferPointer, ofUser user: UnsafeRawBufferPointer, _ number: Int32,
        _ reader: borrowing LineReader
    ) throws(DatasetError) -> Int64 {
        guard let time = try? field.wholeNumber() else {
            throw reader.failure("the third column is \(field.quoted), which is no time", Self.recoverySuggestion)
        }
        let index = Int(number)
        if index >= newest.count {
            newest += repeatElement(.min, count: max(index + 1, 2 * newest.count) - newest.count)
        }
        guard time >= newest[index] else {
            throw reader.failure(
                "the third column of user \(user.quoted) falls from \(newest[index]) to \(time)",
                Self.recoverySuggestion)
        }
        newest[index] = time
        return time
    }

    /// Refuses a column with one value.
    func requireTimes(in table: InteractionTable) throws(DatasetError) {
        guard table.count > 1, let first = table.times.first, table.times.allSatisfy({ $0 == first }) else { return }
        throw DatasetError(
            .invalid, file: table.file, problem: "the third column is \(first) in every line, which is no time",
            recoverySuggestion: "remove the column: without it the lines of a user are taken to be in time order")
    }
}
