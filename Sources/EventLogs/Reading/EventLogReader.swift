import FileIO
import Glibc
import Interactions

/// A reader of the raw logs of one form. A new form is a new file with a conforming type, and its name in
/// ``EventLogReaders/all``.
package protocol EventLogReader: Sendable {
    /// The value of `--reader`.
    static var name: String { get }

    /// As users call the form, with its columns, for messages.
    static var summary: String { get }

    /// What reads the file; nil where it is not of this form, judged by its first lines.
    ///
    /// - Throws: where it is of this form, but what a reader must know is not clear, or wrong.
    static func recognize(_ log: LogBeginning, _ request: LogRequest) throws(DatasetError) -> Self?

    /// What was found out or chosen, for the user: `separator: comma`.
    var findings: [String] { get }

    /// How times are written; nil where there are none.
    var timeFormat: TimeFormat? { get }

    /// Whether the log tells the kinds of its events; false by default.
    var hasKinds: Bool { get }
    /// Whether the log has ratings; false by default.
    var hasRatings: Bool { get }

    /// Reads all events, in the order of the file.
    ///
    /// - Returns: warnings for the user.
    func read(_ path: String, into collector: inout EventCollector) throws(DatasetError) -> [String]
}

extension EventLogReader {
    /// Most forms tell no kinds of events.
    package var hasKinds: Bool { false }
    /// Most forms have no ratings.
    package var hasRatings: Bool { false }
}

/// The readers that there are, and the choice among them.
package enum EventLogReaders {
    /// In the order in which they are tried: those that first lines tell surely come first.
    package static var all: [any EventLogReader.Type] {
        [
            RecBoleLog.self, JSONLinesLog.self, ReChorusLog.self, MovieLensLog.self, TaobaoLog.self,
            AmazonRatingLog.self, ComiRecLog.self, PairLog.self, UserLineLog.self, TableLog.self,
        ]
    }

    /// What reads a file.
    package static func reader(
        of path: String, _ request: LogRequest
    ) throws(DatasetError) -> any EventLogReader {
        do throws(DatasetError) {
            return try recognized(path, request)
        } catch {
            guard error.kind == .invalid, error.line != nil else { throw error }
            throw ByteSource.damage(path: error.file) ?? error
        }
    }

    private static func recognized(_ path: String, _ request: LogRequest) throws(DatasetError) -> any EventLogReader {
        try requireFile(path)
        let log = try LogBeginning(path: path)
        if log.isParquet { throw log.parquet }
        guard let first = log.lines.first else {
            throw DatasetError(
                .invalid, file: path, problem: "the file is empty", recoverySuggestion: "an event a line is expected")
        }
        if let name = request.reader {
            guard let type = all.first(where: { $0.name == name }) else {
                let names = all.map { $0.name }
                let likely = names.nearest(to: name).map { "; did you mean \($0)?" } ?? ""
                throw DatasetError(
                    .configuration, file: path, problem: "there is no reader \(name)\(likely)",
                    recoverySuggestion: "choose one of \(names.joined(separator: ", "))")
            }
            guard let reader = try type.recognize(log, request) else {
                throw DatasetError(
                    .invalid, file: path, line: 1,
                    problem: "not of the form of --reader \(name): \(first.withUnsafeBytes { $0.quoted })",
                    recoverySuggestion: "it reads \(type.summary)")
            }
            return reader
        }
        // What is known of columns is known of a table, or of objects.
        let types = request.isAboutColumns ? [JSONLinesLog.self, TableLog.self] : all
        for type in types {
            if let reader = try type.recognize(log, request) { return reader }
        }
        throw DatasetError(
            .invalid, file: path, line: 1, problem: "not of a known form: \(first.withUnsafeBytes { $0.quoted })",
            recoverySuggestion: "known forms:\n" + all.map { "- \($0.name): \($0.summary)" }.joined(separator: "\n"))
    }

    /// Reads a file, and tells of damaged compression before what it looks like.
    package static func read(
        _ path: String, with reader: any EventLogReader, into collector: inout EventCollector
    ) throws(DatasetError) -> [String] {
        do throws(DatasetError) {
            let warnings = try reader.read(path, into: &collector)
            try keepPending(&collector, path)
            return warnings
        } catch {
            // What is wrong further up comes first.
            var first = error
            do throws(DatasetError) { try keepPending(&collector, path) } catch { first = error }
            guard first.kind == .invalid, first.line != nil else { throw first }
            throw ByteSource.damage(path: first.file) ?? first
        }
    }

    /// Refuses what cannot be read twice, as first lines are.
    private static func requireFile(_ path: String) throws(DatasetError) {
        guard !path.isEmpty else {
            throw DatasetError(
                .configuration, file: "the name of a file", problem: "is empty",
                recoverySuggestion: "name files of events")
        }
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard path == "-" else { return }
            throw notTwice("-", "standard input")
        }
        guard status.st_mode & S_IFMT != S_IFREG, status.st_mode & S_IFMT != S_IFDIR else { return }
        throw notTwice(path, "a pipe or a device")
    }

    private static func notTwice(_ path: String, _ kind: String) -> DatasetError {
        DatasetError(
            .configuration, file: path, problem: "is \(kind), and the beginning of a log is read twice",
            recoverySuggestion: "write it to a file, plain, gzip or zstd, and name that")
    }

    private static func keepPending(_ collector: inout EventCollector, _ path: String) throws(DatasetError) {
        do throws(EventFault) { try collector.keepPending() } catch { throw error.error(file: path) }
    }
}
