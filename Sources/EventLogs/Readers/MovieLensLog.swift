import Interactions

/// Ratings of MovieLens without a header: `user::item::rating::time`, or the same four columns with TABs between them.
/// The CSV files of later versions have a header, and are a table like any other.
package struct MovieLensLog: EventLogReader {
    package static let name = "movielens"
    package static let summary = "MovieLens: user::item::rating::time, or with TABs"

    let table: EventTable

    package var findings: [String] { table.findings }
    package var timeFormat: TimeFormat? { table.timeFormat }
    package var hasRatings: Bool { true }

    package static func recognise(_ log: LogBeginning, _ request: LogRequest) throws(DatasetError) -> MovieLensLog? {
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

    package func read(_ path: String, into collector: inout EventCollector) throws(DatasetError) -> [String] {
        try table.read(path, into: &collector)
    }
}
