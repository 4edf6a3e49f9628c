import Interactions
import Options

/// Filters and split of a conversion, in the order in which they are applied.
public struct ConversionOptions: Sendable, Equatable {
    /// Kinds of events that count, with commas between them; nil: all.
    public var events: String?
    /// Events with a lower rating, or without one, do not count; nil: ratings do not decide.
    public var minimalRating: Double?
    /// The first time that counts: a date, or a number in the unit of the log; nil: from the beginning.
    public var from: String?
    /// The first time that does not count any more; nil: to the end.
    public var until: String?
    /// Whether a line without a user or an item is an error.
    package var emptyIds = EmptyIds.refuse
    /// Whether the first alone is left of events that have user, item and time in common; logs without times keep all.
    package var exactRepeats = ExactRepeats.remove
    /// Which events are left of an item that a user has several times.
    package var repeats = EventFilter.Repeats.keepAll
    /// Users with more events are removed; nil: none is.
    public var maxUserEvents: Int?
    /// The fewest events of a user, applied again and again with ``coreItems`` until nothing changes; 1: no bound.
    public var coreUsers = 1
    /// The fewest events of an item; 1: no bound.
    public var coreItems = 1
    /// How events become train, dev and test; nil: leave-one-out, or for the folder of a data set the split that it
    /// has.
    package var split: SplitKind?
    /// Where dev begins with a temporal split: a time, or a share of the events; nil: `80%`.
    public var devFrom: String?
    /// Where test begins with a temporal split, likewise; nil: `90%`.
    public var testFrom: String?
    /// Negatives that each row of dev and test stores; 0: none, all items are ranked.
    public var negatives = 0
    /// How these negatives are drawn.
    package var negativeSampling = StoredNegatives.Sampling.uniform
    /// Seed of the held out users and of the negatives.
    public var seed: UInt64 = 0

    /// Of all filters only the one of exact repeats; no negatives.
    public init() {}

    /// What is done with lines that lack a user or an item.
    package enum EmptyIds: String, Sendable, CaseIterable { case refuse, skip }

    /// What is done with events that have user, item and time in common.
    package enum ExactRepeats: String, Sendable, CaseIterable { case remove, keep }

    private static let standard = ConversionOptions()

    /// The options, declared.
    public static let fields: [OptionField<ConversionOptions>] = [
        OptionField(
            "empty-ids", \.emptyIds, of: standard,
            help: "Lines without a user or an item: refuse them, or skip and count them."),
        OptionField(
            "events", \.events, of: standard, OptionTraits(unit: "kind,kind,...", shownDefault: "all"),
            help: "The kinds of events that count: view,purchase."),
        OptionField(
            "min-rating", \.minimalRating, of: standard, OptionTraits(unit: "rating"),
            help: "Events with a lower rating do not count."),
        OptionField(
            "from", \.from, of: standard, OptionTraits(unit: "time"),
            help: "The first time that counts: 2024-01-31, or a number as in the file."),
        OptionField(
            "until", \.until, of: standard, OptionTraits(unit: "time"),
            help: "The first time that does not count any more."),
        OptionField(
            "exact-repeats", \.exactRepeats, of: standard,
            help: "Events with the same user, item and time: remove all but the first, or keep them."),
        OptionField(
            "repeats", \.repeats, of: standard,
            help: "An item that a user has several times: \(EventFilter.Repeats.optionKind)."),
        OptionField(
            "max-user-events", \.maxUserEvents, of: standard, in: .within(1...Int.max), OptionTraits(unit: "events"),
            help: "Users with more events are removed: programs, not people."),
        OptionField(
            "core-users", \.coreUsers, of: standard, in: .within(1...1_000_000_000), OptionTraits(unit: "events"),
            help: "The fewest events of a user, again and again with --core-items until nothing changes."),
        OptionField(
            "core-items", \.coreItems, of: standard, in: .within(1...1_000_000_000), OptionTraits(unit: "events"),
            help: "The fewest events of an item."),
        OptionField(
            "split", \.split, of: standard,
            OptionTraits(shownDefault: "leave-one-out; of a folder with train, dev and test: given"),
            help:
                "leave-one-out: the last event of a user is test, the one before dev; temporal: by --dev-from and "
                + "--test-from; users: all events of 10 % of the users are test, of 10 % dev; given: as in the folder."),
        OptionField(
            "dev-from", \.devFrom, of: standard, OptionTraits(unit: "time", shownDefault: "80%"),
            help: "With --split temporal: where dev begins, a time or a share of the events."),
        OptionField(
            "test-from", \.testFrom, of: standard, OptionTraits(unit: "time", shownDefault: "90%"),
            help: "With --split temporal: where test begins."),
        OptionField(
            "negatives", \.negatives, of: standard, in: .within(0...10_000),
            OptionTraits(shownDefault: "0: all items are ranked"),
            help: "Stored negatives of a dev or test row, none of which its user has."),
        OptionField(
            "negative-sampling", \.negativeSampling, of: standard,
            help: "How negatives are drawn: uniform, or by popularity in train."),
        OptionField("seed", \.seed, of: standard, help: "Seed of held out users and negatives."),
    ]

    /// The filter of single lines, for logs with times of this form.
    package func lineFilter(_ format: TimeFormat?) throws(DatasetError) -> LineFilter {
        var filter = LineFilter()
        filter.kinds = events.map { $0.split(separator: ",").map(String.init) }
        filter.minimalRating = minimalRating
        filter.skipsEmptyIds = emptyIds == .skip
        filter.from = try Self.time(from, "--from", format)
        filter.until = try Self.time(until, "--until", format)
        if let from = filter.from, let until = filter.until, from >= until {
            throw DatasetError(
                .configuration, file: "--from", problem: "the span of times is empty: it ends before it begins",
                recoverySuggestion: "--until is the first time that does not count: choose a later one")
        }
        return filter
    }

    /// The time that an option names, in the unit in which times are stored.
    static func time(_ text: String?, _ option: String, _ format: TimeFormat?) throws(DatasetError) -> Int64? {
        guard let text else { return nil }
        func failure(_ problem: String, _ recoverySuggestion: String) -> DatasetError {
            DatasetError(.configuration, file: option, problem: problem, recoverySuggestion: recoverySuggestion)
        }
        guard let format else {
            throw failure("the log has no times", "leave \(option) out, or name the times with --time-column")
        }
        if let number = Int64(text) { return number }
        guard let date = Array(text.utf8).withUnsafeBytes({ ISOTime($0) }) else {
            throw failure(
                "\(text.debugDescription) is no time",
                "write 2024-01-31, 2024-01-31T23:59:59Z, or a number in the unit of the log")
        }
        guard format.notation != .order else {
            throw failure("the times of the log are whole numbers without a known unit", "write such a number")
        }
        let (product, overflow) = date.seconds.multipliedReportingOverflow(by: format.resolution.perSecond)
        guard !overflow else { throw failure("\(text.debugDescription) is out of range", "write a nearer date") }
        return product
    }
}

extension ConversionOptions.EmptyIds: OptionValue {}
extension ConversionOptions.ExactRepeats: OptionValue {}
extension EventFilter.Repeats: OptionValue {}
extension SplitKind: OptionValue {}
extension StoredNegatives.Sampling: OptionValue {}
