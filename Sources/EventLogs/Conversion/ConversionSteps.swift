import FileIO
import Interactions
import Reporting

/// Applies the filters one after the other, and counts.
struct ConversionSteps {
    private(set) var steps: [Conversion.Step] = []
    private let file: String
    private let source: EventLog

    init(_ source: EventLog) {
        self.source = source
        file = source.files.joined(separator: ", ")
        let seen = source.events.seen
        steps.append(Conversion.Step(name: "read", setting: "", removed: 0, events: seen, users: nil, items: nil))
    }

    private var left: Int { steps.last?.events ?? 0 }

    /// What was filtered while it was read.
    mutating func addLineFilters(_ options: ConversionOptions) throws(DatasetError) {
        let source = source
        let removed = source.events.removed
        guard left > 0 else {
            throw DatasetError(
                .invalid, file: file, problem: "there is no event in it",
                recoverySuggestion: "an event a line is expected")
        }
        if options.emptyIds == .skip {
            try add("empty ids", "--empty-ids skip", removed: removed.emptyIds) { "every line lacks a user or an item" }
        }
        if let events = options.events {
            try add("kinds of events", "--events \(events)", removed: removed.kinds) {
                "the kinds are \(Self.list(source.events.kinds))"
            }
        }
        if let rating = options.minimalRating {
            let ratings = source.events.ratings
            try add("ratings", "--min-rating \(rating)", removed: removed.rating) {
                ratings.count == 0 ? "no event has a rating" : "the ratings go from \(ratings.least) to \(ratings.most)"
            }
        }
        if options.from != nil || options.until != nil {
            let setting = [options.from.map { "--from \($0)" }, options.until.map { "--until \($0)" }]
            let span = source.events.span
            try add("times", setting.compactMap { $0 }.joined(separator: " "), removed: removed.time) {
                span.map {
                    "the times go from \(source.text(ofTime: $0.lowerBound)) to \(source.text(ofTime: $0.upperBound))"
                }
                    ?? "there are no times"
            }
        }
    }

    /// Filters of whole users and items.
    mutating func apply(
        _ options: ConversionOptions, to filter: inout EventFilter, hasTimes: Bool
    ) throws(DatasetError) {
        note(filter)
        // Without times there is no telling a repeat from an item that came again.
        if options.exactRepeats == .remove, hasTimes {
            filter.removeExactRepeats()
            try add("exact repeats", "--exact-repeats remove", filter) { "" }
        }
        if options.repeats != .keepAll {
            filter.removeRepeatedItems(options.repeats)
            try add("repeated items of a user", "--repeats \(options.repeats.rawValue)", filter) { "" }
        }
        if let most = options.maxUserEvents {
            filter.removeUsers(above: most)
            try add("users with too many events", "--max-user-events \(most)", filter) {
                "every user has more than \(NumberText.counted(most, "events")): choose a larger number"
            }
        }
        if options.coreUsers > 1 || options.coreItems > 1 {
            let passes = filter.removeOutsideCore(users: options.coreUsers, items: options.coreItems)
            let setting = "--core-users \(options.coreUsers) --core-items \(options.coreItems)"
            try add("outside the core (\(passes == 1 ? "1 pass" : "\(passes) passes"))", setting, filter) {
                "too few events are dense enough: choose smaller numbers"
            }
        }
    }

    /// Users and items of the step that was counted last.
    private mutating func note(_ filter: EventFilter) {
        guard let last = steps.popLast() else { return }
        let (users, items) = filter.distinct
        steps.append(
            Conversion.Step(
                name: last.name, setting: last.setting, removed: last.removed, events: last.events, users: users,
                items: items))
    }

    private mutating func add(
        _ name: String, _ setting: String, _ filter: EventFilter, reason: () -> String
    ) throws(DatasetError) {
        try add(name, setting, removed: left - filter.count, reason: reason)
        note(filter)
    }

    private mutating func add(
        _ name: String, _ setting: String, removed: Int, reason: () -> String
    ) throws(DatasetError) {
        let events = left - removed
        guard events > 0 else {
            let before = NumberText.grouped(left)
            throw DatasetError(
                .invalid, file: file, problem: "no event is left after \(setting), of \(before) before it",
                recoverySuggestion: reason().isEmpty ? "choose another filter" : reason())
        }
        steps.append(
            Conversion.Step(name: name, setting: setting, removed: removed, events: events, users: nil, items: nil))
    }

    /// The kinds with their counts.
    static func list(_ kinds: [(name: String, count: Int)]) -> String {
        let shown = kinds.sorted { ($1.count, $0.name) < ($0.count, $1.name) }.prefix(10).map {
            "\($0.name.isEmpty ? "(empty)" : $0.name.printable(limit: 60)) (\(NumberText.grouped($0.count)))"
        }
        return shown.joined(separator: ", ") + (kinds.count > 10 ? " and \(kinds.count - 10) more" : "")
    }

    /// What the user should know of what was read.
    func warnings(_ options: ConversionOptions) -> [String] {
        let kinds = source.events.kinds
        guard let events = options.events else {
            guard kinds.count > 1 else { return [] }
            return ["all kinds of events count: \(Self.list(kinds))\nchoose some of them with --events"]
        }
        let missing = events.split(separator: ",").map(String.init).filter { name in !kinds.contains { $0.name == name }
        }
        guard !missing.isEmpty else { return [] }
        let likely = missing.compactMap { kinds.map(\.name).nearest(to: $0) }
        return [
            "no event is of the kind \(missing.joined(separator: ", ").printable())"
                + (likely.isEmpty ? "" : "; did you mean \(likely.joined(separator: ", ").printable())?")
                + "\nthe kinds are \(Self.list(kinds))"
        ]
    }
}
