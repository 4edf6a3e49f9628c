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

    /// Lets every event pass; an empty user or item is an error.
    package init() {}
}

/// Collects the events of logs as columns: numbers of users and items in first-seen order, and times.
///
/// 16 bytes an event, beside the ids. Ids get their numbers some hundred events at a time (``NameNumbering``): until then
/// events are pending.
package struct EventCollector: ~Copyable {
    /// The most bytes of a user's or item's id, and of a kind of event.
    package static let longestId = 1_024
    /// Rows are numbered with 32 bits.
    package static let mostEvents = Int(Int32.max) - 2
    /// The most different kinds of events: a column with more tells something else.
    package static let mostKinds = 10_000
    private static let mostPending = 256

    /// How many lines were left out, and why.
    package struct Removed: Sendable, Equatable {
        /// Without a user or an item.
        package var emptyIds = 0
        /// Of a kind that does not count.
        package var kinds = 0
        /// With too low a rating, or without one where ratings decide.
        package var rating = 0
        /// Outside the span of times that counts.
        package var time = 0
    }

    private var users: [Int32] = []
    private var items: [Int32] = []
    private var times: [Int64] = []
    private var userIds = NameNumbering()
    private var itemIds = NameNumbering()
    private var kindNumbers = NameNumbering()
    /// The kinds of events that came, counted or not, and how often each.
    package private(set) var kinds: [(name: String, count: Int)] = []
    /// Whether the kind of each number counts.
    private var kindIsWanted: [Bool] = []
    /// Events that came, counted or not.
    package private(set) var seen = 0
    /// The lines that the filter has left out so far.
    package private(set) var removed = Removed()
    /// Number, sum, smallest and largest of the ratings that came.
    package private(set) var ratings = (count: 0, sum: 0.0, least: Double.infinity, most: -Double.infinity)
    /// Whether the events have times.
    package private(set) var hasTimes = true
    /// The first and the last time that came to the filter of times.
    private var earliest = Int64.max
    private var latest = Int64.min
    /// Which lines count.
    package let filter: LineFilter
    /// Whether ratings are read: they need not be looked at where none decides.
    package let readsRatings: Bool

    /// The pending events, whose ids are copies in `pendingBytes`.
    private let pendingUsers = UnsafeMutableBufferPointer<UnsafeRawBufferPointer>.allocate(capacity: mostPending)
    private let pendingItems = UnsafeMutableBufferPointer<UnsafeRawBufferPointer>.allocate(capacity: mostPending)
    private let pendingTimes = UnsafeMutableBufferPointer<Int64>.allocate(capacity: mostPending)
    private let pendingLines = UnsafeMutableBufferPointer<Int>.allocate(capacity: mostPending)
    private let pendingNumbers = UnsafeMutableBufferPointer<Int32>.allocate(capacity: mostPending)
    private let pendingBytes = UnsafeMutableRawBufferPointer.allocate(
        byteCount: 2 * mostPending * longestId, alignment: 16)
    private var pendingCount = 0
    private var pendingSize = 0

    /// No event yet.
    ///
    /// - Parameter readsRatings: nil: where `filter` has a lowest rating.
    package init(filter: LineFilter = LineFilter(), readsRatings: Bool? = nil) {
        self.filter = filter
        self.readsRatings = readsRatings ?? (filter.minimalRating != nil)
    }

    deinit {
        pendingUsers.deallocate()
        pendingItems.deallocate()
        pendingTimes.deallocate()
        pendingLines.deallocate()
        pendingNumbers.deallocate()
        pendingBytes.deallocate()
    }

    /// Takes an event, or counts why not.
    ///
    /// - Parameter line: where it is, for an error: perhaps that of an earlier event.
    @inline(__always)
    package mutating func take(_ event: RawEvent, line: Int) throws(EventFault) {
        seen += 1
        if event.user.isEmpty || event.item.isEmpty {
            guard filter.skipsEmptyIds else { throw EventFault(event.user.isEmpty ? .emptyUser : .emptyItem, line) }
            removed.emptyIds += 1
            return
        }
        if let kind = event.kind {
            guard try isWanted(kind, line) else {
                removed.kinds += 1
                return
            }
        }
        if readsRatings, !passesRating(event.rating) {
            removed.rating += 1
            return
        }
        // Without times the order of the file is that of time.
        var time = Int64(seen)
        if let known = event.time {
            time = known
            earliest = min(earliest, time)
            latest = max(latest, time)
            if time < filter.from ?? .min || time >= filter.until ?? .max, filter.from != nil || filter.until != nil {
                removed.time += 1
                return
            }
        } else {
            hasTimes = false
        }
        if pendingCount == EventCollector.mostPending { try keepPending() }
        pendingUsers[pendingCount] = try copy(event.user, "user", line)
        pendingItems[pendingCount] = try copy(event.item, "item", line)
        pendingTimes[pendingCount] = time
        pendingLines[pendingCount] = line
        pendingCount += 1
    }

    private mutating func passesRating(_ rating: Double?) -> Bool {
        if let rating {
            ratings.count += 1
            ratings.sum += rating
            ratings.least = min(ratings.least, rating)
            ratings.most = max(ratings.most, rating)
        }
        guard let least = filter.minimalRating else { return true }
        return rating ?? -.infinity >= least
    }

    /// A copy of an id that lasts until the pending events are kept.
    @inline(__always)
    private mutating func copy(
        _ id: UnsafeRawBufferPointer, _ field: String, _ line: Int
    ) throws(EventFault) -> UnsafeRawBufferPointer {
        guard id.count <= EventCollector.longestId else {
            throw EventFault(.tooLong(field: field, bytes: id.count), line)
        }
        let kept = UnsafeMutableRawBufferPointer(rebasing: pendingBytes[pendingSize..<pendingSize + id.count])
        kept.copyMemory(from: id)
        pendingSize += id.count
        return UnsafeRawBufferPointer(kept)
    }

    /// Gives the ids of the pending events their numbers, and keeps the events. Belongs behind the last event of a file.
    @inline(never)
    package mutating func keepPending() throws(EventFault) {
        let count = pendingCount
        pendingCount = 0
        pendingSize = 0
        guard users.count <= EventCollector.mostEvents - count else { throw EventFault(.tooManyEvents, nil) }
        try Self.number(
            UnsafeBufferPointer(rebasing: pendingUsers[..<count]), &userIds, pendingNumbers, "user", pendingLines)
        users.append(contentsOf: pendingNumbers[..<count])
        try Self.number(
            UnsafeBufferPointer(rebasing: pendingItems[..<count]), &itemIds, pendingNumbers, "item", pendingLines)
        items.append(contentsOf: pendingNumbers[..<count])
        times.append(contentsOf: pendingTimes[..<count])
    }

    private static func number(
        _ names: UnsafeBufferPointer<UnsafeRawBufferPointer>, _ ids: inout NameNumbering,
        _ numbers: UnsafeMutableBufferPointer<Int32>, _ field: String, _ lines: UnsafeMutableBufferPointer<Int>
    ) throws(EventFault) {
        var known = Int32(ids.count)
        guard ids.numbers(of: names, into: numbers) else { throw EventFault(.tooManyEvents, nil) }
        // What has come before was looked at then.
        for index in names.indices where numbers[index] > known {
            known = numbers[index]
            try check(names[index], field, lines[index])
        }
    }

    private mutating func isWanted(_ kind: UnsafeRawBufferPointer, _ line: Int) throws(EventFault) -> Bool {
        guard let number = kindNumbers.number(of: kind), number <= EventCollector.mostKinds else {
            throw EventFault(.tooManyKinds, line)
        }
        let index = Int(number) - 1
        if index == kinds.count {
            if !kind.isEmpty { try EventCollector.check(kind, "kind of event", line) }
            let name = String(decoding: kind, as: UTF8.self)
            kinds.append((name, 0))
            kindIsWanted.append(filter.kinds?.contains(name) ?? true)
        }
        kinds[index].count += 1
        return kindIsWanted[index]
    }

    /// Refuses what is no line of text in UTF-8.
    @inline(never)
    private static func check(_ id: UnsafeRawBufferPointer, _ field: String, _ line: Int) throws(EventFault) {
        guard id.count <= longestId else { throw EventFault(.tooLong(field: field, bytes: id.count), line) }
        guard !id.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
            throw EventFault(.controlCharacter(field: field), line)
        }
        guard id.contains(where: { $0 >= 0x80 }) else { return }
        guard let text = String(validating: id, as: UTF8.self) else {
            throw EventFault(.invalidText(field: field), line)
        }
        guard text.isStreamSafe, !text.unicodeScalars.contains(where: \.isObeyed) else {
            throw EventFault(.controlCharacter(field: field), line)
        }
    }

    /// What was collected.
    package consuming func finished() throws(EventFault) -> CollectedEvents {
        try keepPending()
        return CollectedEvents(
            users: users, items: items, times: times, userIds: userIds.finished(), itemIds: itemIds.finished(),
            hasTimes: hasTimes, kinds: kinds, ratings: ratings, seen: seen,
            removed: removed, span: earliest <= latest ? earliest...latest : nil)
    }
}

/// What an ``EventCollector`` has collected.
package struct CollectedEvents: Sendable {
    /// `[events]`: the number of the user, from 1: that of its id in ``userIds``.
    package var users: [Int32]
    /// `[events]`: the number of the item, from 1: that of its id in ``itemIds``.
    package var items: [Int32]
    /// `[events]`: times in the unit in which they are stored; without times numbers that rise with the order of the
    /// file.
    package var times: [Int64]
    /// The ids of the users of these events, in the order in which they came.
    package let userIds: NamedIds
    /// The ids of the items of these events, in the order in which they came.
    package let itemIds: NamedIds
    /// Whether the times are from the log, and not only an order.
    package let hasTimes: Bool
    /// The kinds of events that came, counted or not, and how often each.
    package let kinds: [(name: String, count: Int)]
    /// Number, sum, smallest and largest of the ratings that came; none where they were not read.
    package let ratings: (count: Int, sum: Double, least: Double, most: Double)
    /// Events that came, counted or not.
    package let seen: Int
    /// How many of them were left out, and why.
    package let removed: EventCollector.Removed
    /// The first and the last time before the filter of times; nil without times.
    package let span: ClosedRange<Int64>?
}
