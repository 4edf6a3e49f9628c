import FileIO
import Interactions
import Reporting

/// Which column of a table is what, from 0.
struct ColumnLayout: Sendable, Equatable {
    var user: Int
    var item: Int
    var time: Int?
    var kind: Int?
    var rating: Int?
    /// How many columns a line has.
    var width: Int

    init(user: Int, item: Int, time: Int? = nil, kind: Int? = nil, rating: Int? = nil, width: Int) {
        self.user = user
        self.item = item
        self.time = time
        self.kind = kind
        self.rating = rating
        self.width = width
    }

    /// The columns that are read.
    var used: [Int] { [user, item] + [time, kind, rating].compactMap { $0 } }
}

/// A table of events: what all readers of one event a line have in common.
struct EventTable: Sendable {
    var separator: FieldSeparator
    var quoting: Quoting
    /// The names of the columns, where the first line has them.
    var header: [String]?
    var layout: ColumnLayout
    var timeFormat: TimeFormat?

    /// How the columns are called in messages.
    func name(of column: Int) -> String {
        header.map { "\"\($0[column].printable(limit: 60))\"" } ?? "\(column + 1)"
    }

    /// For the user.
    var findings: [String] {
        var result = ["separator: \(separator.text)", "header: \(header == nil ? "no" : "yes")"]
        if quoting != .none { result.append("quotation marks: \(quoting.text)") }
        result += [
            ("user", layout.user), ("item", layout.item), ("time", layout.time), ("event", layout.kind),
            ("rating", layout.rating),
        ].compactMap { role, column in column.map { "\(role): column \(name(of: $0))" } }
        result.append("times: \(timeFormat?.text ?? "none; the order of the file counts")")
        let unread = (0..<layout.width).filter { !layout.used.contains($0) }
        if !unread.isEmpty {
            let shown = unread.prefix(10).map(name(of:)).joined(separator: ", ")
            result.append("not read: column \(shown)\(unread.count > 10 ? " and \(unread.count - 10) more" : "")")
        }
        return result
    }

    /// Reads all events.
    ///
    /// - Returns: warnings for the user.
    func read(_ path: String, into collector: inout EventCollector) throws(DatasetError) -> [String] {
        var records = try DelimitedRecords(path: path, separator: separator, quoting: quoting)
        var times = timeFormat.map { TimeReader($0) }
        if header != nil { _ = try records.next() }
        let layout = layout
        while try records.next() {
            guard records.count == layout.width else { throw wrongWidth(records) }
            var event = RawEvent(user: records.field(layout.user), item: records.field(layout.item))
            if let column = layout.time, times != nil {
                let field = records.field(column)
                guard let time = times?.read(field) else { throw noTime(records, field) }
                event.time = time
            }
            if let column = layout.kind { event.kind = records.field(column) }
            if collector.readsRatings, let column = layout.rating {
                let field = records.field(column)
                guard let rating = field.isEmpty ? .some(nil) : field.rating.map(Optional.some) else {
                    throw records.failure(
                        "the rating is \(field.quoted)",
                        "a rating is a number: name another column with --rating-column")
                }
                event.rating = rating
            }
            do throws(EventFault) { try collector.take(event, line: records.line) } catch {
                throw error.error(file: path)
            }
        }
        return timeFormat.map { times?.warnings(path, $0) ?? [] } ?? []
    }

    @inline(never)
    private func wrongWidth(_ records: borrowing DelimitedRecords) -> DatasetError {
        let expected =
            header == nil ? "the first line has \(layout.width)" : "the header names \(layout.width)"
        return records.failure(
            "the line has \(NumberText.counted(records.count, "columns")), \(expected)",
            "every line must have the same columns, separated by \(separator.text)"
                + (quoting == .none && separator != .words
                    ? "; a field that holds the separator needs quotation marks (--quote double)" : ""))
    }

    @inline(never)
    private func noTime(_ records: borrowing DelimitedRecords, _ field: UnsafeRawBufferPointer) -> DatasetError {
        let expected = timeFormat?.text ?? ""
        return records.failure(
            field.isEmpty ? "the time is empty" : "the time is \(field.quoted)",
            "the first lines have \(expected): correct or remove the line, or choose --time-format")
    }
}

extension TimeReader {
    /// What the user must know of times that were shortened.
    func warnings(_ path: String, _ format: TimeFormat) -> [String] {
        guard cutCount > 0 else { return [] }
        return [
            "\(path.printable(limit: 2_000)): \(cutCount) times are finer than \(format.resolution.rawValue), and were cut\n"
                + "events of the same time keep the order of the file"
        ]
    }
}
