import Interactions

/// UserBehavior of Taobao: `user,item,category,behaviour,time` without a header; a behaviour is `pv` (a click), `buy`,
/// `cart` or `fav`.
package struct TaobaoLog: EventLogReader {
    /// The value of `--reader` for `UserBehavior.csv`.
    package static let name = "taobao"
    /// The five columns.
    package static let summary = "Taobao UserBehavior: user,item,category,behaviour,time"

    let table: EventTable

    /// The separator, the header, what each column is for, and how times are written.
    package var findings: [String] { table.findings }
    /// How the fifth column is written: seconds, unless the user says otherwise.
    package var timeFormat: TimeFormat? { table.timeFormat }
    /// True: the behaviour is one.
    package var hasKinds: Bool { true }

    private static let behaviours: Set<String> = ["pv", "buy", "cart", "fav"]

    /// Takes five columns with commas of which the first line has a behaviour of Taobao in the fourth.
    package static func recognize(_ log: LogBeginning, _ request: LogRequest) throws(DatasetError) -> TaobaoLog? {
        let rows = try log.fields(.byte(0x2c))
        guard let first = rows.first, first.count == 5,
            behaviours.contains(String(decoding: first[3], as: UTF8.self))
        else { return nil }
        let layout = ColumnLayout(user: 0, item: 1, time: 4, kind: 3, width: 5)
        // The publisher's file has a few hundred times far outside its ten days; what its first lines have counts.
        var request = request
        request.timeNotation = request.timeNotation ?? .seconds
        var table = EventTable(
            separator: .byte(0x2c), quoting: .none, header: nil, layout: layout, timeFormat: nil)
        table.timeFormat = try table.timeFormat(rows, log, request)
        return TaobaoLog(table: table)
    }

    /// Reads each line as an event, whose kind is the behaviour.
    ///
    /// - Returns: a warning where times are finer than they are stored.
    /// - Throws: at a line of another width, or without a time.
    package func read(_ path: String, into collector: inout EventCollector) throws(DatasetError) -> [String] {
        try table.read(path, into: &collector)
    }
}
