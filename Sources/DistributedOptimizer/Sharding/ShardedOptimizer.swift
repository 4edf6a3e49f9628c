import Differentiation
import KernelCore
import MPI

/// The optimizer of ranks that divide the rows of large tables among themselves (``RowOwnership``).
///
/// 1. Before a step's mini-batches every rank fetches the rows that they read (``RowFetch``).
/// 2. The gradients go to the ranks that keep the rows, as between nodes (``RailMessages``): each adds up its slice in the
///    order of the tree.
/// 3. It moves the rows that it keeps. The sums of all other parameters travel to everybody, who all move them, or their
///    new values where the rank alone has the moments (``OwnedMoments``).
///
/// So a table and its moments take memory once, on all ranks together, and every number is computed as without sharding.
/// A table has room for all rows in the address space of each rank (`ReservedMemory`): a model reads a row where it would
/// be anyway.
final class ShardedOptimizer: MeasuredOptimizer {
    let parameters: ParameterValues
    let propagator: Propagator? = nil
    let kept: ParameterSlice?
    let rowFetch: RowFetch?
    var phases: PhaseClock? {
        didSet {
            memory.phases = phases
            messages.phases = phases
        }
    }
    let division: (parameters: ParameterDivision, moments: ParameterDivision)?
    private let storages: [ParameterStorage]
    private let ownedMoments: OwnedMoments?
    /// Of the slice of each rank what its owner moves before it is sent, and what is moved behind that: of this rank's own
    /// all else, of the others what every rank has.
    private let slices: [(owned: ParameterSlice, other: ParameterSlice)]
    private let memory: NodeMemory
    private let ownership: RowOwnership
    private let communicator: Communicator
    private let messages: RailMessages
    private let adam: Adam
    private let ownRank: Int

    /// Reserves the memory of this rank. Collective.
    ///
    /// - Parameter map: every rank a node of its own.
    init(_ plan: OptimizerPlan, _ ownership: RowOwnership, _ map: NodeMap) throws(MPIError) {
        guard let communicator = map.rail, map.ranks.allSatisfy({ $0.count == 1 }) else {
            preconditionFailure("rows are divided among ranks that are nodes of their own")
        }
        self.ownership = ownership
        self.communicator = communicator
        ownRank = communicator.rank
        let kept = ownership.kept[ownRank]
        self.kept = kept
        let ownedMoments = plan.ownedMoments
        self.ownedMoments = ownedMoments
        let ownRank = communicator.rank
        slices = ownership.slices.indices.map { rank in
            let slice = ownership.slices[rank]
            let other = rank == ownRank ? slice : ownership.sharedSlices[rank]
            guard let ownedMoments else { return (.nothing(plan.layout), other) }
            return (ownedMoments.owned(slice), ownedMoments.common(other))
        }
        let parts = ParameterDivision(kept: kept, dividesDense: false, dividedTables: ownership.isDivided)
        var moments = parts
        if let ownedMoments {
            let (slice, tables) = (ownership.slices[ownRank], ownedMoments.tables)
            moments = ParameterDivision(
                kept: ParameterSlice(
                    dense: slice.dense, rows: tables.indices.map { tables[$0] ? slice.rows[$0] : kept.rows[$0] }),
                dividesDense: true, dividedTables: zip(ownership.isDivided, tables).map { $0 || $1 })
        }
        division = (parts, moments)
        storages = (0..<plan.copies).map { copy in
            let isMoment = copy == 1 || copy == 2
            return ParameterStorage(reserving: plan.layout, for: isMoment ? moments.kept : kept)
        }
        memory = try NodeMemory(plan, map, parts: map.ranks.count, state: storages.map(\.values))
        parameters = memory.parameters
        rowFetch = RowFetch(ownership, storages[0], on: communicator)
        messages = RailMessages(plan, map, rail: communicator, slices: ownership.slices)
        adam = Adam(
            plan.adam, plan.layout, parameters: parameters, first: memory.moments.first,
            second: memory.moments.second, average: memory.average)
        guard let deferral = memory.deferral else { return }
        rowFetch?.beforeReads = { [adam] parameter, rows in
            guard deferral.isBehind, let table = parameter.tableIndex.flatMap({ deferral.tables[$0] }) else { return }
            if !adam.move(rows, of: table, deferral) { deferral.isFinite = false }
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
        phases?.begin(.exchange)
        try messages.gather(memory)
        var summary = messages.summary
        // Everybody moves its own rows, and fetches what it reads: nobody has to agree.
        let settles = !(deferral?.isAnnounced ?? false) || !summary.isUsable
        if !summary.isUsable { settle() }
        let clipping =
            adam.settings.clipNorm > 0
            ? try norm().factor(limit: adam.settings.clipNorm, sampleCount: max(summary.sampleCount, 1)) : 1
        var isFinite = deferral?.isFinite ?? true
        var moved: MovedSlice?
        if let ownedMoments {
            isFinite = move(slices[ownRank].owned, number, with: messages.ownSum, summary, clipping, settles: settles)
            moved = MovedSlice(ownedMoments, parameters, isFinite: isFinite)
        }
        try messages.spread(moved)
        try messages.finishExchange { rank, sum in
            isFinite = takeStep(number, of: rank, with: sum, summary, clipping, settles: settles) && isFinite
        }
        deferral?.endStep(settled: settles)
        // Whether the gradient of a row is finite, only the rank that keeps it knows.
        phases?.begin(.waiting)
        if try communicator.allReduce(isFinite ? 0 : 1, .maximum) == 1 { summary.isFinite = false }
        return summary
    }

    /// Moves the rank's slice: of this rank all, of another one what every rank has. What only the owner moves is moved
    /// here already, and comes from the others as it is now.
    ///
    /// - Returns: whether all gradients of it are finite.
    private func takeStep(
        _ number: Int, of rank: Int, with sum: SliceSum, _ summary: StepSummary, _ clipping: Float, settles: Bool
    ) -> Bool {
        guard summary.isUsable else { return true }
        phases?.begin(.optimizer)
        if ownedMoments != nil, rank != ownRank {
            adam.adopt(slices[rank].owned, from: sum.views[0], step: number)
        }
        return move(slices[rank].other, number, with: sum, summary, clipping, settles: settles)
    }

    private func move(
        _ slice: ParameterSlice, _ number: Int, with sum: SliceSum, _ summary: StepSummary, _ clipping: Float,
        settles: Bool
    ) -> Bool {
        guard summary.isUsable else { return true }
        phases?.begin(.optimizer)
        return adam.update(
            slice, with: sum, sampleCount: summary.sampleCount, step: number, clipFactor: clipping, deferral: deferral,
            settles: settles)
    }

    /// The norm of the gradient of the step: of the parts that the ranks have added up. Collective.
    private func norm() throws(MPIError) -> GradientNorm {
        phases?.begin(.optimizer)
        var own = GradientNorm()
        let sum = messages.ownSum
        if sum.sampleCount > 0 { own = adam.norm(ownership.slices[ownRank], with: sum, propagator: nil) }
        phases?.begin(.waiting)
        let words = try communicator.allGather(own.words).joined
        return stride(from: 0, to: words.count, by: 2).reduce(into: GradientNorm()) {
            $0.add(GradientNorm(words: words[$1..<$1 + 2]))
        }
    }

    // Every rank has written what it keeps.
    func broadcastParameters() throws(MPIError) {}

    func broadcastState() throws(MPIError) {}

    func settle() {
        guard let deferral, let kept else { return }
        if !adam.settle(kept, deferral) { deferral.isFinite = false }
        deferral.endStep(settled: true)
    }

    func swapAverage() throws(MPIError) {
        guard let average else { return }
        parameters.swap(with: average, storages[0].layout, kept)
    }

    func repeatAddition() -> Bool { false }

    func messageTrial() -> MessageTrial? { nil }

    func close() throws(MPIError) { try memory.free() }
}
