import Interactions

/// Atomic files of RecBole, `.inter`: separated by TAB, with a header of `field:type`.
///
///     user_id:token    item_id:token    rating:float    timestamp:float
package struct RecBoleLog: EventLogReader {
    /// The value of `--reader` for atomic files.
    package static let name = "recbole"
    /// The fields that are looked for, with their types.
    package static let summary =
        "RecBole .inter: TAB, header user_id:token, item_id:token [, rating:float, timestamp:float]"

    let table: EventTable

    /// The separator, the header, what each column is for, and how times are written.
    package var findings: [String] { table.findings }
    /// How the field of times is written; nil where there is none.
    package var timeFormat: TimeFormat? { table.timeFormat }
    /// True where a field tells the kind of an event.
    package var hasKinds: Bool { table.layout.kind != nil }
    /// True where a field holds ratings.
    package var hasRatings: Bool { table.layout.rating != nil }

    private static let types: Set<String> = ["token", "token_seq", "float", "float_seq"]

    /// Takes columns with TABs whose names all end with a type of RecBole.
    ///
    /// - Throws: where users or items are no single tokens, and where a field or the form of times is not clear.
    package static func recognize(_ log: LogBeginning, _ request: LogRequest) throws(DatasetError) -> RecBoleLog? {
        let rows = try log.fields(.byte(0x09))
        guard let first = rows.first else { return nil }
        var names: [String] = []
        var types: [String] = []
        for field in first {
            let parts = String(decoding: field, as: UTF8.self).split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, Self.types.contains(String(parts[1])) else { return nil }
            names.append(String(parts[0]))
            types.append(String(parts[1]))
        }
        let columns = TableColumns(log: log, names: names, width: names.count, request: request)
        let layout = try columns.layout()
        for column in [layout.user, layout.item] where types[column] != "token" {
            throw log.failure(
                "the column \(names[column]) is \(types[column])",
                "ids are of the type token; sequences have to be written as one event a line")
        }
        var table = EventTable(
            separator: .byte(0x09), quoting: .none, header: names, layout: layout, timeFormat: nil)
        table.timeFormat = try table.timeFormat(rows, log, request)
        return RecBoleLog(table: table)
    }

    /// Reads each line behind the header as an event.
    ///
    /// - Returns: a warning where times are finer than they are stored.
    /// - Throws: at a line of another width, without a time, or with a rating that is no number.
    package func read(_ path: String, into collector: inout EventCollector) throws(DatasetError) -> [String] {
        try table.read(path, into: &collector)
    }
}
