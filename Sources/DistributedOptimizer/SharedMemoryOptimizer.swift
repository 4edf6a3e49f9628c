import Differentiation
import KernelCore
import MPI

/// The optimizer of ranks of one node, in place (``NodeMemory``): each rank adds up and updates its slice of the
/// parameters, reading the shards' gradients where they were made; two barriers a step are all the communication there
/// is. A propagation shares out its work in the same memory and takes three more.
final class SharedMemoryOptimizer: MeasuredOptimizer {
    let parameters: ParameterValues
    let propagator: Propagator?
    var phases: PhaseClock? { didSet { memory.phases = phases } }
    private let memory: NodeMemory
    /// The gradients that are added, by their first shards.
    private let inputs: [TreeSum.Subtree]
    /// The slice of each rank.
    private let slices: [ParameterSlice]
    /// The slice of this rank.
    private let slice: ParameterSlice
    private let localRank: Int
    private let sum: SliceSum
    private let adam: Adam

    /// Shares out the memory. Collective.
    ///
    /// - Parameter map: all ranks on one node.
    init(_ plan: OptimizerPlan, _ map: NodeMap) throws(MPIError) {
        let rankCount = plan.ownedShards.count
        memory = try NodeMemory(plan, map, parts: rankCount)
        parameters = memory.parameters
        propagator = memory.propagator
        inputs = plan.inputs(ofRanks: 0..<rankCount)
        slices = (0..<rankCount).map { ParameterSlice($0, of: rankCount, plan.layout) }
        slice = slices[map.localRank]
        localRank = map.localRank
        sum = SliceSum(TreeSum(inputs: inputs), plan.layout)
        adam = Adam(
            plan.adam, plan.layout, parameters: parameters, first: memory.moments.first,
            second: memory.moments.second, average: memory.average)
    }

    var moments: (first: ParameterValues, second: ParameterValues) { memory.moments }

    var average: ParameterValues? { memory.average }

    var deferral: RowDeferral? { memory.deferral }

    func recordGradient<Failure: Error>(
        ofShard shard: Int, _ record: (GradientView) throws(Failure) -> Void
    ) throws(Failure) {
        try memory.recordGradient(ofShard: shard, record)
    }

    var recordedGradients: [(shards: Range<Int>, gradient: GradientView)] { memory.recordedGradients }

    func step(_ number: Int, flag: Bool) throws(MPIError) -> StepSummary {
        memory.ownNotice.pointee.flag = flag
        memory.ownNotice.pointee.hasAnnouncedReads = deferral?.isAnnounced ?? false
        // Behind this the gradients of all shards are complete, and nobody writes to one before the next step.
        try memory.synchronize()
        phases?.begin(.exchange)
        readGradients()
        let settles = memory.settles
        var summary = StepSummary(
            sampleCount: sum.sampleCount, loss: sum.loss, flag: memory.flag, isFinite: sum.loss.isFinite)
        if summary.isUsable {
            if let propagator {
                propagator.record(sum, slice: slice, part: localRank)
                try memory.synchronize()
                phases?.begin(.propagation)
                try propagator.propagateBack(slices: slices, synchronize: memory.synchronize)
                try memory.synchronize()
            }
            phases?.begin(.optimizer)
            var clipFactor: Float = 1
            if adam.settings.clipNorm > 0 {
                memory.ownNotice.pointee.norm = adam.norm(slice, with: sum, propagator: propagator)
                try memory.synchronize()
                clipFactor = memory.norm.factor(limit: adam.settings.clipNorm, sampleCount: summary.sampleCount)
                phases?.begin(.optimizer)
            }
            let isFinite = adam.update(
                slice, with: sum, propagator: propagator, sampleCount: summary.sampleCount, step: number,
                clipFactor: clipFactor, deferral: deferral, settles: settles)
            if !isFinite { memory.ownNotice.pointee.hasBrokenGradient = true }
        } else if let deferral, !adam.settle(slice, deferral) {
            memory.ownNotice.pointee.hasBrokenGradient = true
        }
        // Behind this the slices of all ranks have moved.
        try memory.publishParameters()
        deferral?.endStep(settled: settles || !summary.isUsable)
        if memory.hasBrokenGradient { summary.isFinite = false }
        return summary
    }

    func settle() throws(MPIError) {
        guard let deferral else { return }
        adam.settle(slice, deferral)
        try memory.synchronize()
        deferral.endStep(settled: true)
    }

    // All ranks read what rank 0 has written, as soon as it has written all of it.
    func broadcastParameters() throws(MPIError) { try memory.publishParameters() }

    func broadcastState() throws(MPIError) { try memory.publishParameters() }

    /// Lets the sum see this rank's slice of each gradient. Nothing is copied or added yet: that is done as Adam asks for it.
    private func readGradients() {
        for index in inputs.indices {
            sum.views[index].read(memory.gradient(startingAt: inputs[index].lower), slice: slice)
        }
    }

    func repeatAddition() -> Bool {
        readGradients()
        sum.forEachDenseBlock(of: 0..<slice.dense.count) { _, _, _ in }
        for tableIndex in slice.rows.indices { sum.forEachRow(tableIndex) { _, _ in } }
        return true
    }

    func messageTrial() -> MessageTrial? { nil }

    func swapAverage() throws(MPIError) { try memory.swapAverage() }

    func close() throws(MPIError) { try memory.free() }
}
