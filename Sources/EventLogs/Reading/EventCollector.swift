import Reporting

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

    package private(set) var users: [Int32] = []
    package private(set) var items: [Int32] = []
    package private(set) var times: [Int64] = []
    package private(set) var userIds = IdInterner()
    package private(set) var itemIds = IdInterner()
    /// The kinds of events that came, counted or not, and how often each.
    package private(set) var kinds = IdInterner()
    package private(set) var kindCounts: [Int] = []
    /// Whether the kind of each number counts.
    private var kindIsWanted: [Bool] = []
    /// Events that came, counted or not.
    package private(set) var seen = 0
    package private(set) var removed = Removed()
    /// Sum, number, smallest and largest of the ratings that came.
    package private(set) var ratings = (count: 0, sum: 0.0, least: Double.infinity, most: -Double.infinity)
    /// Whether the events have times.
    package private(set) var hasTimes = true
    package let filter: LineFilter

    package init(filter: LineFilter = LineFilter()) { self.filter = filter }

    package var count: Int { users.count }

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
        let user = userIds.number(of: event.user)
        if user.isNew { try EventCollector.check(event.user, "user") }
        let item = itemIds.number(of: event.item)
        if item.isNew { try EventCollector.check(event.item, "item") }
        guard users.count < EventCollector.mostEvents else { throw .tooManyEvents }
        users.append(user.number)
        items.append(item.number)
        // Without times the order of the file is that of time.
        times.append(event.time ?? Int64(seen))
    }

    private mutating func isWanted(_ kind: UnsafeRawBufferPointer) throws(EventFault) -> Bool {
        let (number, isNew) = kinds.number(of: kind)
        if isNew {
            if !kind.isEmpty { try EventCollector.check(kind, "kind of event") }
            guard kinds.count <= EventCollector.mostKinds else { throw .tooManyKinds }
            kindCounts.append(0)
            kindIsWanted.append(filter.kinds?.contains(kinds.text(of: number)) ?? true)
        }
        kindCounts[Int(number) - 1] += 1
        return kindIsWanted[Int(number) - 1]
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

    /// The columns, after which this is empty but for the ids: so they are never there twice.
    package mutating func takeColumns() -> (users: [Int32], items: [Int32], times: [Int64]) {
        defer { (users, items, times) = ([], [], []) }
        return (users, items, times)
    }
}
