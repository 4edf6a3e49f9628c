import Differentiation
import MPI

/// The moments that one rank of a rail has for itself.
struct LocalMoments {
    let parameters: OwnedMoments
    /// What the rank moves for all.
    let slice: ParameterSlice
    /// Of the slice of each node of the rail what its owner moves, and what every node moves.
    let slices: [(owned: ParameterSlice, common: ParameterSlice)]
    /// How the ranks divide the parameters, which rank 0 has all of, and the moments.
    let division: (parameters: ParameterDivision, moments: ParameterDivision)
    private let storages: (first: ParameterStorage, second: ParameterStorage)

    /// - Parameters:
    ///   - slices: of each node of the rail; none for a rank without rail.
    ///   - node: of this rank.
    ///   - isRoot: whether this is rank 0, which has the moments that every node has.
    init(
        _ parameters: OwnedMoments, _ layout: ParameterLayout, _ slices: [ParameterSlice], node: Int, isRoot: Bool
    ) {
        self.parameters = parameters
        self.slices = slices.map { (parameters.owned($0), parameters.common($0)) }
        let owned = self.slices.isEmpty ? .nothing(layout) : self.slices[node].owned
        slice = owned
        let tables = parameters.tables
        let rows = tables.indices.map { index in
            tables[index] ? owned.rows[index] : 0..<(isRoot ? layout.tables[index].parameter.rows : 0)
        }
        division = (
            ParameterDivision(
                kept: isRoot ? ParameterSlice(allOf: layout) : .nothing(layout), dividesDense: false,
                dividedTables: tables.map { _ in false }),
            ParameterDivision(
                kept: ParameterSlice(dense: owned.dense, rows: rows), dividesDense: true, dividedTables: tables)
        )
        storages = (ParameterStorage(reserving: layout, for: owned), ParameterStorage(reserving: layout, for: owned))
    }

    /// With room for those of all parameters, of which the slice takes memory.
    var values: (first: ParameterValues, second: ParameterValues) { (storages.first.values, storages.second.values) }
}

/// A step in which the owner of a slice moves it for all nodes.
extension MultiNodeOptimizer {
    /// The owner of a slice adds it up, moves what it alone has the moments of, and sends the new values with the sums of all
    /// else. Collective.
    func step(_ number: Int, _ own: LocalMoments) throws(MPIError) -> StepSummary {
        try memory.synchronize()
        phases?.begin(.exchange)
        if let messages {
            try messages.gather(memory)
            if map.localRank == 0 { memory.ownNotice.pointee.summary = messages.summary }
        }
        let clipFactor = adam.settings.clipNorm > 0 ? try clipFactor() : 1
        if let messages {
            let summary = messages.summary
            let isOwnFinite = move(own.slice, number, with: messages.ownSum, summary, clipFactor)
            try messages.spread(MovedSlice(own.parameters, parameters, isFinite: isOwnFinite))
            var isFinite = isOwnFinite
            try messages.finishExchange { node, sum in
                guard summary.isUsable else { return }
                phases?.begin(.optimizer)
                if node != map.nodeIndex {
                    adam.adopt(own.slices[node].owned, from: sum.views[0], step: number)
                    if messages.hasBrokenGradient(node) { isFinite = false }
                }
                isFinite = move(own.slices[node].common, number, with: sum, summary, clipFactor) && isFinite
            }
            memory.ownNotice.pointee.hasBrokenGradient = !isFinite
        }
        try memory.publishParameters()
        var summary = memory.summaryOfFirstRank
        if memory.hasBrokenGradient { summary.isFinite = false }
        return summary
    }

    /// What shortens the gradient of the step to its limit: every owner knows the length of its slice. Collective.
    private func clipFactor() throws(MPIError) -> Float {
        phases?.begin(.optimizer)
        var norm = GradientNorm()
        if let messages, let rail = map.rail {
            let sum = messages.ownSum
            if sum.sampleCount > 0 { norm = adam.norm(messages.slices[map.nodeIndex], with: sum, propagator: nil) }
            phases?.begin(.waiting)
            let words = try rail.allGather(norm.words).joined
            norm = stride(from: 0, to: words.count, by: 2).reduce(into: GradientNorm()) {
                $0.add(GradientNorm(words: words[$1..<$1 + 2]))
            }
        }
        memory.ownNotice.pointee.norm = norm
        try memory.synchronize()
        let sampleCount = max(memory.summaryOfFirstRank.sampleCount, 1)
        return memory.norm.factor(limit: adam.settings.clipNorm, sampleCount: sampleCount)
    }

    /// - Returns: whether all gradients of the slice are finite.
    private func move(
        _ slice: ParameterSlice, _ number: Int, with sum: SliceSum, _ summary: StepSummary, _ clipFactor: Float
    ) -> Bool {
        guard summary.isUsable else { return true }
        phases?.begin(.optimizer)
        return adam.update(
            slice, with: sum, sampleCount: summary.sampleCount, step: number, clipFactor: clipFactor)
    }

    /// Gives each node's copy the moments of rank 0 that every node has. Collective over the rail.
    func broadcastCommonMoments(_ owned: OwnedMoments) throws(MPIError) {
        for (table, isOwned) in zip(plan.layout.tables, owned.tables) where !isOwned {
            for values in [memory.moments.first, memory.moments.second] {
                let buffer = UnsafeMutableBufferPointer(
                    start: values(table.parameter), count: table.parameter.count)
                try map.rail?.broadcast(buffer, from: 0)
            }
        }
    }

    var division: (parameters: ParameterDivision, moments: ParameterDivision)? { ownedMoments?.division }
}
