import KernelCore

/// How many gradients a rank keeps, and which of them it adds when.
///
/// Usually one for each of its shards: they are added where all of them are read, slice by slice. Where each would be
/// about as large as all parameters (every item is a negative of every sample), a rank adds the gradients of its shards
/// as soon as both halves of a subtree are there, in the order of the tree. Then it keeps one for each of the largest
/// complete subtrees of its shards and works on at most log2 of their number more, however many shards there are.
package struct ShardAdditions {
    /// Where a gradient lies.
    package enum Location: Hashable {
        /// Where all ranks of the node read it: that of the subtree of this number.
        case subtree(Int)
        /// In memory of the rank's own.
        case pending(Int)
    }

    /// What happens to the gradient of one shard.
    package struct Shard {
        /// Where it is recorded.
        package let location: Location
        /// What is added as soon as it is complete, one after another: `left` becomes `left + right`.
        package fileprivate(set) var additions: [(left: Location, right: Location)] = []
    }

    /// What the other ranks read: parts of the tree that tile the shards of this rank.
    package let subtrees: [TreeSum.Subtree]
    /// The most gradients that are pending at a time.
    package let pendingCount: Int
    private let first: Int
    private let shards: [Shard]

    /// - Parameters:
    ///   - owned: shards of the rank.
    ///   - count: shards of all ranks.
    ///   - accumulatesOnArrival: whether gradients are added as they come.
    package init(owned: Range<Int>, of count: Int, accumulatesOnArrival: Bool) {
        first = owned.lowerBound
        guard accumulatesOnArrival else {
            subtrees = owned.map { TreeSum.Subtree($0, $0 + 1) }
            shards = owned.indices.map { Shard(location: .subtree($0 - owned.lowerBound)) }
            pendingCount = 0
            return
        }
        subtrees = TreeSum.completeSubtrees(of: owned, shards: count)
        var shards: [Shard] = []
        var pendingCount = 0
        /// Goes through the shards of a subtree, whose sum comes to `location` while `waiting` sums are pending.
        func follow(_ subtree: TreeSum.Subtree, to location: Location, waiting: Int) {
            guard subtree.upper - subtree.lower > 1 else { return shards.append(Shard(location: location)) }
            follow(TreeSum.Subtree(subtree.lower, subtree.split), to: location, waiting: waiting)
            pendingCount = max(pendingCount, waiting + 1)
            follow(TreeSum.Subtree(subtree.split, subtree.upper), to: .pending(waiting), waiting: waiting + 1)
            shards[shards.count - 1].additions.append((location, .pending(waiting)))
        }
        for (number, subtree) in subtrees.enumerated() { follow(subtree, to: .subtree(number), waiting: 0) }
        self.shards = shards
        self.pendingCount = pendingCount
    }

    /// What happens to the gradient of `shard`, one of the rank's.
    package subscript(shard: Int) -> Shard { shards[shard - first] }
}
