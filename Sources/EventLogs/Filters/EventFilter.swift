/// The filters that look at all events of a user or of an item, in the order in which they are called.
///
/// Rows are not moved: ``isKept`` says which are left, so that the order of users and times is found once.
package struct EventFilter: Sendable {
    /// Which item is seen how often by a user.
    package enum Repeats: String, Sendable, CaseIterable {
        /// All events.
        case keepAll = "keep-all"
        /// The oldest event of a user with an item.
        case keepFirst = "keep-first"
        /// The newest event of a user with an item.
        case keepLast = "keep-last"
    }

    let users: [Int32]
    let items: [Int32]
    let times: [Int64]
    /// All rows by user and time, those that are removed among them.
    package let order: UserOrder
    let itemCount: Int
    /// Whether each row is left.
    package private(set) var isKept: [Bool]
    /// How many rows are left.
    package private(set) var count: Int

    /// All rows are left.
    ///
    /// - Parameters:
    ///   - users, items: numbers from 1, of each row.
    ///   - times: of each row; only an order where the log has no times.
    ///   - userCount, itemCount: the largest numbers.
    package init(users: [Int32], items: [Int32], times: [Int64], userCount: Int, itemCount: Int) {
        self.users = users
        self.items = items
        self.times = times
        self.itemCount = itemCount
        order = UserOrder(users: users, times: times, userCount: userCount)
        isKept = [Bool](repeating: true, count: users.count)
        count = users.count
    }

    private mutating func remove(_ row: Int) {
        isKept[row] = false
        count -= 1
    }

    /// Leaves one of the events that have user, item and time in common: the first of the file.
    package mutating func removeExactRepeats() {
        // The run of equal times in which an item was seen last: runs are counted over all users.
        var seen = [Int32](repeating: 0, count: itemCount + 1)
        var run: Int32 = 0
        for user in 1..<order.userCount + 1 {
            var before: Int64?
            for row in order.rows(of: user) where isKept[Int(row)] {
                let row = Int(row)
                if before != times[row] { run += 1 }
                before = times[row]
                if seen[Int(items[row])] == run { remove(row) }
                seen[Int(items[row])] = run
            }
        }
    }

    /// Leaves one event of each user with each item.
    package mutating func removeRepeatedItems(_ repeats: Repeats) {
        guard repeats != .keepAll else { return }
        var seen = [Int32](repeating: 0, count: itemCount + 1)
        for user in 1..<order.userCount + 1 {
            let rows = order.rows(of: user)
            for index in rows.indices {
                // The last one comes first from behind.
                let row = Int(rows[repeats == .keepFirst ? index : rows.startIndex + rows.endIndex - 1 - index])
                guard isKept[row] else { continue }
                if seen[Int(items[row])] == Int32(user) { remove(row) }
                seen[Int(items[row])] = Int32(user)
            }
        }
    }

    /// Removes users with more events than `most`.
    package mutating func removeUsers(above most: Int) {
        for user in 1..<order.userCount + 1 {
            let kept = order.rows(of: user).filter { isKept[Int($0)] }
            guard kept.count > most else { continue }
            for row in kept { remove(Int(row)) }
        }
    }

    /// Removes users and items with fewer events, until none is left that has.
    ///
    /// - Returns: how often all events were gone through.
    package mutating func removeOutsideCore(users leastOfUser: Int, items leastOfItem: Int) -> Int {
        guard leastOfUser > 1 || leastOfItem > 1 else { return 0 }
        var (ofUsers, ofItems) = counts()
        var passes = 0
        var before = -1
        while before != count {
            before = count
            passes += 1
            for row in 0..<users.count where isKept[row] {
                let (user, item) = (Int(users[row]), Int(items[row]))
                guard ofUsers[user] < leastOfUser || ofItems[item] < leastOfItem else { continue }
                ofUsers[user] -= 1
                ofItems[item] -= 1
                remove(row)
            }
        }
        return passes
    }

    /// Events of each user and of each item, by number.
    package func counts() -> (users: [Int32], items: [Int32]) {
        var ofUsers = [Int32](repeating: 0, count: order.userCount + 1)
        var ofItems = [Int32](repeating: 0, count: itemCount + 1)
        for row in 0..<users.count where isKept[row] {
            ofUsers[Int(users[row])] += 1
            ofItems[Int(items[row])] += 1
        }
        return (ofUsers, ofItems)
    }

    /// How many users and items are left.
    package var distinct: (users: Int, items: Int) {
        let (ofUsers, ofItems) = counts()
        return (ofUsers.count { $0 > 0 }, ofItems.count { $0 > 0 })
    }
}
