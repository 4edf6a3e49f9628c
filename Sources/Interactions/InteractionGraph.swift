import KernelCore

/// Who took what in train: the set of (user, item) pairs, from both sides.
///
/// A pair that occurs several times in train counts once. Ids without a train interaction have no neighbours.
public struct InteractionGraph: Sendable, Equatable {
    /// The number of users, numbered 1...userCount; the lists have an entry for 0 as well.
    public let userCount: Int
    /// The number of items, numbered 1...itemCount; likewise.
    public let itemCount: Int
    /// `[userCount + 2]`: the items of user u are `userItems[userOffsets[u]..<userOffsets[u + 1]]`, ascending.
    public let userOffsets: [Int]
    /// `[pairCount]`: the different items of every user, one user after the other.
    public let userItems: [Int32]
    /// `[itemCount + 2]`: the users of item i are `itemUsers[itemOffsets[i]..<itemOffsets[i + 1]]`, ascending.
    public let itemOffsets: [Int]
    /// `[pairCount]`: the different users of every item, one item after the other.
    public let itemUsers: [Int32]

    /// The number of different pairs.
    public var pairCount: Int { userItems.count }

    /// - Parameter users, items: the interactions, in any order, with repeats.
    /// - Precondition: one item a user, ids from 0 to the counts.
    /// - Complexity: linear in interactions, users and items.
    public init<Users: RandomAccessCollection<Int32>, Items: RandomAccessCollection<Int32>>(
        users: Users, items: Items, userCount: Int, itemCount: Int
    ) where Users.Index == Int, Items.Index == Int {
        precondition(users.count == items.count, "\(users.count) users for \(items.count) items")
        self.userCount = userCount
        self.itemCount = itemCount
        // Grouped by item and then by user, each group keeps the order of the pass before: items ascend within a user.
        let byItem = GroupedPairs(groups: items, members: users, groupCount: itemCount + 1)
        let byUser = GroupedPairs(groups: byItem.members, members: byItem.expandedGroups, groupCount: userCount + 1)
        (userOffsets, userItems) = byUser.withoutRepeats()
        let transposed = GroupedPairs(
            groups: userItems, members: GroupedPairs(offsets: userOffsets, members: userItems).expandedGroups,
            groupCount: itemCount + 1)
        itemOffsets = transposed.offsets
        itemUsers = transposed.members
    }

    /// The graph of the train interactions of a data set.
    public init(_ dataset: InteractionDataset) {
        self.init(
            users: dataset.train.users, items: dataset.train.items, userCount: dataset.userCount,
            itemCount: dataset.itemCount)
    }
}

/// Members by group, those of a group in the order in which they came.
private struct GroupedPairs {
    var offsets: [Int]
    var members: [Int32]

    init(offsets: [Int], members: [Int32]) {
        self.offsets = offsets
        self.members = members
    }

    init<Groups: RandomAccessCollection<Int32>, Members: RandomAccessCollection<Int32>>(
        groups: Groups, members unordered: Members, groupCount: Int
    ) where Groups.Index == Int, Members.Index == Int {
        var offsets = [Int](repeating: 0, count: groupCount + 1)
        var members = [Int32](repeating: 0, count: unordered.count)
        offsets.withUnsafeMutableBufferPointer { offsets in
            CountingSort.forEachElement(
                of: groups.count, ends: UnsafeMutableBufferPointer(rebasing: offsets[1...])
            ) {
                Int(groups[$0])
            } _: { pair, index in
                members[index] = unordered[pair]
            }
        }
        self.init(offsets: offsets, members: members)
    }

    /// The group of each member.
    var expandedGroups: [Int32] {
        var groups: [Int32] = []
        groups.reserveCapacity(members.count)
        for group in 0..<offsets.count - 1 {
            groups.append(contentsOf: repeatElement(Int32(group), count: offsets[group + 1] - offsets[group]))
        }
        return groups
    }

    /// The same, with one of equal neighbours.
    func withoutRepeats() -> (offsets: [Int], members: [Int32]) {
        var kept: [Int32] = []
        kept.reserveCapacity(members.count)
        var keptOffsets = [0]
        keptOffsets.reserveCapacity(offsets.count)
        for group in 0..<offsets.count - 1 {
            for index in offsets[group]..<offsets[group + 1]
            where index == offsets[group] || members[index] != members[index - 1] {
                kept.append(members[index])
            }
            keptOffsets.append(kept.count)
        }
        return (keptOffsets, kept)
    }
}
