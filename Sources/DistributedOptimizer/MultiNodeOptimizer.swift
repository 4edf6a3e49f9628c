import Differentiation
import KernelCore
import MPI

/// The optimizer of ranks of several nodes, which exchange gradients on two levels.
///
/// 1. Within a node the gradients of the shards lie in shared memory (``NodeMemory``). The parameters are divided into a
///    slice for each node and rail (``NodeMap``). The rank of a rail adds up the complete subtrees of its node's shards
///    over the slices of its rail, and sends each to the rank of the same rail on the node that the slice belongs to.
/// 2. That rank adds the subtrees of all nodes in the order of the tree and sends the sum to its rail. The ranks of every
///    node take the optimizer's step on the node's own copy of the parameters, each over the slices of its rail: over
///    its own slice while the sums of the others travel, and over those as they arrive.
///
/// So all ranks of a node send and receive, each its part, and every number goes once over each link that it has to. Tables
/// travel as their touched rows (``SliceMessage``): that is why every node takes the whole step by itself instead of
/// sending new parameters, all of whose rows have moved. Where moments are sharded the owner does send these
/// (``OwnedMoments``).
///
/// A propagation is computed on every node by its ranks together. To gather the results of shared work would take two
/// more messages a step with all rows of the tables. On Grocery and Gourmet Food these are 12 MB, 10 ms at 10 Gbit/s,
/// to save less than that of arithmetic.
final class MultiNodeOptimizer: MeasuredOptimizer {
    let parameters: ParameterValues
    let propagator: Propagator?
    var phases: PhaseClock? {
        didSet {
            memory.phases = phases
            messages?.phases = phases
        }
    }
    let memory: NodeMemory
    let map: NodeMap
    let plan: OptimizerPlan
    let adam: Adam
    /// A slice for each rail of each node: those of node 0, then those of node 1 and so on.
    private let slices: [ParameterSlice]
    /// What of the moments this rank alone has; nil where every node has all.
    let ownedMoments: LocalMoments?
    /// Nil for a rank without rail, which has nothing to send.
    let messages: RailMessages?

    /// Shares out the memory of each node. Collective over the world.
    init(_ plan: OptimizerPlan, _ map: NodeMap) throws(MPIError) {
        self.map = map
        self.plan = plan
        let count = map.ranks.count * map.railCount
        let slices = (0..<count).map { ParameterSlice($0, of: count, plan.layout) }
        self.slices = slices
        ownedMoments = plan.ownedMoments.map {
            LocalMoments(
                $0, plan.layout, map.rail == nil ? [] : plan.slices(ofRail: map.localRank, on: map),
                node: map.nodeIndex, isRoot: map.nodeIndex == 0 && map.localRank == 0)
        }
        memory = try NodeMemory(plan, map, parts: count, ownMoments: ownedMoments?.values)
        parameters = memory.parameters
        propagator = memory.propagator
        adam = Adam(
            plan.adam, plan.layout, parameters: parameters, first: memory.moments.first,
            second: memory.moments.second, average: memory.average)
        messages = map.rail.map { rail in
            RailMessages(plan, map, rail: rail, slices: plan.slices(ofRail: map.localRank, on: map))
        }
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
        if let ownedMoments { return try step(number, ownedMoments) }
        memory.ownNotice.pointee.hasAnnouncedReads = deferral?.isAnnounced ?? false
        // Behind this the gradients of all shards of the node are complete.
        try memory.synchronize()
        phases?.begin(.exchange)
        let settles = memory.settles
        // A rank without rail has nothing to send or to move: the others of its node do it.
        if let messages {
            try messages.beginExchange(memory)
            let summary = messages.summary
            // For the ranks of the node that have no rail.
            if map.localRank == 0 { memory.ownNotice.pointee.summary = summary }
            if let propagator {
                try messages.finishExchange { node, sum in
                    guard summary.isUsable else { return }
                    propagator.record(sum, slice: messages.slices[node], part: node * map.railCount + map.localRank)
                }
            } else if adam.settings.clipNorm > 0 {
                // How long the gradient is must be known before any step.
                try messages.finishExchange { _, _ in }
            } else {
                // The step over a slice is taken while the sums of the others travel.
                var isFinite = true
                try messages.finishExchange { node, sum in
                    isFinite =
                        takeStep(number, over: messages.slices[node], with: sum, summary, settles: settles) && isFinite
                }
                memory.ownNotice.pointee.hasBrokenGradient = !isFinite
            }
        }
        if let propagator {
            try takeStep(number, with: propagator)
        } else if adam.settings.clipNorm > 0 {
            try memory.synchronize()
            let summary = memory.summaryOfFirstRank
            if summary.isUsable {
                try takeClippedStep(number, summary, settles: settles)
            } else {
                settleSlices()
            }
        }
        try memory.publishParameters()
        var summary = memory.summaryOfFirstRank
        // A rank without rail moves nothing.
        if messages == nil, summary.isUsable { deferral?.countStep() }
        deferral?.endStep(settled: settles || !summary.isUsable)
        if memory.hasBrokenGradient { summary.isFinite = false }
        return summary
    }

    /// Takes the step behind a propagation, whose way back needs the sums of all slices.
    private func takeStep(_ number: Int, with propagator: Propagator) throws(MPIError) {
        try memory.synchronize()
        let summary = memory.summaryOfFirstRank
        guard summary.isUsable else { return }
        phases?.begin(.propagation)
        try propagator.propagateBack(slices: slices, synchronize: memory.synchronize)
        try memory.synchronize()
        guard adam.settings.clipNorm == 0 else { return try takeClippedStep(number, summary, settles: true) }
        guard let messages else { return }
        var isFinite = true
        messages.forEachSlice { node, sum in
            isFinite =
                takeStep(number, over: messages.slices[node], with: sum, summary, settles: true) && isFinite
        }
        memory.ownNotice.pointee.hasBrokenGradient = !isFinite
    }

    /// Takes the step over all slices of the rail with a gradient that is no longer than it may be. Collective over the
    /// node.
    private func takeClippedStep(_ number: Int, _ summary: StepSummary, settles: Bool) throws(MPIError) {
        phases?.begin(.optimizer)
        var norm = GradientNorm()
        messages?.forEachSlice { node, sum in
            guard let messages else { return }
            norm.add(adam.norm(messages.slices[node], with: sum, propagator: propagator))
        }
        memory.ownNotice.pointee.norm = norm
        try memory.synchronize()
        let clipFactor = memory.norm.factor(limit: adam.settings.clipNorm, sampleCount: summary.sampleCount)
        guard let messages else { return }
        var isFinite = true
        messages.forEachSlice { node, sum in
            isFinite =
                takeStep(
                    number, over: messages.slices[node], with: sum, summary, clipFactor: clipFactor, settles: settles)
                && isFinite
        }
        memory.ownNotice.pointee.hasBrokenGradient = !isFinite
    }

    /// - Returns: whether all gradients of the slice are finite.
    private func takeStep(
        _ number: Int, over slice: ParameterSlice, with sum: SliceSum, _ summary: StepSummary, clipFactor: Float = 1,
        settles: Bool
    ) -> Bool {
        guard summary.isUsable else {
            return deferral.map { adam.settle(slice, $0) } ?? true
        }
        phases?.begin(.optimizer)
        return adam.update(
            slice, with: sum, propagator: propagator, sampleCount: summary.sampleCount, step: number,
            clipFactor: clipFactor, deferral: deferral, settles: settles)
    }

    /// Takes the steps that rows of the rail wait for, where there is no new one.
    private func settleSlices() {
        guard let deferral, let messages else { return }
        for slice in messages.slices { adam.settle(slice, deferral) }
    }

    func settle() throws(MPIError) {
        guard let deferral else { return }
        settleSlices()
        try memory.synchronize()
        deferral.endStep(settled: true)
    }

    func broadcastParameters() throws(MPIError) {
        // Rank 0 is the first of the first node.
        if map.localRank == 0 { try broadcast(parameters) }
        try memory.publishParameters()
    }

    func broadcastState() throws(MPIError) {
        if map.localRank == 0 {
            if let ownedMoments {
                try broadcastCommonMoments(ownedMoments.parameters)
            } else {
                try broadcast(memory.moments.first)
                try broadcast(memory.moments.second)
            }
            if let average { try broadcast(average) }
        }
        try broadcastParameters()
    }

    /// Gives each node's copy the values of rank 0. Collective over the rail.
    private func broadcast(_ values: ParameterValues) throws(MPIError) {
        let count = ParameterValues.count(for: plan.layout)
        try map.rail?.broadcast(UnsafeMutableBufferPointer(start: values.start, count: count), from: 0)
    }

    func repeatAddition() -> Bool { false }

    func messageTrial() -> MessageTrial? {
        ownedMoments == nil ? MessageTrial(plan, map, memory, slices: messages?.slices) : nil
    }

    func swapAverage() throws(MPIError) { try memory.swapAverage() }

    func close() throws(MPIError) { try memory.free() }
}
