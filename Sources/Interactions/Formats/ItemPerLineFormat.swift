/// The text format of SASRec and BaM: one `user item` a line, in time order, split leave-one-out.
///
/// A third column may follow and is ignored. Times are line numbers: an order, no durations.
enum ItemPerLineFormat: InteractionFormat {
    static let summary = "text: a single file with `user item` a line, in time order"

    static func recognises(_ folder: DatasetFolder) throws(DatasetError) -> Bool {
        try !files(folder).isEmpty
    }

    static func read(_ folder: DatasetFolder) throws(DatasetError) -> SplitInteractions {
        let files = try files(folder)
        guard files.count == 1 else { throw SingleFile.ambiguous(files, in: folder) }
        var reader = try LineReader(path: files[0])
        var table = InteractionTable(file: files[0])
        while let line = try reader.nextNonBlank() {
            var rest = line
            guard let user = UnsafeRawBufferPointer.nextWord(of: &rest),
                let item = UnsafeRawBufferPointer.nextWord(of: &rest)
            else {
                throw reader.failure("the line has 1 column, at least 2 are needed", "every line must be `user item`")
            }
            try reader.requireRoom(in: table)
            table.append(
                user: try reader.id(user, "user", limit: .any), item: try reader.id(item, "item", limit: .any),
                time: Int64(reader.line), line: reader.line)
        }
        let split = try LeaveOneOut.split(table)
        return SplitInteractions(train: split.train, dev: split.dev, test: split.test, hasTimes: false)
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
