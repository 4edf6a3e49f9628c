import Interactions

/// A file of ReChorus: separated by TAB in spite of the name `.csv`, with a header that names `user_id`, `item_id` and
/// `time`. Dev and test may add `neg_items`, which is not read: events have no negatives.
package struct ReChorusLog: EventLogReader {
    /// The value of `--reader` for one file of a data set of ReChorus.
    package static let name = "rechorus"
    /// The columns that must be there.
    package static let summary = "ReChorus: TAB, header user_id, item_id, time"

    let table: EventTable

    /// The separator, the header, what each column is for, and how times are written.
    package var findings: [String] { table.findings }
    /// How the column `time` is written.
    package var timeFormat: TimeFormat? { table.timeFormat }

    /// Takes columns with TABs that have the names of ReChorus, in any order, and no others.
    ///
    /// - Throws: where the form of times is not clear.
    package static func recognize(_ log: LogBeginning, _ request: LogRequest) throws(DatasetError) -> ReChorusLog? {
        let rows = try log.fields(.byte(0x09))
        guard let names = rows.first?.map({ String(decoding: $0, as: UTF8.self) }),
            let user = names.firstIndex(of: "user_id"), let item = names.firstIndex(of: "item_id"),
            let time = names.firstIndex(of: "time"), Set(names).count == names.count,
            Set(names).isSubset(of: ["user_id", "item_id", "time", "neg_items"])
        else { return nil }
        let layout = ColumnLayout(user: user, item: item, time: time, width: names.count)
        var table = EventTable(
            separator: .byte(0x09), quoting: .none, header: names, layout: layout, timeFormat: nil)
        table.timeFormat = try table.timeFormat(rows, log, request)
        return ReChorusLog(table: table)
    }

    /// Reads each line as an event, without its negatives.
    ///
    /// - Returns: a warning where times are finer than they are stored.
    /// - Throws: at a line of another width, or without a time.
    package func read(_ path: String, into collector: inout EventCollector) throws(DatasetError) -> [String] {
        try table.read(path, into: &collector)
    }
}
