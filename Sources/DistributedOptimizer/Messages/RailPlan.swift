import Differentiation
import KernelCore

/// What the nodes of a rail exchange in a step, and which part of it is whose. The same on all of them but for
/// ``RailPlan/node`` and ``RailPlan/gradients``.
package struct RailPlan {
    let layout: ParameterLayout
    /// Changes the length of the messages, and no sum.
    let kind: SliceMessage.Rows
    /// Of each node one.
    let slices: [ParameterSlice]
    /// This node.
    let node: Int
    /// Logical shards of all nodes.
    let shardCount: Int
    /// Ids of the mini-batch of a shard, at most.
    let rowsPerShard: Int
    /// The gradients in the memory of this node, by the shards that they are the sums of.
    let gradients: [TreeSum.Subtree]
    /// The largest complete subtrees of each node's shards.
    let subtrees: [[TreeSum.Subtree]]
    /// For each table, whether the sums of its rows stay where they are added up; empty: none do.
    let omitted: [Bool]
    /// The parameters whose new values travel back in the place of the sums; nil: no parameter's do.
    let owned: OwnedMoments?

    /// - Parameters:
    ///   - layout: all parameters.
    ///   - kind: the rows of the tables that travel.
    ///   - slices: of each node one.
    ///   - node: this one.
    ///   - shards: of each node, ranges by rising shards; together all from 0 on.
    ///   - rowsPerShard: ids of the mini-batch of a shard, at most.
    ///   - gradients: those in the memory of this node, each of which is the sum of a subtree.
    ///   - omitted: for each table, whether the sums of its rows stay where they are added up; empty: none do.
    ///   - owned: the parameters whose new values travel back in the place of the sums; nil: no parameter's do.
    package init(
        _ layout: ParameterLayout, _ kind: SliceMessage.Rows, slices: [ParameterSlice], node: Int,
        shards: [[Range<Int>]], rowsPerShard: Int, gradients: [TreeSum.Subtree], omitting omitted: [Bool] = [],
        owned: OwnedMoments? = nil
    ) {
        self.omitted = omitted
        self.owned = owned
        self.layout = layout
        self.kind = kind
        self.slices = slices
        self.node = node
        self.rowsPerShard = rowsPerShard
        self.gradients = gradients
        let shardCount = shards.joined().reduce(0) { $0 + $1.count }
        self.shardCount = shardCount
        subtrees = Self.subtrees(of: shards, shardCount: shardCount)
    }

    /// That of this rank's rail.
    init(_ plan: OptimizerPlan, _ map: NodeMap, slices: [ParameterSlice], _ kind: SliceMessage.Rows) {
        self.init(
            plan.layout, kind, slices: slices, node: map.nodeIndex,
            shards: map.ranks.map { Self.shards(of: $0, plan) }, rowsPerShard: plan.gradientLayout.rowCapacity,
            gradients: plan.inputs(ofRanks: map.ownRanks), omitting: plan.ownership?.isDivided ?? [],
            owned: plan.ownedMoments)
    }

    /// The largest complete subtrees of each node's shards.
    static func subtrees(of map: NodeMap, _ plan: OptimizerPlan) -> [[TreeSum.Subtree]] {
        subtrees(of: map.ranks.map { shards(of: $0, plan) }, shardCount: plan.shardCount)
    }

    private static func subtrees(of shards: [[Range<Int>]], shardCount: Int) -> [[TreeSum.Subtree]] {
        shards.map { ranges in ranges.flatMap { TreeSum.completeSubtrees(of: $0, shards: shardCount) } }
    }

    /// The shards of some ranks, with those that follow each other in one range.
    private static func shards(of ranks: [Int], _ plan: OptimizerPlan) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for rank in ranks where !plan.ownedShards[rank].isEmpty {
            let shards = plan.ownedShards[rank]
            if let last = ranges.last, last.upperBound == shards.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<shards.upperBound
            } else {
                ranges.append(shards)
            }
        }
        return ranges
    }

    /// Words of the sums over some subtrees and one slice, one behind the other, at most.
    func capacity(ofSlice slice: Int, _ subtrees: [TreeSum.Subtree]) -> Int {
        subtrees.reduce(0) { $0 + capacity(slices[slice], shards: $1.upper - $1.lower) }
    }

    /// Words of what comes back for one slice, at most.
    func resultCapacity(ofSlice slice: Int) -> Int {
        capacity(slices[slice].omitting(omitted), shards: shardCount, owned: owned)
    }

    private func capacity(_ slice: ParameterSlice, shards: Int, owned: OwnedMoments? = nil) -> Int {
        SliceMessage.capacity(slice, layout, rowCapacity: rowsPerShard * shards, kind, owned: owned)
    }

    /// Rows of the sum over one slice, at most.
    var entryCapacity: Int {
        slices.map { SliceMessage.entryCapacity($0, layout, rowCapacity: rowsPerShard * shardCount) }.max() ?? 0
    }
}
