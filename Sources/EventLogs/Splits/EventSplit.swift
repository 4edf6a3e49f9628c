import KernelCore

/// How events become train, dev and test.
package enum SplitKind: String, Sendable, CaseIterable {
    /// By the position of an event in its user's history: ``EventSplit/leaveOneOut(_:)``.
    case leaveOneOut = "leave-one-out"
    /// By time: ``EventSplit/temporal(_:devFrom:testFrom:)``.
    case temporal
    /// By user: ``EventSplit/heldOutUsers(_:seed:)``.
    case users
    /// The split of a data set that is converted as it is.
    case given
}

/// The part of each row.
package struct EventSplit: Sendable {
    /// The value in ``parts`` of a row to train on.
    package static let train: UInt8 = 0
    /// The value in ``parts`` of a row of dev.
    package static let dev: UInt8 = 1
    /// The value in ``parts`` of a row of test.
    package static let test: UInt8 = 2

    /// 0, 1 or 2 for a row that is kept.
    package private(set) var parts: [UInt8]

    private init(_ filter: EventFilter) { parts = [UInt8](repeating: EventSplit.train, count: filter.isKept.count) }

    /// The newest event of a user is test, the one before is dev, the rest train. A user with fewer than three events is
    /// in train only.
    package static func leaveOneOut(_ filter: EventFilter) -> EventSplit {
        var split = EventSplit(filter)
        for user in 1..<filter.order.userCount + 1 {
            let newest = filter.order.rows(of: user).reversed().lazy.filter { filter.isKept[Int($0)] }.prefix(3)
            let rows = Array(newest)
            guard rows.count == 3 else { continue }
            split.parts[Int(rows[0])] = test
            split.parts[Int(rows[1])] = dev
        }
        return split
    }

    /// Events from `testFrom` on are test, those from `devFrom` on and before it dev, the rest train.
    package static func temporal(_ filter: EventFilter, devFrom: Int64, testFrom: Int64) -> EventSplit {
        var split = EventSplit(filter)
        for row in filter.times.indices {
            let time = filter.times[row]
            split.parts[row] = time >= testFrom ? test : time >= devFrom ? dev : train
        }
        return split
    }

    /// All events of a tenth of the users are test, those of another tenth dev.
    ///
    /// The users are shuffled by Fisher and Yates, with a random stream of the seed.
    package static func heldOutUsers(_ filter: EventFilter, seed: UInt64) -> EventSplit {
        var split = EventSplit(filter)
        let ofUsers = filter.counts().users
        var users = ofUsers.indices.filter { ofUsers[$0] > 0 }
        var stream = RandomStream(seed: seed, purpose: .heldOutUsers, iteration: 0, element: 0)
        for index in users.indices.dropLast() {
            users.swapAt(index, index + Int(stream.next(below: UInt32(users.count - index))))
        }
        let tenth = (users.count + 5) / 10
        for (part, held) in [(dev, users.prefix(tenth)), (test, users.dropFirst(tenth).prefix(tenth))] {
            for user in held { for row in filter.order.rows(of: user) { split.parts[Int(row)] = part } }
        }
        return split
    }

    /// The earliest time of an event before which at least this share of the events lies, or one later than all.
    ///
    /// - Complexity: linear, times the logarithm of the span of times; without further memory.
    package static func time(atQuantile quantile: Double, of filter: EventFilter) -> Int64 {
        let wanted = Int((quantile * Double(filter.count)).rounded(.up))
        var lower = Int64.max
        var upper = Int64.min
        for row in filter.times.indices where filter.isKept[row] {
            lower = min(lower, filter.times[row])
            upper = max(upper, filter.times[row])
        }
        guard lower <= upper else { return 0 }
        upper = upper == .max ? upper : upper + 1
        while lower < upper {
            // Times of both signs may be further apart than 63 bits hold.
            let middle = lower + Int64((UInt64(bitPattern: upper &- lower) / 2))
            var before = 0
            for row in filter.times.indices where filter.isKept[row] && filter.times[row] < middle { before += 1 }
            if before >= wanted { upper = middle } else { lower = middle + 1 }
        }
        return lower
    }

    /// Rows of a part, of those that are kept.
    package func count(of part: UInt8, in filter: EventFilter) -> Int {
        parts.indices.count { filter.isKept[$0] && parts[$0] == part }
    }
}
