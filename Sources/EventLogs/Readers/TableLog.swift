import Interactions

/// Any table in text: what separates the columns, quotation marks, the header, the columns by their names and the form of
/// times are found out where they are clear.
package struct TableLog: EventLogReader {
    /// The value of `--reader` for all tables that have no reader of their own.
    package static let name = "table"
    /// What a table may be.
    package static let summary = "any CSV or TSV: columns by name or number, quotation marks, header or none"

    let table: EventTable

    /// The separator, the header, what each column is for, and how times are written.
    package var findings: [String] { table.findings }
    /// How the column of times is written; nil where there is none.
    package var timeFormat: TimeFormat? { table.timeFormat }
    /// True where a column tells the kind of an event.
    package var hasKinds: Bool { table.layout.kind != nil }
    /// True where a column holds ratings.
    package var hasRatings: Bool { table.layout.rating != nil }

    /// Reads each record behind the header, if any, as an event.
    ///
    /// - Returns: a warning where times are finer than they are stored.
    /// - Throws: at a record of another width, without a time, with a rating that is no number, or without its closing
    ///   quotation mark.
    package func read(_ path: String, into collector: inout EventCollector) throws(DatasetError) -> [String] {
        try table.read(path, into: &collector)
    }

    /// Takes every text with a line in it, the last reader to be asked.
    ///
    /// - Throws: where the separator, the header, a column or the form of times is not clear.
    package static func recognize(_ log: LogBeginning, _ request: LogRequest) throws(DatasetError) -> TableLog? {
        let quoting = request.quoting ?? .byte(0x22)
        let separator = try separator(log, request, quoting)
        let rows = try DelimitedRecords.sample(
            path: log.path, separator: separator, quoting: quoting, limit: LogBeginning.mostLines)
        guard let first = rows.first else { return nil }
        let names = first.map { String(decoding: $0.prefix(200), as: UTF8.self) }
        let detection = HeaderDetection(log: log, rows: rows, names: names, request: request)
        let hasHeader = try detection.hasHeader()
        let columns = TableColumns(log: log, names: hasHeader ? names : nil, width: first.count, request: request)
        let layout = try columns.layout()
        var table = EventTable(
            separator: separator, quoting: quoting, header: hasHeader ? names : nil, layout: layout, timeFormat: nil)
        table.timeFormat = try table.timeFormat(rows, log, request)
        return TableLog(table: table)
    }

    /// What separates the columns: the one separator by which all first lines have the same number of them, at least two.
    private static func separator(
        _ log: LogBeginning, _ request: LogRequest, _ quoting: Quoting
    ) throws(DatasetError) -> FieldSeparator {
        if let separator = request.separator {
            try requireSeparator(separator, log, quoting)
            return separator
        }
        var consistent: [FieldSeparator] = []
        var widest: (separator: FieldSeparator, width: Int)?
        var damage: DatasetError?
        for separator in [FieldSeparator.byte(0x2c), .byte(0x09), .byte(0x3b), .byte(0x7c)] {
            do throws(DatasetError) {
                let rows = try DelimitedRecords.sample(
                    path: log.path, separator: separator, quoting: quoting, limit: LogBeginning.mostLines)
                let width = rows.first?.count ?? 0
                guard width > 1 else { continue }
                if rows.allSatisfy({ $0.count == width }) { consistent.append(separator) }
                if width > widest?.width ?? 1 { widest = (separator, width) }
            } catch {
                // With another separator than the right one quotation marks have no sense.
                guard error.kind == .invalid else { throw error }
                if damage == nil { damage = error }
            }
        }
        if consistent.count == 1 { return consistent[0] }
        guard consistent.isEmpty else {
            throw log.failure(
                "what separates the columns is not clear: \(consistent.map(\.text).joined(separator: " or "))",
                "choose --separator \(consistent.map(\.argument).joined(separator: " or --separator "))")
        }
        // The line that has other columns than the first is told when it is read.
        if let widest { return widest.separator }
        if let damage { throw damage }
        let words = try DelimitedRecords.sample(
            path: log.path, separator: .words, quoting: quoting, limit: LogBeginning.mostLines)
        if let width = words.first?.count, width > 1, words.allSatisfy({ $0.count == width }) { return .words }
        throw log.failure(
            "what separates the columns is not clear: \(log.lines[0].withUnsafeBytes { $0.quoted })",
            "choose --separator comma, tab, semicolon, pipe, space, or the character itself")
    }
}

extension TableLog {
    /// Refuses a separator that is in none of the first lines.
    private static func requireSeparator(
        _ separator: FieldSeparator, _ log: LogBeginning, _ quoting: Quoting
    ) throws(DatasetError) {
        let rows = try DelimitedRecords.sample(
            path: log.path, separator: separator, quoting: quoting, limit: LogBeginning.mostLines)
        guard rows.allSatisfy({ $0.count < 2 }) else { return }
        let others = [FieldSeparator.byte(0x2c), .byte(0x09), .byte(0x3b), .byte(0x7c)].filter { other in
            let rows = try? DelimitedRecords.sample(
                path: log.path, separator: other, quoting: quoting, limit: LogBeginning.mostLines)
            return rows?.allSatisfy { $0.count > 1 } ?? false
        }
        let likely = others.first.map { "; did you mean --separator \($0.argument)?" } ?? ""
        throw DatasetError(
            .configuration, file: log.path,
            problem: "no line has the separator \(separator.argument)\(likely)",
            recoverySuggestion:
                "choose --separator comma, tab, semicolon, pipe, space, or leave it out to have it found out")
    }
}

extension EventTable {
    /// How times are written in the first lines.
    func timeFormat(
        _ rows: [[[UInt8]]], _ log: LogBeginning, _ request: LogRequest
    ) throws(DatasetError) -> TimeFormat? {
        guard let column = layout.time else { return nil }
        let fields = rows.dropFirst(header == nil ? 0 : 1).compactMap { $0.count > column ? $0[column] : nil }
        guard !fields.isEmpty else {
            return TimeFormat(notation: request.timeNotation ?? .seconds, resolution: .seconds)
        }
        do throws(TimeFormat.Unclear) {
            return try TimeFormat(of: fields, as: request.timeNotation)
        } catch {
            throw log.failure(error.problem, error.recoverySuggestion, line: header == nil ? 1 : 2)
        }
    }
}
