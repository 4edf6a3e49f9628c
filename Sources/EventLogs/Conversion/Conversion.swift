import Interactions

/// From event logs to a data set: filters and split in a fixed order, with a count of what each step removed.
public struct Conversion: Sendable {
    /// A step, and what it left.
    public struct Step: Sendable, Equatable {
        /// What it did, for the user: `read`, `exact repeats`.
        public let name: String
        /// The options that decided.
        public let setting: String
        /// Events that it removed.
        public let removed: Int
        /// Events that were left.
        public let events: Int
        /// Users that were left; nil where nobody counted them.
        public let users: Int?
        /// Items that were left; nil where nobody counted them.
        public let items: Int?
    }

    /// What came of it, with its split.
    public let dataset: InteractionDataset
    /// Reading first, then each filter that was applied.
    public let steps: [Step]
    /// What was found out about each file, in the order in which they were read.
    package let findings: [EventLog.Finding]
    /// What the user should know of what was read.
    public let warnings: [String]
    /// How times were written and are stored; nil without times, and for a data set that kept its split.
    package let timeFormat: TimeFormat?
    /// Where dev and test begin, with `--split temporal`.
    package let splitTimes: (dev: Int64, test: Int64)?
    /// Seconds that reading took, and those of them in which this process computed; nil for a data set.
    public let readingSeconds: (elapsed: Double, computing: Double)?

    /// Converts a data set with the split that it has.
    init(_ source: InteractionDataset, folder: String) {
        dataset = source
        steps = [
            Step(
                name: "read", setting: "--split given", removed: 0, events: source.interactionCount,
                users: source.userCount, items: source.itemCount)
        ]
        findings = [EventLog.Finding(file: folder, reader: "data set", texts: ["the split of the folder is kept"])]
        warnings = source.warnings
        (timeFormat, splitTimes, readingSeconds) = (nil, nil, nil)
    }

    /// Converts files.
    init(
        files: [String], name: String, log: LogOptions, options: ConversionOptions
    ) throws(DatasetError) {
        let request = try log.request()
        let source = try EventLog(files, request) { format throws(DatasetError) in try options.lineFilter(format) }
        var steps = ConversionSteps(source)
        try steps.addLineFilters(options)
        let (userIds, itemIds, hasTimes) = (source.events.userIds, source.events.itemIds, source.events.hasTimes)
        findings = source.findings
        readingSeconds = source.seconds
        timeFormat = source.timeFormat
        warnings = source.warnings + steps.warnings(options)
        var filter = EventFilter(
            users: source.events.users, items: source.events.items, times: source.events.times,
            userCount: userIds.count, itemCount: itemIds.count)
        try steps.apply(options, to: &filter, hasTimes: hasTimes)
        let (split, times) = try EventSplit.of(filter, options, source)
        splitTimes = times
        let parts = SplitParts(
            filter: filter, split: split, userIds: userIds, itemIds: itemIds, file: source.files.joined(separator: ", ")
        )
        dataset = try parts.dataset(name: name, options, hasTimes: hasTimes)
        self.steps = steps.steps
    }
}

extension EventSplit {
    /// The split that the options ask for, and where dev and test begin with `--split temporal`.
    static func of(
        _ filter: EventFilter, _ options: ConversionOptions, _ source: EventLog
    ) throws(DatasetError) -> (split: EventSplit, times: (dev: Int64, test: Int64)?) {
        let file = source.files.joined(separator: ", ")
        guard options.split == .temporal || (options.devFrom == nil && options.testFrom == nil) else {
            throw DatasetError(
                .configuration, file: file, problem: "--dev-from and --test-from are for --split temporal",
                recoverySuggestion: "add --split temporal, or leave them out")
        }
        switch options.split ?? .leaveOneOut {
        case .leaveOneOut: return (.leaveOneOut(filter), nil)
        case .users: return (.heldOutUsers(filter, seed: options.seed), nil)
        case .given:
            throw DatasetError(
                .configuration, file: file, problem: "--split given is for a folder that has a split",
                recoverySuggestion: "name a folder with train.csv, dev.csv and test.csv, or choose another split")
        case .temporal:
            let dev = try bound(options.devFrom ?? "80%", "--dev-from", filter, source)
            let test = try bound(options.testFrom ?? "90%", "--test-from", filter, source)
            guard dev < test else {
                throw DatasetError(
                    .configuration, file: file,
                    problem: "dev begins at \(source.text(ofTime: dev)), test at \(source.text(ofTime: test))",
                    recoverySuggestion: "test begins after dev: choose --dev-from and --test-from")
            }
            return (.temporal(filter, devFrom: dev, testFrom: test), (dev, test))
        }
    }

    private static func bound(
        _ text: String, _ option: String, _ filter: EventFilter, _ source: EventLog
    ) throws(DatasetError) -> Int64 {
        guard source.events.hasTimes else {
            throw DatasetError(
                .configuration, file: source.files.joined(separator: ", "), problem: "the log has no times to split by",
                recoverySuggestion: "choose --split leave-one-out, or name the times with --time-column")
        }
        if text.hasSuffix("%") {
            guard let percent = Double(text.dropLast()), percent > 0, percent < 100 else {
                throw DatasetError(
                    .configuration, file: option, problem: "\(text.debugDescription) is no share of the events",
                    recoverySuggestion: "choose one above 0% and below 100%")
            }
            return time(atQuantile: percent / 100, of: filter)
        }
        return try ConversionOptions.time(text, option, source.timeFormat) ?? 0
    }
}
