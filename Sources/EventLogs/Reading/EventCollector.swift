import FileIO
import Interactions

/// What is done to each line of a log before it is kept: the filters that need one line only.
package struct LineFilter: Sendable {
    /// The kinds of events that count; nil: all.
    package var kinds: [String]?
    /// Events with a lower rating, or without one, do not count.
    package var minimalRating: Double?
    /// The first time that counts, in the unit of the log.
    package var from: Int64?
    /// The first time that does not count any more.
    package var until: Int64?
    /// Lines with an empty user or item are left out, instead of refused.
    package var skipsEmptyIds = false

    package init() {}
}

/// Collects the events of logs as columns: numbers of users and items in first-seen order, and times.
///
/// 16 bytes an event, beside the ids.
package struct EventCollector: Sendable {
    package static let longestId = 1_024
    /// Rows are numbered with 32 bits.
    package static let mostEvents = Int(Int32.max) - 2
    package static let mostKinds = 10_000

    /// How many lines were left out, and why.
    package struct Removed: Sendable, Equatable {
        package var emptyIds = 0
        package var kinds = 0
        package var rating = 0
        package var time = 0
    }

    private var users: [Int32] = []
    private var items: [Int32] = []
    private var times: [Int64] = []
    /// The newest events, which go to the columns together.
    private var recent: [Row]
    private var recentCount = 0
    private var userIds = NameNumbering()
    private var itemIds = NameNumbering()
    private var kindNumbers = NameNumbering()
    /// The kinds of events that came, counted or not, and how often each.
    package private(set) var kinds: [(name: String, count: Int)] = []
    /// Whether the kind of each number counts.
    private var kindIsWanted: [Bool] = []
    /// Events that came, counted or not.
    package private(set) var seen = 0
    package private(set) var removed = Removed()
    /// Sum, number, smallest and largest of the ratings that came.
    package private(set) var ratings = (count: 0, sum: 0.0, least: Double.infinity, most: -Double.infinity)
    /// Whether the events have times.
    package private(set) var hasTimes = true
    /// The first and the last time that came to the filter of times.
    private var earliest = Int64.max
    private var latest = Int64.min
    package let filter: LineFilter
    /// Whether ratings are read: they need not be looked at where none decides.
    package let readsRatings: Bool

    package init(filter: LineFilter = LineFilter(), readsRatings: Bool? = nil) {
        self.filter = filter
        self.readsRatings = readsRatings ?? (filter.minimalRating != nil)
        recent = [Row](repeating: Row(user: 0, item: 0, time: 0), count: Self.mostRecent)
    }

    package var count: Int { users.count + recentCount }

    /// An event as it is kept.
    private struct Row {
        var user: Int32
        var item: Int32
        var time: Int64
    }

    private static let mostRecent = 1 << 10

    /// Takes an event, or counts why not.
    @inline(__always)
    package mutating func take(_ event: RawEvent) throws(EventFault) {
        seen += 1
        if event.user.isEmpty || event.item.isEmpty {
            guard filter.skipsEmptyIds else { throw event.user.isEmpty ? .emptyUser : .emptyItem }
            removed.emptyIds += 1
            return
        }
        if let kind = event.kind {
            guard try isWanted(kind) else {
                removed.kinds += 1
                return
            }
        }
        if let rating = event.rating {
            ratings.count += 1
            ratings.sum += rating
            ratings.least = min(ratings.least, rating)
            ratings.most = max(ratings.most, rating)
        }
        if let least = filter.minimalRating, !(event.rating ?? -.infinity >= least) {
            removed.rating += 1
            return
        }
        if let time = event.time {
            earliest = min(earliest, time)
            latest = max(latest, time)
            if let from = filter.from, time < from {
                removed.time += 1
                return
            }
            if let until = filter.until, time >= until {
                removed.time += 1
                return
            }
        } else {
            hasTimes = false
        }
        let user = try EventCollector.number(of: event.user, &userIds, "user")
        let item = try EventCollector.number(of: event.item, &itemIds, "item")
        if recentCount == EventCollector.mostRecent { try keepRecent() }
        // Without times the order of the file is that of time.
        recent[recentCount] = Row(user: user, item: item, time: event.time ?? Int64(seen))
        recentCount += 1
    }

    /// Moves the newest events to the columns.
    @inline(never)
    private mutating func keepRecent() throws(EventFault) {
        guard users.count <= EventCollector.mostEvents - recentCount else { throw .tooManyEvents }
        let rows = recent[..<recentCount]
        users.append(contentsOf: rows.lazy.map(\.user))
        items.append(contentsOf: rows.lazy.map(\.item))
        times.append(contentsOf: rows.lazy.map(\.time))
        recentCount = 0
    }

    @inline(__always)
    private static func number(
        of id: UnsafeRawBufferPointer, _ ids: inout NameNumbering, _ field: String
    ) throws(EventFault) -> Int32 {
        let known = ids.count
        guard let number = ids.number(of: id) else { throw .tooManyEvents }
        // What has come before was looked at then.
        if Int(number) > known { try check(id, field) }
        return number
    }

    private mutating func isWanted(_ kind: UnsafeRawBufferPointer) throws(EventFault) -> Bool {
        guard let number = kindNumbers.number(of: kind), number <= EventCollector.mostKinds else {
            throw .tooManyKinds
        }
        let index = Int(number) - 1
        if index == kinds.count {
            if !kind.isEmpty { try EventCollector.check(kind, "kind of event") }
            let name = String(decoding: kind, as: UTF8.self)
            kinds.append((name, 0))
            kindIsWanted.append(filter.kinds?.contains(name) ?? true)
        }
        kinds[index].count += 1
        return kindIsWanted[index]
    }

    /// Refuses what is no line of text in UTF-8.
    @inline(never)
    private static func check(_ id: UnsafeRawBufferPointer, _ field: String) throws(EventFault) {
        guard id.count <= longestId else { throw .tooLong(field: field, bytes: id.count) }
        guard !id.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { throw .controlCharacter(field: field) }
        guard id.contains(where: { $0 >= 0x80 }) else { return }
        guard let text = String(validating: id, as: UTF8.self) else { throw .invalidText(field: field) }
        guard text.isStreamSafe, !text.unicodeScalars.contains(where: \.isObeyed) else {
            throw .controlCharacter(field: field)
        }
    }

    /// What was collected, without a copy of it.
    package consuming func finished() throws(EventFault) -> CollectedEvents {
        try keepRecent()
        return CollectedEvents(
            users: users, items: items, times: times, userIds: userIds.finished(), itemIds: itemIds.finished(),
            hasTimes: hasTimes, kinds: kinds, ratings: ratings, seen: seen,
            removed: removed, span: earliest <= latest ? earliest...latest : nil)
    }
}

/// What an ``EventCollector`` has collected.
package struct CollectedEvents: Sendable {
    package var users: [Int32]
    package var items: [Int32]
    package var times: [Int64]
    package let userIds: NamedIds
    package let itemIds: NamedIds
    package let hasTimes: Bool
    package let kinds: [(name: String, count: Int)]
    package let ratings: (count: Int, sum: Double, least: Double, most: Double)
    package let seen: Int
    package let removed: EventCollector.Removed
    /// The first and the last time before the filter of times; nil without times.
    package let span: ClosedRange<Int64>?
}
