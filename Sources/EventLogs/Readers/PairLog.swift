import Interactions

/// One `user item` or `user item time` a line, with spaces or TABs between them and without a header.
package struct PairLog: EventLogReader {
    /// The value of `--reader` for two or three words a line.
    package static let name = "pairs"
    /// The words of a line.
    package static let summary = "`user item` or `user item time` a line, with spaces or TABs"

    let table: EventTable

    /// The separator, the header, what each column is for, and how times are written.
    package var findings: [String] { table.findings }
    /// How the third word is written; nil where there are two.
    package var timeFormat: TimeFormat? { table.timeFormat }

    /// Takes lines of two words, or of three of which the third is a time.
    ///
    /// - Throws: where the third word can be a rating as well, or the form of times is not clear.
    package static func recognize(_ log: LogBeginning, _ request: LogRequest) throws(DatasetError) -> PairLog? {
        let rows = try log.fields(.words)
        guard let first = rows.first, first.count == 2 || first.count == 3,
            rows.allSatisfy({ $0.count == first.count }),
            // A header of names is that of a table.
            first.compactMap({ ColumnRole.role(of: String(decoding: $0, as: UTF8.self)) }).isEmpty,
            // What other separators are in is no pair of words.
            !rows.contains(where: { row in row.prefix(2).contains { $0.contains(0x2c) || $0.contains(0x3b) } })
        else { return nil }
        var layout = ColumnLayout(user: 0, item: 1, width: first.count)
        if first.count == 3 {
            guard rows.allSatisfy({ $0[2].withUnsafeBytes { DecimalNumber($0) != nil || ISOTime($0) != nil } }) else {
                return nil
            }
            let most = rows.compactMap { $0[2].withUnsafeBytes { DecimalNumber($0)?.whole } }.max() ?? .max
            guard most > 10 || request.reader == name else {
                throw log.failure(
                    "whether the third column is a time or a rating is not clear: it goes to \(most)",
                    "choose --user-column 1 --item-column 2 and --time-column 3 or --rating-column 3")
            }
            layout.time = 2
        }
        var table = EventTable(separator: .words, quoting: .none, header: nil, layout: layout, timeFormat: nil)
        table.timeFormat = try table.timeFormat(rows, log, request)
        return PairLog(table: table)
    }

    /// Reads each line as an event.
    ///
    /// - Returns: a warning where times are finer than they are stored.
    /// - Throws: at a line with another number of words, or without a time.
    package func read(_ path: String, into collector: inout EventCollector) throws(DatasetError) -> [String] {
        try table.read(path, into: &collector)
    }
}
