import Glibc
import Interactions

/// The events of one or more files of the same kind.
package struct EventLog: Sendable {
    /// The paths, in the order in which they were read.
    package let files: [String]
    /// The events of all files together, without those that the filter of lines left out.
    package let events: CollectedEvents
    /// How times are written in the first file, and stored for all; nil without times.
    package let timeFormat: TimeFormat?
    /// What was found out about each file, for the user.
    package let findings: [Finding]
    /// What the user should know of what was read: times that were cut.
    package let warnings: [String]
    /// Whether a file tells the kinds of its events.
    package let hasKinds: Bool
    /// Whether a file has ratings.
    package let hasRatings: Bool
    /// Seconds that reading took, and those of them in which this process computed.
    package let seconds: (elapsed: Double, computing: Double)

    /// What was found out about a file.
    package struct Finding: Sendable, Equatable {
        /// Its path; of a data set that of its folder.
        package let file: String
        /// The name of the reader, as `--reader` has it; `data set` where a folder is converted as it is.
        package let reader: String
        /// What the reader found out: `separator: comma`.
        package let texts: [String]
    }

    /// Reads files one after the other, in the order in which they are named.
    ///
    /// - Parameters:
    ///   - filter: is given how times are written, once it is known.
    ///   - readsRatings: nil: where they decide.
    package init(
        _ files: [String], _ request: LogRequest, readsRatings: Bool? = nil,
        filter: (TimeFormat?) throws(DatasetError) -> LineFilter
    ) throws(DatasetError) {
        let begin = ContinuousClock.now
        let computed = clock()
        var readers: [any EventLogReader] = []
        for file in files { readers.append(try EventLogReaders.reader(of: file, request)) }
        timeFormat = readers.first?.timeFormat
        for (file, reader) in zip(files, readers).dropFirst() {
            guard (reader.timeFormat == nil) == (timeFormat == nil),
                reader.timeFormat?.resolution == timeFormat?.resolution,
                (reader.timeFormat?.notation == .order) == (timeFormat?.notation == .order)
            else {
                throw DatasetError(
                    .invalid, file: file,
                    problem:
                        "its times are \(reader.timeFormat?.text ?? "none"), those of \(files[0]) \(timeFormat?.text ?? "none")",
                    recoverySuggestion: "files that are read together need times of one unit: see --time-format")
            }
        }
        let lineFilter = try filter(timeFormat)
        hasKinds = readers.contains { $0.hasKinds }
        hasRatings = readers.contains { $0.hasRatings }
        try Self.requireColumns(lineFilter, zip(files, readers))
        var collector = EventCollector(filter: lineFilter, readsRatings: readsRatings)
        var warnings: [String] = []
        for (file, reader) in zip(files, readers) {
            warnings += try EventLogReaders.read(file, with: reader, into: &collector)
        }
        self.files = files
        self.warnings = warnings
        findings = zip(files, readers).map { Finding(file: $0, reader: type(of: $1).name, texts: $1.findings) }
        do throws(EventFault) { events = try collector.finished() } catch {
            throw error.error(file: files.joined(separator: ", "))
        }
        let elapsed = begin.duration(to: .now).components
        seconds = (
            Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18,
            Double(clock() - computed) / Double(CLOCKS_PER_SEC)
        )
    }

    /// Refuses a filter of what a log does not have.
    private static func requireColumns(
        _ filter: LineFilter, _ readers: Zip2Sequence<[String], [any EventLogReader]>
    ) throws(DatasetError) {
        for (file, reader) in readers {
            guard filter.kinds == nil || reader.hasKinds else {
                throw DatasetError(
                    .configuration, file: file, problem: "--events is given, but no column tells the kind of an event",
                    recoverySuggestion: "name it with --event-column, or leave --events out")
            }
            guard filter.minimalRating == nil || reader.hasRatings else {
                throw DatasetError(
                    .configuration, file: file, problem: "--min-rating is given, but no column is a rating",
                    recoverySuggestion: "name it with --rating-column, or leave --min-rating out")
            }
        }
    }

    /// A time for people: a date where its unit is known.
    package func text(ofTime time: Int64) -> String { timeFormat.map { $0.text(ofTime: time) } ?? String(time) }
}

extension TimeFormat {
    /// A time for people: a date where its unit is known.
    package func text(ofTime time: Int64) -> String {
        guard notation != .order else { return String(time) }
        let unit = resolution.perSecond
        let seconds = time >= 0 ? time / unit : (time + 1) / unit - 1
        return ISOTime.text(ofSeconds: seconds) ?? String(time)
    }
}
