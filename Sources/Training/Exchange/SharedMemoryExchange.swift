import Differentiation
import KernelCore
import MPI

/// Exchange between the ranks of one node, in place: parameters, moments and the gradients of all shards lie in memory
/// that all ranks see. Each rank adds up and updates its slice of the parameters, reading the shards' gradients where
/// they were made; two barriers a step are all the communication there is.
///
/// One rank alone uses memory of its own and no barrier.
final class SharedMemoryExchange: GradientExchange {
    let parameters: ParameterValues
    private let gradients: [GradientView]
    private let slice: ParameterSlice
    private let sum: SliceSum
    private let adam: Adam
    private var window: SharedWindow<Float>?
    private let ownMemory: UnsafeMutableRawBufferPointer?

    /// - Parameter node: the ranks, all on one node; nil for one rank alone.
    init(_ plan: ExchangePlan, rank: Int, node: Communicator?) throws(MPIError) {
        let valueCount = ParameterValues.count(for: plan.layout)
        let gradientCount = plan.gradientLayout.byteCount / MemoryLayout<Float>.stride
        // Rank 0's segment begins with the parameters and the two moments.
        let counts = plan.ownedShards.enumerated().map { owner, shards in
            (owner == 0 ? 3 * valueCount : 0) + shards.count * gradientCount
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
                let offset = (owner == 0 ? 3 * valueCount : 0) + place * gradientCount
                return GradientView(plan.gradientLayout, at: UnsafeMutableRawPointer(starts[owner] + offset))
            }
        }
        slice = ParameterSlice(rank, of: plan.ownedShards.count, plan.layout)
        sum = SliceSum(ExchangePlan.tree(overShards: 0..<plan.shardCount), plan.layout)
        adam = Adam(plan.optimizer, plan.layout, parameters: parameters, first: first, second: second)
    }

    deinit { ownMemory?.deallocate() }

    func gradient(ofShard shard: Int) -> GradientView { gradients[shard] }

    func update(step: Int) throws(MPIError) -> StepSummary {
        try synchronize()
        for shard in gradients.indices { sum.views[shard].read(gradients[shard], slice: slice) }
        let summary = StepSummary(samples: sum.samples, loss: sum.loss)
        if summary.loss.isFinite && summary.samples > 0 {
            adam.update(slice, with: sum, samples: summary.samples, step: step)
        }
        try synchronize()
        return summary
    }

    func distributeParameters() throws(MPIError) { try synchronize() }

    func close() throws(MPIError) {
        if let window = window.take() { try window.free() }
    }

    private func synchronize() throws(MPIError) {
        try window?.synchronizeAll()
    }
}
