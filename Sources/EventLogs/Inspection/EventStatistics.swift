/// What is counted of events.
public struct EventStatistics: Sendable, Equatable {
    /// Values in ascending order at some shares of their number.
    public struct Quantiles: Sendable, Equatable {
        /// Shares of the number of values: 0 is the smallest value, 0.5 the median, 1 the largest.
        public static let shares = [0, 0.25, 0.5, 0.75, 0.9, 0.99, 1]
        /// One for each of ``shares``.
        public let values: [Int]
        /// The arithmetic mean; 0 without values.
        public let mean: Double

        /// - Parameter sorted: ascending; empty: all quantiles are 0.
        init(sorted: [Int32]) {
            // The smallest value that at least so many do not exceed.
            values = Self.shares.map { share in
                let index = Int((share * Double(sorted.count)).rounded(.up)) - 1
                return sorted.isEmpty ? 0 : Int(sorted[max(0, index)])
            }
            let sum = sorted.reduce(0) { $0 + Int($1) }
            mean = sorted.isEmpty ? 0 : Double(sum) / Double(sorted.count)
        }
    }

    /// The number of events.
    public internal(set) var events = 0
    /// Users that have an event.
    public internal(set) var users = 0
    /// Items that have an event.
    public internal(set) var items = 0
    /// Pairs of user and item that occur, as a share of all.
    public internal(set) var density = 0.0
    /// Events of a user.
    public internal(set) var historyLengths = Quantiles(sorted: [])
    /// Events of an item.
    public internal(set) var popularity = Quantiles(sorted: [])
    /// Share of the events that the most popular hundredth of the items has.
    public internal(set) var shareOfTopHundredth = 0.0
    /// Share of the events that the most popular tenth of the items has.
    public internal(set) var shareOfTopTenth = 0.0
    /// Events whose user had the item before.
    public internal(set) var repeats = 0
    /// Events that have user, item and time in common with another one before them in the file.
    public internal(set) var exactRepeats = 0
    /// Events with the time of the event of the user before.
    public internal(set) var ties = 0
    /// Events that are earlier than one of the user before them in the file.
    public internal(set) var outOfOrder = 0
    /// First and last time; nil without times.
    public internal(set) var span: ClosedRange<Int64>?
    /// Users with one or two events: split leave-one-out, they are in train only.
    public internal(set) var usersBelowThree = 0
    /// Items with a single event.
    public internal(set) var itemsWithOne = 0
    /// The users with the most events, by number, and how many they have.
    public internal(set) var longest: [Entry] = []
    /// The items with the most events.
    public internal(set) var mostPopular: [Entry] = []

    /// A user or an item, and how many events it has.
    public struct Entry: Sendable, Equatable {
        /// The user's or item's number, from 1.
        public let number: Int32
        /// How many events it has.
        public let events: Int
    }

    /// - Parameters:
    ///   - users, items: numbers from 1, in the order of the file.
    ///   - times: only an order where `hasTimes` is false.
    /// - Complexity: linear, and that of sorting the users and the items.
    package init(
        users: [Int32], items: [Int32], times: [Int64], hasTimes: Bool, userCount: Int, itemCount: Int
    ) {
        let filter = EventFilter(users: users, items: items, times: times, userCount: userCount, itemCount: itemCount)
        let (ofUsers, ofItems) = filter.counts()
        events = users.count
        countEntries(ofUsers, ofItems)
        countRepeats(filter, hasTimes: hasTimes)
        density = Double(events - repeats) / max(1, Double(self.users) * Double(self.items))
        guard hasTimes, let first = times.min(), let last = times.max() else { return }
        span = first...last
        var latest = [Int64](repeating: .min, count: userCount + 1)
        for row in users.indices {
            let user = Int(users[row])
            if times[row] < latest[user] { outOfOrder += 1 } else { latest[user] = times[row] }
        }
    }

    private mutating func countEntries(_ ofUsers: [Int32], _ ofItems: [Int32]) {
        let lengths = ofUsers.filter { $0 > 0 }.sorted()
        let popularities = ofItems.filter { $0 > 0 }.sorted()
        (users, items) = (lengths.count, popularities.count)
        historyLengths = Quantiles(sorted: lengths)
        popularity = Quantiles(sorted: popularities)
        func share(_ part: Double) -> Double {
            let top = Int((part * Double(popularities.count)).rounded(.up))
            return Double(popularities.suffix(top).reduce(0) { $0 + Int($1) }) / Double(max(1, events))
        }
        (shareOfTopHundredth, shareOfTopTenth) = (share(0.01), share(0.1))
        usersBelowThree = lengths.count { $0 < 3 }
        itemsWithOne = popularities.count { $0 == 1 }
        longest = Self.top(ofUsers)
        mostPopular = Self.top(ofItems)
    }

    private static func top(_ counts: [Int32]) -> [Entry] {
        counts.indices.filter { counts[$0] > 0 }.max(count: 5) { (counts[$0], -$0) < (counts[$1], -$1) }.map {
            Entry(number: Int32($0), events: Int(counts[$0]))
        }
    }

    private mutating func countRepeats(_ filter: EventFilter, hasTimes: Bool) {
        var lastUser = [Int32](repeating: 0, count: filter.itemCount + 1)
        var lastRun = lastUser
        var run: Int32 = 0
        for user in 1..<filter.order.userCount + 1 {
            var before: Int64?
            for row in filter.order.rows(of: user) {
                let (item, time) = (Int(filter.items[Int(row)]), filter.times[Int(row)])
                if before == time { ties += 1 } else { run += 1 }
                before = time
                if lastUser[item] == Int32(user) { repeats += 1 }
                if hasTimes, lastRun[item] == run { exactRepeats += 1 }
                lastUser[item] = Int32(user)
                lastRun[item] = run
            }
        }
        if !hasTimes { ties = 0 }
    }
}

extension Collection {
    /// The largest elements, the largest first.
    fileprivate func max(count: Int, by areInIncreasingOrder: (Element, Element) -> Bool) -> [Element] {
        var result: [Element] = []
        for element in self {
            guard result.count < count || areInIncreasingOrder(result[result.count - 1], element) else { continue }
            let index = result.firstIndex { areInIncreasingOrder($0, element) } ?? result.count
            result.insert(element, at: index)
            if result.count > count { result.removeLast() }
        }
        return result
    }
}
