import Differentiation
import KernelCore
import MPI

/// What the ranks of a node share: parameters, moments, the gradients of their shards, and a notice of each rank.
///
/// In floats, the segments of a node with ranks 0, 1 ... of which each reads and writes those of all:
///
///     rank 0   parameters | first moments | second moments | propagation | rows that wait | a notice of each rank
///              | gradients of its shards
///     rank 1   gradients of its shards
///     ...
///
/// One rank alone uses memory of its own and waits for nobody. Moments that only the owner of a slice has are not in here
/// (``OwnedMoments``).
final class NodeMemory {
    let parameters: ParameterValues
    let moments: (first: ParameterValues, second: ParameterValues)
    let average: ParameterValues?
    let propagator: Propagator?
    /// The rows that wait for their steps; nil: all rows move in every step.
    let deferral: RowDeferral?
    /// What measures the waiting.
    var phases: PhaseClock?
    /// `[shardCount]`, each at the first of the shards that it is of; nil at all other shards: those of other nodes, and
    /// those whose gradient is added to that of a shard before.
    private let gradients: [GradientView?]
    /// What this rank does with the gradients of its shards, and where it works on them.
    private let additions: ShardAdditions
    private let pending: [GradientView]
    private let pendingMemory: UnsafeMutableRawBufferPointer
    private let notices: UnsafeMutableRawPointer
    private let layout: ParameterLayout
    private let localRank: Int
    private let rankCount: Int
    private var window: SharedWindow<Float>?
    private let ownMemory: UnsafeMutableRawBufferPointer?

    /// Cache lines, so that no two ranks write to the same one.
    private static let floatsPerNotice = 16
    private static let bytesPerNotice = floatsPerNotice * MemoryLayout<Float>.stride

    /// Collective over the ranks of the node.
    ///
    /// - Parameters:
    ///   - parts: the slices that all parameters are divided into; a propagation gets the sum of each by itself.
    ///   - state: parameters, moments and average that lie elsewhere; nil: they are made here.
    ///   - ownMoments: what of the moments this rank alone has, all of those that ``OptimizerPlan/ownedMoments`` names; nil:
    ///     the node has all of them.
    init(
        _ plan: OptimizerPlan, _ map: NodeMap, parts: Int, state: [ParameterValues]? = nil,
        ownMoments: (first: ParameterValues, second: ParameterValues)? = nil
    ) throws(MPIError) {
        let valueCount = state == nil ? ParameterValues.count(for: plan.layout) : 0
        // Of tables either all are the node's, or none is.
        let sharesTables = plan.ownedMoments?.tables.contains(false) ?? false
        let momentCount = ownMoments == nil ? valueCount : sharesTables ? plan.layout.tableCount : 0
        let gradientCount = plan.gradientLayout.byteCount / MemoryLayout<Float>.stride
        let propagationCount = plan.propagation.map { Propagator.sharedCount($0, plan.layout, parts: parts) } ?? 0
        localRank = map.localRank
        rankCount = map.ownRanks.count
        // The first rank's segment begins with the parameters, the moments, the average, the memory of the propagation, the
        // rows that wait, the notices.
        let stateCount = (plan.copies - 2) * valueCount + 2 * momentCount
        let deferralStart = stateCount + propagationCount
        let deferred = plan.deferredTables(hasOtherNodes: map.hasSeveralNodes)
        let kept = plan.ownership?.kept[map.ownRanks[map.localRank]]
        let deferralBytes = RowDeferral.byteCount(deferred, plan.layout, kept: kept)
        let noticeStart = deferralStart + deferralBytes / MemoryLayout<Float>.stride
        let common = noticeStart + rankCount * Self.floatsPerNotice
        let subtrees = map.ownRanks.map { plan.additions(ofRank: $0).subtrees }
        let counts = subtrees.enumerated().map { rank, subtrees in
            (rank == 0 ? common : 0) + subtrees.count * gradientCount
        }
        let starts: [UnsafeMutablePointer<Float>]
        if let node = map.node {
            let window = try SharedWindow<Float>(count: max(counts[localRank], 1), on: node)
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
        let shared = starts[0]
        func moments(at start: Int, _ own: ParameterValues?) -> ParameterValues {
            guard let own else { return ParameterValues(plan.layout, in: shared + start) }
            return sharesTables ? ParameterValues(dense: own.start, tables: shared + start) : own
        }
        let values =
            state ?? [
                ParameterValues(plan.layout, in: shared), moments(at: valueCount, ownMoments?.first),
                moments(at: valueCount + momentCount, ownMoments?.second),
                ParameterValues(plan.layout, in: shared + valueCount + 2 * momentCount),
            ]
        parameters = values[0]
        self.moments = (values[1], values[2])
        average = plan.copies > 3 ? values[3] : nil
        layout = plan.layout
        notices = UnsafeMutableRawPointer(shared + noticeStart)
        if localRank == 0 {
            if state == nil { Kernel.clear(shared, count: stateCount) }
            Kernel.clear(shared + deferralStart, count: noticeStart - deferralStart)
            for rank in 0..<rankCount {
                (notices + rank * Self.bytesPerNotice).initializeMemory(as: StepNotice.self, to: StepNotice())
            }
        }
        var gradients = [GradientView?](repeating: nil, count: plan.shardCount)
        for (rank, subtrees) in subtrees.enumerated() {
            for (index, subtree) in subtrees.enumerated() {
                let offset = (rank == 0 ? common : 0) + index * gradientCount
                gradients[subtree.lower] = GradientView(
                    plan.gradientLayout, at: UnsafeMutableRawPointer(starts[rank] + offset))
            }
        }
        self.gradients = gradients
        let additions = plan.additions(ofRank: map.ownRanks[map.localRank])
        self.additions = additions
        let bytes = plan.gradientLayout.byteCount
        let pendingMemory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(additions.pendingCount * bytes, 64), alignment: 64)
        self.pendingMemory = pendingMemory
        pending = (0..<additions.pendingCount).map {
            GradientView(plan.gradientLayout, at: pendingMemory.baseAddress! + $0 * bytes)
        }
        propagator = plan.propagation.map {
            Propagator(
                $0, plan.layout, parameters: values[0], rank: map.localRank, of: map.ownRanks.count, parts: parts,
                sharedMemory: shared + stateCount)
        }
        deferral =
            deferralBytes == 0
            ? nil
            : RowDeferral(
                deferred, plan.layout, kept: kept, at: UnsafeMutableRawPointer(shared + deferralStart))
    }

    deinit {
        ownMemory?.deallocate()
        pendingMemory.deallocate()
    }

    /// The gradient whose first shard is `shard`, of this node: of this one alone, or of all of a subtree.
    func gradient(startingAt shard: Int) -> GradientView { gradients[shard]! }

    /// See ``DistributedOptimizer/recordGradient(ofShard:_:)``.
    func recordGradient<Failure: Error>(
        ofShard shard: Int, _ record: (GradientView) throws(Failure) -> Void
    ) throws(Failure) {
        let handling = additions[shard]
        try record(gradient(at: handling.location))
        phases?.begin(.exchange)
        for (left, right) in handling.additions { gradient(at: left).add(gradient(at: right)) }
    }

    /// See ``DistributedOptimizer/recordedGradients``.
    var recordedGradients: [(shards: Range<Int>, gradient: GradientView)] {
        additions.subtrees.map { ($0.lower..<$0.upper, gradient(startingAt: $0.lower)) }
    }

    private func gradient(at location: ShardAdditions.Location) -> GradientView {
        switch location {
        case .subtree(let number): gradient(startingAt: additions.subtrees[number].lower)
        case .pending(let number): pending[number]
        }
    }

    private func notice(ofLocalRank rank: Int) -> UnsafeMutablePointer<StepNotice> {
        (notices + rank * Self.bytesPerNotice).assumingMemoryBound(to: StepNotice.self)
    }

    /// What this rank tells the others of the node: it alone writes, and all read behind the next ``synchronize()``.
    var ownNotice: UnsafeMutablePointer<StepNotice> { notice(ofLocalRank: localRank) }

    /// The summary of the step in the notice of the node's first rank.
    var summaryOfFirstRank: StepSummary { notice(ofLocalRank: 0).pointee.summary }

    /// Whether a rank of the node has set its flag. To be read before the second ``synchronize()`` of a step, behind which
    /// a rank may set that of the next one.
    var flag: Bool { (0..<rankCount).contains { notice(ofLocalRank: $0).pointee.flag } }

    /// Whether a rank of the node does not know what it reads in the next step, so that no row may wait. To be read between the
    /// two ``synchronize()`` of a step.
    var settles: Bool { !(0..<rankCount).allSatisfy { notice(ofLocalRank: $0).pointee.hasAnnouncedReads } }

    /// Whether the slices of a rank of the node have gradients that are not finite.
    var hasBrokenGradient: Bool { (0..<rankCount).contains { notice(ofLocalRank: $0).pointee.hasBrokenGradient } }

    /// The norm of the gradient of a step, of what the ranks of the node have found. To be read behind the
    /// ``synchronize()`` after they have, and before the next one.
    var norm: GradientNorm {
        (0..<rankCount).reduce(into: GradientNorm()) { $0.add(notice(ofLocalRank: $1).pointee.norm) }
    }

    /// Waits for the ranks of the node; then everybody sees what they have written.
    func synchronize() throws(MPIError) {
        guard window != nil else { return }
        let before = phases?.begin(.waiting)
        try window?.synchronizeAll()
        if let before { phases?.begin(before) }
    }

    /// Makes what the ranks of the node have written to the parameters what all of them read, propagated where the model
    /// asks for it. Collective over the node.
    func publishParameters() throws(MPIError) {
        try synchronize()
        guard let propagator else { return }
        phases?.begin(.propagation)
        try propagator.propagate(synchronize: synchronize)
        try synchronize()
    }

    /// See ``DistributedOptimizer/swapAverage()``.
    func swapAverage() throws(MPIError) {
        guard let average else { return }
        try synchronize()
        if localRank == 0 { parameters.swap(with: average, layout) }
        try publishParameters()
    }

    /// Gives shared memory back. Collective.
    func free() throws(MPIError) {
        if let window = window.take() { try window.free() }
    }
}

/// What a rank tells the others of its node in a step, without a message.
struct StepNotice: BitwiseCopyable {
    /// The flag that the rank has given with the step.
    var flag = false
    /// Whether the rank has announced the rows that it reads in the next step (``RowDeferral``).
    var hasAnnouncedReads = false
    /// Whether a gradient in the rank's slices is not finite.
    var hasBrokenGradient = false
    /// What the rank has found of the length of the gradient.
    var norm = GradientNorm()
    /// The first rank's, where the ranks of a rail know it before the others.
    var summary = StepSummary(sampleCount: 0, loss: 0, flag: false, isFinite: true)
}
