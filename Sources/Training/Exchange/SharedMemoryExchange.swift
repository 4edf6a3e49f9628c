import Differentiation
import KernelCore
import MPI

/// Exchange between the ranks of one node, in place (``NodeMemory``): each rank adds up and updates its slice of the
/// parameters, reading the shards' gradients where they were made; two barriers a step are all the communication there
/// is. A propagation shares out its work in the same memory and takes three more.
final class SharedMemoryExchange: GradientExchange {
    let parameters: ParameterValues
    let propagator: Propagator?
    var phases: PhaseClock? { didSet { memory.phases = phases } }
    private let memory: NodeMemory
    private let shardCount: Int
    /// Of all ranks, and this rank's.
    private let slices: [ParameterSlice]
    private let slice: ParameterSlice
    private let rank: Int
    private let sum: SliceSum
    private let adam: Adam

    /// - Parameter map: all ranks on one node.
    init(_ plan: ExchangePlan, _ map: NodeMap) throws(MPIError) {
        let rankCount = plan.ownedShards.count
        memory = try NodeMemory(plan, map, parts: rankCount)
        parameters = memory.parameters
        propagator = memory.propagator
        shardCount = plan.shardCount
        slices = (0..<rankCount).map { ParameterSlice($0, of: rankCount, plan.layout) }
        slice = slices[map.place]
        rank = map.place
        sum = SliceSum(ExchangePlan.tree(overShards: 0..<plan.shardCount), plan.layout)
        adam = Adam(
            plan.optimizer, plan.layout, parameters: parameters, first: memory.moments.first,
            second: memory.moments.second)
    }

    var moments: (first: ParameterValues, second: ParameterValues) { memory.moments }

    func gradient(ofShard shard: Int) -> GradientView { memory.gradient(ofShard: shard) }

    func update(step: Int) throws(MPIError) -> StepSummary {
        try memory.synchronize()
        phases?.begin(.exchange)
        for shard in 0..<shardCount { sum.views[shard].read(memory.gradient(ofShard: shard), slice: slice) }
        var summary = StepSummary(
            samples: sum.samples, loss: sum.loss, asksToStop: sum.asksToStop, isFinite: sum.loss.isFinite)
        if summary.isFinite && summary.samples > 0 {
            if let propagator {
                propagator.record(sum, slice: slice, part: rank)
                try memory.synchronize()
                phases?.begin(.propagation)
                try propagator.propagateBack(slices: slices, synchronize: memory.synchronize)
                try memory.synchronize()
            }
            phases?.begin(.optimizer)
            let isFinite = adam.update(
                slice, with: sum, propagator: propagator, samples: summary.samples, step: step)
            if !isFinite { memory.line(rank)[0] = 1 }
        }
        try distributeParameters()
        for other in slices.indices where memory.line(other)[0] != 0 { summary.isFinite = false }
        return summary
    }

    func distributeParameters() throws(MPIError) {
        try memory.synchronize()
        guard let propagator else { return }
        phases?.begin(.propagation)
        try propagator.propagate(synchronize: memory.synchronize)
        try memory.synchronize()
    }

    func distributeState() throws(MPIError) { try distributeParameters() }

    func repeatAddition() -> Bool {
        for shard in 0..<shardCount { sum.views[shard].read(memory.gradient(ofShard: shard), slice: slice) }
        sum.forEachDenseBlock(of: 0..<slice.dense.count) { _, _, _ in }
        for table in slice.rows.indices { sum.forEachRow(table) { _, _ in } }
        return true
    }

    func messageTrial() -> MessageTrial? { nil }

    func close() throws(MPIError) { try memory.free() }
}
