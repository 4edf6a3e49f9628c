import Differentiation
import KernelCore
import MPI

/// Exchange between the ranks of one node, in place: parameters, moments and the gradients of all shards lie in memory
/// that all ranks see. Each rank adds up and updates its slice of the parameters, reading the shards' gradients where
/// they were made; two barriers a step are all the communication there is. A propagation shares out its work in the same
/// memory and takes three more.
///
/// One rank alone uses memory of its own and no barrier.
final class SharedMemoryExchange: GradientExchange {
    let parameters: ParameterValues
    let propagator: Propagator?
    private let gradients: [GradientView]
    /// Of all ranks, and this rank's.
    private let slices: [ParameterSlice]
    private let slice: ParameterSlice
    private let rank: Int
    private let sum: SliceSum
    private let adam: Adam
    /// One for each rank, a cache line apart: 1 where its slice had a gradient that was not finite.
    private let flags: UnsafeMutableBufferPointer<Float>
    private var window: SharedWindow<Float>?
    private let ownMemory: UnsafeMutableRawBufferPointer?

    private static let wordsPerFlag = 16

    /// - Parameter node: the ranks, all on one node; nil for one rank alone.
    init(_ plan: ExchangePlan, rank: Int, node: Communicator?) throws(MPIError) {
        let valueCount = ParameterValues.count(for: plan.layout)
        let gradientCount = plan.gradientLayout.byteCount / MemoryLayout<Float>.stride
        let rankCount = plan.ownedShards.count
        let propagationCount =
            plan.propagation.map { Propagator.sharedCount($0, plan.layout, parts: rankCount) } ?? 0
        // Rank 0's segment begins with the parameters, the two moments, the memory of the propagation and the flags.
        let stateCount = 3 * valueCount + propagationCount
        let common = stateCount + rankCount * Self.wordsPerFlag
        let counts = plan.ownedShards.enumerated().map { owner, shards in
            (owner == 0 ? common : 0) + shards.count * gradientCount
        }
        let starts: [UnsafeMutablePointer<Float>]
        if let node {
            let window = try SharedWindow<Float>(count: max(counts[rank], 1), on: node)
            starts = counts.indices.map { window.segment(of: $0).baseAddress! }
            self.window = consume window
            ownMemory = nil
        } else {
            let memory = UnsafeMutableRawBufferPointer.allocate(
                byteCount: max(counts[0] * MemoryLayout<Float>.stride, 64), alignment: 64)
            starts = [memory.baseAddress!.assumingMemoryBound(to: Float.self)]
            window = nil
            ownMemory = memory
        }
        parameters = ParameterValues(plan.layout, in: starts[0])
        let first = ParameterValues(plan.layout, in: starts[0] + valueCount)
        let second = ParameterValues(plan.layout, in: starts[0] + 2 * valueCount)
        if rank == 0 {
            first.clear(plan.layout)
            second.clear(plan.layout)
        }
        gradients = plan.ownedShards.enumerated().flatMap { owner, shards in
            (0..<shards.count).map { place in
                let offset = (owner == 0 ? common : 0) + place * gradientCount
                return GradientView(plan.gradientLayout, at: UnsafeMutableRawPointer(starts[owner] + offset))
            }
        }
        propagator = plan.propagation.map {
            Propagator(
                $0, plan.layout, parameters: ParameterValues(plan.layout, in: starts[0]), rank: rank, of: rankCount,
                parts: rankCount, sharedMemory: starts[0] + 3 * valueCount)
        }
        slices = (0..<rankCount).map { ParameterSlice($0, of: rankCount, plan.layout) }
        slice = slices[rank]
        self.rank = rank
        flags = UnsafeMutableBufferPointer(start: starts[0] + stateCount, count: rankCount * Self.wordsPerFlag)
        if rank == 0 { flags.update(repeating: 0) }
        sum = SliceSum(ExchangePlan.tree(overShards: 0..<plan.shardCount), plan.layout)
        adam = Adam(plan.optimizer, plan.layout, parameters: parameters, first: first, second: second)
    }

    deinit { ownMemory?.deallocate() }

    func gradient(ofShard shard: Int) -> GradientView { gradients[shard] }

    func update(step: Int) throws(MPIError) -> StepSummary {
        try synchronize()
        for shard in gradients.indices { sum.views[shard].read(gradients[shard], slice: slice) }
        var summary = StepSummary(
            samples: sum.samples, loss: sum.loss, asksToStop: sum.asksToStop, isFinite: sum.loss.isFinite)
        if summary.isFinite && summary.samples > 0 {
            if let propagator {
                propagator.record(sum, slice: slice, part: rank)
                try synchronize()
                try propagator.propagateBack(slices: slices, synchronize: synchronize)
                try synchronize()
            }
            let isFinite = adam.update(
                slice, with: sum, propagator: propagator, samples: summary.samples, step: step)
            if !isFinite { flags[rank * Self.wordsPerFlag] = 1 }
        }
        try distributeParameters()
        for other in slices.indices where flags[other * Self.wordsPerFlag] != 0 { summary.isFinite = false }
        return summary
    }

    var moments: (first: ParameterValues, second: ParameterValues) { (adam.first, adam.second) }

    func distributeState() throws(MPIError) { try distributeParameters() }

    func distributeParameters() throws(MPIError) {
        try synchronize()
        guard let propagator else { return }
        try propagator.propagate(synchronize: synchronize)
        try synchronize()
    }

    func close() throws(MPIError) {
        if let window = window.take() { try window.free() }
    }

    private func synchronize() throws(MPIError) {
        try window?.synchronizeAll()
    }
}
