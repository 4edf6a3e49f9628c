import Interactions

/// Text of ComiRec and REMI, without a header: `user,item,time` or `user,item,index,time`.
///
/// An index counts the events of a user. A third of three columns must not fall from one line of a user to the next, which
/// a rating would.
package struct ComiRecLog: EventLogReader {
    /// The value of `--reader` for the text files of ComiRec and REMI.
    package static let name = "comirec"
    /// The columns, with the index and without.
    package static let summary = "ComiRec, REMI: user,item,time or user,item,index,time"

    let table: EventTable

    /// The separator, the header, what each column is for, and how times are written.
    package var findings: [String] { table.findings }
    /// How the last column is written.
    package var timeFormat: TimeFormat? { table.timeFormat }

    /// Takes three or four columns with commas, numbers from the third on that rise with the lines of a user.
    ///
    /// - Throws: where the form of times is not clear.
    package static func recognize(_ log: LogBeginning, _ request: LogRequest) throws(DatasetError) -> ComiRecLog? {
        let rows = try log.fields(.byte(0x2c))
        guard let first = rows.first, first.count == 3 || first.count == 4 else { return nil }
        let numbers = rows.map { row in row.dropFirst(2).map { $0.withUnsafeBytes { DecimalNumber($0)?.whole } } }
        guard numbers.allSatisfy({ $0.count == first.count - 2 && !$0.contains(nil) }) else { return nil }
        let rises = Self.rises(rows, numbers.map { $0[0] ?? 0 }, byOne: first.count == 4)
        guard rises else { return nil }
        let layout = ColumnLayout(user: 0, item: 1, time: first.count - 1, width: first.count)
        var table = EventTable(
            separator: .byte(0x2c), quoting: .none, header: nil, layout: layout, timeFormat: nil)
        table.timeFormat = try table.timeFormat(rows, log, request)
        return ComiRecLog(table: table)
    }

    /// Whether a number rises with the lines of a user that follow each other, at least once, and never falls.
    private static func rises(_ rows: [[[UInt8]]], _ numbers: [Int64], byOne: Bool) -> Bool {
        var hasRisen = false
        for index in rows.indices.dropFirst() where rows[index][0] == rows[index - 1][0] {
            let step = numbers[index].subtractingReportingOverflow(numbers[index - 1]).partialValue
            guard byOne ? step == 1 : step >= 0 else { return false }
            hasRisen = hasRisen || step > 0
        }
        return hasRisen
    }

    /// Reads each line as an event; the index is not looked at.
    ///
    /// - Returns: a warning where times are finer than they are stored.
    /// - Throws: at a line of another width, or without a time.
    package func read(_ path: String, into collector: inout EventCollector) throws(DatasetError) -> [String] {
        try table.read(path, into: &collector)
    }
}
