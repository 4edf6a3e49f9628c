/// The histories of some users: all that is known of each in the splits that count, in time order.
///
/// Unlike a ``SequenceStore`` it belongs to no training: any users in any order, no samples, no rows to evaluate.
public struct UserHistories: Sendable {
    /// Numbers of the users, in the order that was asked for.
    public let users: [Int32]
    /// `[users + 1]`: the history of users[u] is `offsets[u]..<offsets[u + 1]` of the following columns.
    public let offsets: [Int]
    /// Numbers of the items, the oldest first.
    public let items: [Int32]
    /// Times of the interactions; positions in the sequence where the data set has no times.
    public let times: [Int64]
    /// The smallest positive gap between two times of every user; `Int64.max` where there is none.
    public let smallestTimeGaps: [Int64]

    /// - Parameters:
    ///   - users: numbers, none of them twice.
    ///   - splits: the parts of the data set that count.
    /// - Complexity: linear in the interactions of the data set.
    public init(_ dataset: InteractionDataset, users: [Int32], splits: Set<Split> = [.train, .dev, .test]) {
        let sequences = TimeOrderedSequences(dataset, users: users)
        var offsets = [0]
        var items: [Int32] = []
        var times: [Int64] = []
        var gaps: [Int64] = []
        offsets.reserveCapacity(users.count + 1)
        items.reserveCapacity(sequences.items.count)
        times.reserveCapacity(sequences.items.count)
        gaps.reserveCapacity(users.count)
        let counted = Set(splits.map(\.rawValue))
        for user in users.indices {
            for slot in sequences.offsets[user]..<sequences.offsets[user + 1]
            where counted.contains(sequences.splits[slot]) {
                items.append(sequences.items[slot])
                times.append(sequences.times[slot])
            }
            gaps.append(Self.smallestGap(times[offsets[user]...]))
            offsets.append(items.count)
        }
        self.users = users
        self.offsets = offsets
        self.items = items
        self.times = times
        smallestTimeGaps = gaps
    }

    /// The smallest positive gap between neighbours of times that never fall; `Int64.max` where there is none.
    public static func smallestGap(_ times: ArraySlice<Int64>) -> Int64 {
        var smallest = Int64.max
        for (before, time) in zip(times, times.dropFirst()) {
            let (gap, overflow) = time.subtractingReportingOverflow(before)
            if gap > 0, !overflow { smallest = min(smallest, gap) }
        }
        return smallest
    }

    /// Items in the history of a user.
    public func length(_ user: Int) -> Int { offsets[user + 1] - offsets[user] }

    /// Adds a user with the newest `historyMax` items to a batch, which has room for one candidate.
    package func append(_ user: Int, historyMax: Int, to batch: PackedBatch) {
        let range = max(offsets[user], offsets[user + 1] - historyMax)..<offsets[user + 1]
        items.withUnsafeBufferPointer { items in
            times.withUnsafeBufferPointer { times in
                let candidate = batch.append(
                    user: users[user], name: 0, smallestTimeGap: smallestTimeGaps[user],
                    items: UnsafeBufferPointer(rebasing: items[range]),
                    times: UnsafeBufferPointer(rebasing: times[range]))
                candidate[0] = 0
            }
        }
    }

    /// The items of a user's whole history, perhaps more than once.
    public func history(_ user: Int) -> ArraySlice<Int32> { items[offsets[user]..<offsets[user + 1]] }
}

extension InteractionDataset {
    /// The numbers of the users that have an interaction, ascending.
    public var presentUsers: [Int32] {
        var isPresent = [Bool](repeating: false, count: userCount + 1)
        for table in [train, dev, test] { for user in table.users { isPresent[Int(user)] = true } }
        return isPresent.indices.filter { isPresent[$0] }.map(Int32.init)
    }
}
