import Interactions

/// One user a line, `user item item item ...`, the oldest item first (S3-Rec, BERT4Rec). Without times: the order counts.
package struct UserLineLog: EventLogReader {
    /// The value of `--reader` for sequences of items.
    package static let name = "user-lines"
    /// The words of a line.
    package static let summary = "one user a line, `user item item ...`, oldest first (S3-Rec, BERT4Rec)"

    /// How a line is understood.
    package var findings: [String] { ["one user a line, oldest item first", "times: none; the order counts"] }
    /// Nil: the order of the items counts.
    package var timeFormat: TimeFormat? { nil }

    /// Takes lines of different lengths, two words or more, of which no two begin with the same user; any lines
    /// where the user names this reader.
    package static func recognize(_ log: LogBeginning, _ request: LogRequest) throws(DatasetError) -> UserLineLog? {
        let rows = try log.fields(.words)
        let widths = Set(rows.map(\.count))
        let users = Set(rows.compactMap(\.first))
        if request.reader == name { return UserLineLog() }
        // Lines of different lengths, no user twice, nothing that other separators would be in.
        guard let least = widths.min(), least >= 2, widths.count > 1, users.count == rows.count,
            !rows.contains(where: {
                $0.contains { $0.contains { $0 == 0x2c || $0 == 0x3b || $0 == 0x7c || $0 == 0x22 } }
            })
        else { return nil }
        return UserLineLog()
    }

    /// Reads each word behind the first of a line as an event of the user that the first one is.
    ///
    /// - Returns: no warnings.
    /// - Throws: at a line without an item.
    package func read(_ path: String, into collector: inout EventCollector) throws(DatasetError) -> [String] {
        var reader = try LineReader(path: path)
        while let line = try reader.nextNonBlank() {
            var rest = line
            guard let user = UnsafeRawBufferPointer.nextWord(of: &rest) else { continue }
            var count = 0
            while let item = UnsafeRawBufferPointer.nextWord(of: &rest) {
                count += 1
                do throws(EventFault) {
                    try collector.take(RawEvent(user: user, item: item), line: reader.line)
                } catch {
                    throw error.error(file: path)
                }
            }
            guard count > 0 else {
                throw reader.failure(
                    "user \(user.quoted) has no item", "every line must be `user item item ...`: remove the line")
            }
        }
        return []
    }
}
