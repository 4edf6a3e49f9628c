import Glibc
import Interactions
import Reporting

/// From event logs to a data set: filters and split in a fixed order, with a count of what each step removed.
public struct Conversion: Sendable {
    /// A step, and what it left.
    public struct Step: Sendable, Equatable {
        public let name: String
        /// The options that decided.
        public let setting: String
        /// Events that it removed.
        public let removed: Int
        /// Events that were left.
        public let events: Int
        /// Users and items that were left; nil where nobody counted them.
        public let users: Int?
        public let items: Int?
    }

    public let dataset: InteractionDataset
    public let steps: [Step]
    package let findings: [EventLog.Finding]
    /// What the user should know of what was read.
    public let warnings: [String]
    package let timeFormat: TimeFormat?
    /// Where dev and test begin, with `--split temporal`.
    package let splitTimes: (dev: Int64, test: Int64)?

    /// Converts files, or the folder of a data set.
    ///
    /// - Parameter name: of the data set.
    public init(
        of files: [String], name: String, log: LogOptions, options: ConversionOptions
    ) throws(DatasetError) {
        var isFolder = false
        for file in files {
            var status = stat()
            isFolder = isFolder || (stat(file, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR)
        }
        guard isFolder else {
            try self.init(files: files, name: name, log: log, options: options)
            return
        }
        guard files.count == 1 else {
            throw DatasetError(
                .configuration, file: files.joined(separator: ", "), problem: "a folder stands beside other files",
                recoverySuggestion: "name files, or one folder of a data set")
        }
        try self.init(folder: files[0], name: name, log: log, options: options)
    }

    /// Converts a data set with the split that it has, or the events of its files with another one.
    private init(
        folder: String, name: String, log: LogOptions, options: ConversionOptions
    ) throws(DatasetError) {
        var rest = options
        rest.split = .leaveOneOut
        guard options.split == .given || rest == ConversionOptions() else {
            let files = try DatasetFolder(path: folder)
            let parts = ["train.csv", "dev.csv", "test.csv"].compactMap { part in (try? files.file(part)) ?? nil }
            guard parts.count == 3 else {
                throw DatasetError(
                    .configuration, file: folder, problem: "filters and splits are for files of events",
                    recoverySuggestion: "name the files in the folder")
            }
            try self.init(files: parts, name: name, log: log, options: options)
            return
        }
        guard rest == ConversionOptions() else {
            throw DatasetError(
                .configuration, file: folder, problem: "--split given keeps the data set as it is: no filter can change it",
                recoverySuggestion: "leave the filters out, or choose another split")
        }
        let source = try InteractionDataset.load(folder: folder)
        dataset = source
        steps = [
            Step(
                name: "read", setting: "--split given", removed: 0, events: source.interactionCount,
                users: source.userCount, items: source.itemCount)
        ]
        findings = [EventLog.Finding(file: folder, reader: "data set", texts: ["the split of the folder is kept"])]
        warnings = source.warnings
        timeFormat = nil
        splitTimes = nil
    }

    /// Converts files.
    private init(
        files: [String], name: String, log: LogOptions, options: ConversionOptions
    ) throws(DatasetError) {
        let request = try log.request()
        let source = try EventLog(files, request) { format throws(DatasetError) in try options.lineFilter(format) }
        var steps = ConversionSteps(source)
        try steps.addLineFilters(options)
        let (userIds, itemIds, hasTimes) = (source.events.userIds, source.events.itemIds, source.events.hasTimes)
        findings = source.findings
        timeFormat = source.timeFormat
        warnings = source.warnings + steps.warnings(options)
        var filter = EventFilter(
            users: source.events.users, items: source.events.items, times: source.events.times,
            userCount: userIds.count, itemCount: itemIds.count)
        try steps.apply(options, to: &filter, hasTimes: hasTimes)
        let (split, times) = try EventSplit.of(filter, options, source)
        splitTimes = times
        let parts = SplitParts(
            filter: filter, split: split, userIds: userIds, itemIds: itemIds, file: source.files.joined(separator: ", "))
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
        switch options.split {
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
                    .configuration, file: file, problem: "dev begins at \(source.text(ofTime: dev)), test at \(source.text(ofTime: test))",
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
