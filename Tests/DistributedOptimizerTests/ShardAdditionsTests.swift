import DistributedOptimizer
import KernelCore
import Testing

/// The gradients that a rank adds as they come are added in the order of the tree over all shards.
@Suite struct ShardAdditionsTests {
    /// The sum over a subtree, as text.
    private func sum(over subtree: TreeSum.Subtree) -> String {
        guard subtree.upper - subtree.lower > 1 else { return "\(subtree.lower)" }
        let (left, right) = (
            TreeSum.Subtree(subtree.lower, subtree.split), TreeSum.Subtree(subtree.split, subtree.upper)
        )
        return "(\(sum(over: left))+\(sum(over: right)))"
    }

    /// What lies in each location after all shards, as text.
    private func result(_ additions: ShardAdditions, _ owned: Range<Int>) -> [ShardAdditions.Location: String] {
        var sums: [ShardAdditions.Location: String] = [:]
        for shard in owned {
            sums[additions[shard].location] = "\(shard)"
            for (left, right) in additions[shard].additions {
                guard let a = sums[left], let b = sums.removeValue(forKey: right) else {
                    Issue.record("nothing to add after shard \(shard)")
                    continue
                }
                sums[left] = "(\(a)+\(b))"
            }
        }
        return sums
    }

    @Test(arguments: 1...20) func `every rank ends with the sums over its subtrees`(shards: Int) {
        for ranks in 1...shards {
            for rank in 0..<ranks {
                let owned = rank * shards / ranks..<(rank + 1) * shards / ranks
                let additions = ShardAdditions(owned: owned, of: shards, accumulatesOnArrival: true)
                #expect(additions.subtrees == TreeSum.completeSubtrees(of: owned, shards: shards))
                let expected = additions.subtrees.enumerated().map {
                    (ShardAdditions.Location.subtree($0.offset), sum(over: $0.element))
                }
                #expect(result(additions, owned) == Dictionary(uniqueKeysWithValues: expected))
            }
        }
    }

    @Test(arguments: [1, 2, 3, 8, 64, 100, 4096]) func `few are alive at a time`(shards: Int) {
        let additions = ShardAdditions(owned: 0..<shards, of: shards, accumulatesOnArrival: true)
        let logarithm = Int.bitWidth - (shards - 1).leadingZeroBitCount
        #expect(additions.subtrees.count == 1)
        #expect(additions.pendingCount <= logarithm)
    }

    @Test func `without early additions every shard keeps its gradient`() {
        let additions = ShardAdditions(owned: 3..<7, of: 9, accumulatesOnArrival: false)
        #expect(additions.subtrees == (3..<7).map { TreeSum.Subtree($0, $0 + 1) })
        #expect(additions.pendingCount == 0)
        #expect(
            result(additions, 3..<7)
                == Dictionary(
                    uniqueKeysWithValues: (0..<4).map { (ShardAdditions.Location.subtree($0), "\($0 + 3)") }))
    }
}
