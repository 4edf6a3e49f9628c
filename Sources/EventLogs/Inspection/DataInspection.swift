import Glibc
import Interactions
import Reporting

/// What is in a data set or in event logs, and what looks wrong.
public struct DataInspection: Sendable {
    /// Something that looks wrong, and what to do.
    public struct Concern: Sendable, Equatable {
        /// What was seen, with its numbers.
        public let observation: String
        /// What the user can do about it.
        public let advice: String
    }

    /// The data set, or the files.
    public let source: String
    /// The counts of all events; of a data set those of train, dev and test together.
    public let statistics: EventStatistics
    /// Rows of train, dev and test; nil for logs, which have no split.
    public let parts: (train: Int, dev: Int, test: Int)?
    /// The negatives that each row of dev and test stores; nil: none.
    public let negativesPerRow: Int?
    /// Rows of dev and test whose item no row of train has; nil for logs.
    public let coldRows: Int?
    /// What was found out about each file; empty for a data set.
    package let findings: [EventLog.Finding]
    /// How times are written; nil without times, and for a data set where it is not clear.
    package let timeFormat: TimeFormat?
    /// Whether the times are from the data, and not only an order.
    package let hasTimes: Bool
    /// The kinds of events with the number of each, in the order in which they came; empty where nothing tells them.
    public let kinds: [(name: String, count: Int)]
    /// Number, mean, smallest and largest; nil without ratings.
    public let ratings: (count: Int, mean: Double, least: Double, most: Double)?
    /// What the user should know of what was read.
    public let warnings: [String]
    let longestUsers: [(name: String, events: Int)]
    let popularItems: [(name: String, events: Int)]

    /// Inspects event logs, without any filter but that of lines without ids, which are counted.
    public init(files: [String], log: LogOptions) throws(DatasetError) {
        var filter = LineFilter()
        filter.skipsEmptyIds = true
        let source = try EventLog(files, try log.request(), readsRatings: true) { _ in filter }
        let events = source.events
        guard !events.users.isEmpty else {
            throw DatasetError(
                .invalid, file: files.joined(separator: ", "), problem: "there is no event in it",
                recoverySuggestion: "an event a line is expected")
        }
        self.source = files.joined(separator: ", ")
        statistics = EventStatistics(
            users: events.users, items: events.items, times: events.times, hasTimes: events.hasTimes,
            userCount: events.userIds.count, itemCount: events.itemIds.count)
        (parts, negativesPerRow, coldRows) = (nil, nil, nil)
        findings = source.findings
        timeFormat = source.timeFormat
        hasTimes = events.hasTimes
        kinds = events.kinds
        let known = events.ratings
        ratings =
            known.count == 0 ? nil : (known.count, known.sum / Double(known.count), known.least, known.most)
        let empty = events.removed.emptyIds
        let skipped =
            "lines without a user or an item: \(NumberText.grouped(empty))\n`data convert` refuses them, or leaves them out with --empty-ids skip"
        warnings = source.warnings + (empty > 0 ? [skipped] : [])
        longestUsers = statistics.longest.map { (events.userIds.text(of: $0.number), $0.events) }
        popularItems = statistics.mostPopular.map { (events.itemIds.text(of: $0.number), $0.events) }
    }

    /// Inspects a data set as a training reads it.
    public init(_ dataset: InteractionDataset) {
        source = dataset.folder
        let tables = [dataset.train, dataset.dev, dataset.test]
        statistics = EventStatistics(
            users: tables.flatMap(\.users), items: tables.flatMap(\.items), times: tables.flatMap(\.times),
            hasTimes: dataset.hasTimes, userCount: dataset.userCount, itemCount: dataset.itemCount)
        parts = (dataset.train.count, dataset.dev.count, dataset.test.count)
        negativesPerRow = dataset.negativesPerRow
        var isInTrain = [Bool](repeating: false, count: dataset.itemCount + 1)
        for item in dataset.train.items { isInTrain[Int(item)] = true }
        coldRows = [dataset.dev, dataset.test].reduce(0) { $0 + $1.items.count { !isInTrain[Int($0)] } }
        findings = []
        hasTimes = dataset.hasTimes
        let times = dataset.train.times.prefix(LogBeginning.mostLines).map { Array(String($0).utf8) }
        timeFormat = dataset.hasTimes ? try? TimeFormat(of: times, as: nil) : nil
        (kinds, ratings) = ([], nil)
        warnings = dataset.warnings
        longestUsers = statistics.longest.map { (dataset.userIds.text(of: $0.number), $0.events) }
        popularItems = statistics.mostPopular.map { (dataset.itemIds.text(of: $0.number), $0.events) }
    }

    /// A time for people: a date where its unit is known.
    func text(ofTime time: Int64) -> String { timeFormat?.text(ofTime: time) ?? String(time) }
}
