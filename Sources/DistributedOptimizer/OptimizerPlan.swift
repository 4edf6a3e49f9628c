import Differentiation
import KernelCore
import MPI

/// What a ``DistributedOptimizer`` is made for: parameters, gradients, and which rank has which shards. The same on every
/// rank.
package struct OptimizerPlan {
    let layout: ParameterLayout
    let gradientLayout: GradientLayout
    let adam: Adam.Settings
    let shardCount: Int
    let ownedShards: [Range<Int>]
    let propagation: GraphPropagation?
    let accumulatesOnArrival: Bool
    /// Which rank keeps which rows; nil: every node has all of them.
    package let ownership: RowOwnership?
    /// The parameters that only the owner of a slice moves, where there are several nodes; nil: every node moves all.
    package let ownedMoments: OwnedMoments?
    /// For each table whether rows of it wait for their steps (``RowDeferral``), where moments are not sharded.
    private let deferrable: [Bool]
    let rounds: ExchangeRounds

    /// - Parameters:
    ///   - layout: all parameters.
    ///   - gradientLayout: of the gradient of a shard, or of all shards of a rank where they are accumulated.
    ///   - adam: learning rate and L2.
    ///   - shardCount: logical shards of all ranks.
    ///   - ownedShards: those of each rank, which together are all of them, in order.
    ///   - propagation: of the model's tables, if it asks for one.
    ///   - accumulatesOnArrival: whether ranks add the gradients of their shards as they are recorded
    ///     (``ShardAdditions``): saves memory where a gradient has about all rows.
    ///   - ownership: which rank keeps which rows, where each rank is a node of its own; nil: every node has all of them.
    ///   - optimizerSharding: where moments lie, between several nodes.
    ///   - deferredTables: those of whose rows a rank announces which ones it will read; none where propagation, averaging,
    ///     or sharded moments need all rows in every step.
    ///   - rounds: in which nodes exchange gradients.
    package init(
        layout: ParameterLayout, gradientLayout: GradientLayout, adam: Adam.Settings, shardCount: Int,
        ownedShards: [Range<Int>], propagation: GraphPropagation?, accumulatesOnArrival: Bool,
        ownership: RowOwnership? = nil, optimizerSharding: OptimizerSharding = .none,
        deferredTables: [Parameter] = [], rounds: ExchangeRounds = .automatic
    ) {
        precondition(ownership == nil || propagation == nil, "propagated tables are not divided among ranks")
        precondition(
            optimizerSharding == .none || propagation == nil, "every node moves all rows of propagated tables")
        self.layout = layout
        self.gradientLayout = gradientLayout
        self.adam = adam
        self.shardCount = shardCount
        self.ownedShards = ownedShards
        self.propagation = propagation
        self.accumulatesOnArrival = accumulatesOnArrival
        self.ownership = ownership
        ownedMoments = OwnedMoments(optimizerSharding, layout, ownership)
        let needsAllRows = propagation != nil || accumulatesOnArrival || adam.averaging > 0
        deferrable = layout.tables.map { table in
            !needsAllRows && deferredTables.contains { $0.index == table.parameter.index }
        }
        self.rounds = rounds
    }

    /// For each table whether rows of it wait for their steps. Between nodes that shard moments a table travels behind a step
    /// as a whole.
    func deferredTables(hasOtherNodes: Bool) -> [Bool] {
        ownedMoments != nil && hasOtherNodes ? deferrable.map { _ in false } : deferrable
    }

    /// The values of the tables whose rows wait, where there are several nodes.
    package var deferredValues: Int {
        zip(deferredTables(hasOtherNodes: true), layout.tables).reduce(0) { $0 + ($1.0 ? $1.1.parameter.count : 0) }
    }

    /// The optimizer of this rank: for one node or for several. Collective.
    package func optimizer(on map: NodeMap) throws(MPIError) -> any MeasuredOptimizer {
        guard map.hasSeveralNodes else { return try SharedMemoryOptimizer(self, map) }
        if let ownership { return try ShardedOptimizer(self, ownership, map) }
        return try MultiNodeOptimizer(self, map)
    }

    /// Bytes that the optimizer of a rank of this node takes: those of its own, and those in memory that it shares.
    package func byteCount(ofRank rank: Int, on map: NodeMap) -> (own: Int, shared: Int) {
        var bytes = byteCount(
            ofRank: rank, among: map.ownRanks,
            slice: map.hasSeveralNodes ? slice(ofRank: rank, on: map) ?? .nothing(layout) : nil)
        bytes.own += messageByteCount(ofRank: rank, on: map)
        return map.node == nil ? (bytes.own + bytes.shared, 0) : bytes
    }

    /// The same without the messages between nodes, for a rank of a node that has the ranks `nodeRanks`, whether there is such
    /// a node or not.
    ///
    /// - Parameter slice: that the rank adds up; nil: there are no other nodes.
    package func byteCount(
        ofRank rank: Int, among nodeRanks: [Int], slice: ParameterSlice? = nil
    ) -> (own: Int, shared: Int) {
        let additions = additions(ofRank: rank)
        var shared = additions.subtrees.count * gradientLayout.byteCount
        var own = additions.pendingCount * gradientLayout.byteCount
        let isFirst = rank == nodeRanks.first
        // Parameters, moments and their average for the node.
        let moments = momentCounts(ofRank: rank, slice)
        own += 2 * moments.own * MemoryLayout<Float>.stride
        if isFirst {
            shared +=
                ((copies - 2) * keptCount(ofRank: rank) + 2 * moments.shared) * MemoryLayout<Float>.stride
        }
        if isFirst {
            shared += RowDeferral.byteCount(
                deferredTables(hasOtherNodes: slice != nil), layout, kept: ownership?.kept[rank])
        }
        if let propagation {
            let floats = Propagator.sharedCount(propagation, layout, parts: nodeRanks.count)
            if isFirst { shared += floats * MemoryLayout<Float>.stride }
            // The propagated rows that the rank reads.
            own += layout.tableCount * MemoryLayout<Float>.stride
        }
        return (own, shared)
    }

    /// Values of one copy of the parameters that a rank, or its node, keeps.
    package func keptCount(ofRank rank: Int) -> Int {
        ownership?.keptCount(ofRank: rank, layout) ?? ParameterValues.count(for: layout)
    }

    /// Values of one moment that a rank has for itself, and that are its node's.
    private func momentCounts(ofRank rank: Int, _ slice: ParameterSlice?) -> (own: Int, shared: Int) {
        guard let ownedMoments, let slice else { return (0, keptCount(ofRank: rank)) }
        let owned = ownedMoments.owned(slice)
        return (
            layout.specifications.reduce(0) { $0 + owned.values(of: $1.parameter).count },
            zip(layout.tables, ownedMoments.tables).reduce(0) { sum, table in
                let (parameter, isOwned) = (table.0.parameter, table.1)
                return isOwned ? sum : sum + (ownership?.kept[rank].values(of: parameter).count ?? parameter.count)
            }
        )
    }

    /// The slice that a rank adds up where all nodes have equally many, one behind the other.
    package func slice(_ rank: Int, of ranks: Int) -> ParameterSlice { ParameterSlice(rank, of: ranks, layout) }

    /// The slice that a rank of this node adds up; nil for one without rail.
    func slice(ofRank rank: Int, on map: NodeMap) -> ParameterSlice? {
        guard let rail = map.ownRanks.firstIndex(of: rank), rail < map.railCount else { return nil }
        return ParameterSlice(map.nodeIndex * map.railCount + rail, of: map.ranks.count * map.railCount, layout)
    }

    /// Values that there are of each parameter: itself, two moments, and its average where there is one.
    package var copies: Int { adam.averaging > 0 ? 4 : 3 }

    /// What a rank does with the gradients of its shards.
    func additions(ofRank rank: Int) -> ShardAdditions {
        ShardAdditions(owned: ownedShards[rank], of: shardCount, accumulatesOnArrival: accumulatesOnArrival)
    }

    /// The gradients that lie in the memory of a node of the ranks `ranks`, by the shards that they are the sums of.
    func inputs(ofRanks ranks: some Sequence<Int>) -> [TreeSum.Subtree] {
        ranks.flatMap { additions(ofRank: $0).subtrees }
    }
}
