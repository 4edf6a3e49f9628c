import Interactions

/// Ratings of MovieLens without a header: `user::item::rating::time`, or the same four columns with TABs between them.
/// The CSV files of later versions have a header, and are a table like any other.
package struct MovieLensLog: EventLogReader {
    /// The value of `--reader` for the `.dat` and `.data` files of MovieLens.
    package static let name = "movielens"
    /// The columns, with either separator.
    package static let summary = "MovieLens: user::item::rating::time, or with TABs"

    let table: EventTable

    /// The separator, the header, what each column is for, and how times are written.
    package var findings: [String] { table.findings }
    /// How the fourth column is written.
    package var timeFormat: TimeFormat? { table.timeFormat }
    /// True: the third column is one.
    package var hasRatings: Bool { true }

    /// Takes four columns of which the first line has a rating of 0 to 10 in the third and a time in the fourth.
    ///
    /// - Throws: where the form of times is not clear.
    package static func recognize(_ log: LogBeginning, _ request: LogRequest) throws(DatasetError) -> MovieLensLog? {
        for separator in [FieldSeparator.doubleColon, .byte(0x09)] {
            let rows = try log.fields(separator)
            // What is wrong further down is an error with its line, not another form.
            guard let first = rows.first, first.count == 4, isRating(first) else { continue }
            let layout = ColumnLayout(user: 0, item: 1, time: 3, rating: 2, width: 4)
            var table = EventTable(
                separator: separator, quoting: .none, header: nil, layout: layout, timeFormat: nil)
            table.timeFormat = try table.timeFormat(rows, log, request)
            return MovieLensLog(table: table)
        }
        return nil
    }

    private static func isRating(_ fields: [[UInt8]]) -> Bool {
        guard let rating = fields[2].withUnsafeBytes({ $0.rating }),
            let time = fields[3].withUnsafeBytes({ DecimalNumber($0)?.whole })
        else { return false }
        return rating >= 0 && rating <= 10 && time > 1_000_000
    }

    /// Reads each line as an event.
    ///
    /// - Returns: a warning where times are finer than they are stored.
    /// - Throws: at a line of another width, without a time, or with a rating that is no number.
    package func read(_ path: String, into collector: inout EventCollector) throws(DatasetError) -> [String] {
        try table.read(path, into: &collector)
    }
}
