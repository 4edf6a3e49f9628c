import FileIO
import Interactions

/// One JSON object a line: reviews of Amazon (2014, 2018, 2023), or any objects with the keys that the columns are named
/// by. Lines of Python literals, as old dumps of reviews have them, are read too.
package struct JSONLinesLog: EventLogReader {
    /// The value of `--reader` for objects, one a line.
    package static let name = "json"
    /// The keys of Amazon's reviews, and that others do.
    package static let summary =
        "JSON lines: Amazon reviews of 2014, 2018 (reviewerID, asin) and 2023 (user_id, parent_asin), or any keys"

    /// The keys in the order user, item, time, event, rating; nil: there is none.
    private let keys: [String?]
    /// How the values of the key of times are written; nil where there is no such key.
    package let timeFormat: TimeFormat?
    private let unread: [String]

    /// True where a key tells the kind of an event.
    package var hasKinds: Bool { keys[3] != nil }
    /// True where a key holds ratings.
    package var hasRatings: Bool { keys[4] != nil }

    /// The keys that are read and what for, and those that are not.
    package var findings: [String] {
        var result = zip(["user", "item", "time", "event", "rating"], keys).compactMap { role, key in
            key.map { "\(role): \($0.printable(limit: 100))" }
        }
        result.append("times: \(timeFormat?.text ?? "none; the order of the file counts")")
        if !unread.isEmpty {
            result.append(
                "not read: \(unread.prefix(10).map { $0.printable(limit: 100) }.joined(separator: ", "))"
                    + (unread.count > 10 ? " and \(unread.count - 10) more" : ""))
        }
        return result
    }

    /// Takes a file whose first line begins with a brace; the keys are those of the first 200 lines.
    ///
    /// - Throws: at a line that is no object, and where a key or the form of times is not clear.
    package static func recognize(_ log: LogBeginning, _ request: LogRequest) throws(DatasetError) -> JSONLinesLog? {
        guard let first = log.lines.first, first.first(where: { $0 != 0x20 && $0 != 0x09 }) == 0x7b else { return nil }
        var objects: [[(key: String, value: [UInt8])]] = []
        for (index, line) in log.lines.prefix(200).enumerated() {
            do throws(ObjectLine.Fault) {
                objects.append(try ObjectLine.members(of: line))
            } catch {
                throw log.failure(error.text, ObjectLine.recoverySuggestion, line: index + 1)
            }
        }
        var names: [String] = []
        for object in objects { for member in object where !names.contains(member.key) { names.append(member.key) } }
        names = Array(names.prefix(200))
        // A product and its variant are two ids of Amazon's; reviews are of the product.
        let known = names.contains("parent_asin") ? names.filter { $0 != "asin" } : names
        // `reviewTime` is the time as text beside `unixReviewTime`.
        let columns = TableColumns(
            log: log, names: request.itemColumn == nil ? known : names, width: names.count, request: request)
        let all = request.itemColumn == nil ? known : names
        let layout = try columns.layout()
        func name(_ column: Int?) -> String? { column.map { all[$0] } }
        let keys = [name(layout.user), name(layout.item), name(layout.time), name(layout.kind), name(layout.rating)]
        var timeFormat: TimeFormat?
        if let time = keys[2] {
            let fields = objects.compactMap { object in object.first { $0.key == time }?.value }
            do throws(TimeFormat.Unclear) {
                timeFormat = try TimeFormat(of: fields, as: request.timeNotation)
            } catch {
                throw log.failure(error.problem, error.recoverySuggestion)
            }
        }
        return JSONLinesLog(keys: keys, timeFormat: timeFormat, unread: names.filter { !keys.contains($0) })
    }

    /// Reads each object as an event; a key that it lacks counts as an empty value.
    ///
    /// - Returns: a warning where times are finer than they are stored.
    /// - Throws: at a line that is no object, that lacks a time, or whose rating is no number.
    package func read(_ path: String, into collector: inout EventCollector) throws(DatasetError) -> [String] {
        var reader = try LineReader(path: path)
        var object = ObjectLine(keys: keys)
        var times = timeFormat.map { TimeReader($0) }
        while let line = try reader.nextNonBlank() {
            do throws(ObjectLine.Fault) { try object.read(line) } catch {
                throw reader.failure(error.text, ObjectLine.recoverySuggestion)
            }
            var event = RawEvent(
                user: object.value(0) ?? Self.empty, item: object.value(1) ?? Self.empty, kind: object.value(3))
            if keys[3] != nil, event.kind == nil { event.kind = Self.empty }
            if keys[2] != nil {
                let field = object.value(2) ?? Self.empty
                guard let time = times?.read(field) else {
                    throw reader.failure(
                        field.isEmpty ? "there is no time" : "the time is \(field.quoted)",
                        "the first lines have \(timeFormat?.text ?? "none"): correct or remove the line")
                }
                event.time = time
            }
            if collector.readsRatings, let field = object.value(4), !field.isEmpty {
                guard let rating = field.rating else {
                    throw reader.failure("the rating is \(field.quoted)", "a rating is a number")
                }
                event.rating = rating
            }
            do throws(EventFault) { try collector.take(event, line: reader.line) } catch {
                throw error.error(file: path)
            }
        }
        return timeFormat.map { times?.warnings(path, $0) ?? [] } ?? []
    }

    private static var empty: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }
}
