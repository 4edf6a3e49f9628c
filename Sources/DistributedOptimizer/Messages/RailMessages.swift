import Differentiation
import KernelCore
import MPI

/// What the rank of a rail sends to and receives from those of the other nodes: two rounds of messages a step, each rank
/// to each other one, started together (``MessageRound``). What is done with a sum can be done while others are under way.
final class RailMessages {
    /// The slices of the rail: of each node one.
    let slices: [ParameterSlice]
    /// The summary of the last ``beginExchange(_:)``. That a gradient is not finite is not in it: Adam finds that.
    private(set) var summary = StepSummary(sampleCount: 0, loss: 0, flag: false, isFinite: true)
    /// Words that were sent to each node so far.
    private(set) var sentWords: [Int]
    var phases: PhaseClock?
    private let layout: ParameterLayout
    private let kind: SliceMessage.Rows
    /// For each table, whether the sums of its rows stay where they are added up; empty: none do.
    private let omitted: [Bool]
    /// This node.
    private let own: Int
    /// The other nodes, beginning with the one after this: so not all send to the same one at first.
    private let others: [Int]
    /// One for each complete subtree of this node's shards, adding the gradients that there are of them.
    private let subtrees: [(inputs: [TreeSum.Subtree], sum: SliceSum)]
    /// Adds the subtrees of all nodes over this rank's slice.
    private let total: SliceSum
    /// For each node of the cluster, the inputs of `total` that are its subtrees.
    private let inputs: [[Int]]
    /// Shows one finished slice.
    private let finished: SliceSum
    private let rows: RowScratch
    /// Subtrees on their way to and from each node; what goes from this node to itself lies in the latter.
    private let outgoing: MessageBuffers
    private let incoming: MessageBuffers
    /// Finished sums, of each node's slice.
    private let results: MessageBuffers
    private var round: MessageRound

    /// - Parameters:
    ///   - kind: changes the length of the messages, and no sum.
    ///   - ownership: which rows' sums stay where they are added up; nil: none do.
    init(
        _ plan: OptimizerPlan, _ map: NodeMap, rail: Communicator, slices: [ParameterSlice],
        rows kind: SliceMessage.Rows = .touched, ownership: RowOwnership? = nil
    ) {
        self.slices = slices
        self.kind = kind
        omitted = ownership?.isDivided ?? []
        sentWords = Array(repeating: 0, count: slices.count)
        layout = plan.layout
        own = map.nodeIndex
        others = (1..<slices.count).map { [own] in (own + $0) % slices.count }
        let subtreesOfNodes = map.ranks.map { Self.subtrees(of: $0, plan) }
        let gradients = plan.inputs(ofRanks: map.ownRanks)
        subtrees = subtreesOfNodes[own].map { subtree in
            let inputs = gradients.filter { subtree.lower <= $0.lower && $0.upper <= subtree.upper }
            return (inputs, SliceSum(TreeSum(inputs: inputs), plan.layout))
        }
        let all = subtreesOfNodes.flatMap { $0 }.sorted { $0.lower < $1.lower }
        total = SliceSum(TreeSum(inputs: all), plan.layout)
        inputs = subtreesOfNodes.map { $0.map { all.firstIndex(of: $0)! } }
        finished = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1)]), plan.layout)
        let perShard = plan.gradientLayout.rowCapacity
        func capacity(_ slice: ParameterSlice, _ subtrees: [TreeSum.Subtree]) -> Int {
            subtrees.reduce(0) {
                $0 + SliceMessage.capacity(slice, plan.layout, rowCapacity: perShard * ($1.upper - $1.lower), kind)
            }
        }
        outgoing = MessageBuffers(
            slices.enumerated().map { [own] in $0 == own ? 0 : capacity($1, subtreesOfNodes[own]) })
        incoming = MessageBuffers(subtreesOfNodes.map { [own] in capacity(slices[own], $0) })
        results = MessageBuffers(
            (ownership?.sharedSlices ?? slices).map { SliceMessage.capacity($0, plan.layout, rowCapacity: perShard * plan.shardCount, kind) })
        rows = RowScratch(
            inputs: all.count, plan.layout, slices: slices, rowCapacity: perShard * plan.shardCount)
        round = MessageRound(
            rail, capacity: max(outgoing.wordCount + incoming.wordCount, slices.count * results.wordCount))
    }

    /// The largest complete subtrees over the shards of some ranks.
    private static func subtrees(of ranks: [Int], _ plan: OptimizerPlan) -> [TreeSum.Subtree] {
        var ranges: [Range<Int>] = []
        for rank in ranks where !plan.ownedShards[rank].isEmpty {
            let shards = plan.ownedShards[rank]
            if let last = ranges.last, last.upperBound == shards.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<shards.upperBound
            } else {
                ranges.append(shards)
            }
        }
        return ranges.flatMap { TreeSum.completeSubtrees(of: $0, shards: plan.shardCount) }
    }

    /// Exchanges the gradients in `memory`. Collective over the rail.
    func exchange(_ memory: NodeMemory) throws(MPIError) {
        try beginExchange(memory)
        try finishExchange { _, _ in }
    }

    /// Exchanges the subtrees in `memory` and starts to exchange the sums: from now on the ``summary`` is known.
    /// Collective over the rail.
    func beginExchange(_ memory: NodeMemory) throws(MPIError) {
        for node in others { try round.startReceive(into: incoming[node], from: node) }
        for node in others {
            let count = writeSubtrees(over: slices[node], memory, to: outgoing[node])
            try send(outgoing[node], count: count, to: node)
        }
        _ = writeSubtrees(over: slices[own], memory, to: incoming[own])
        phases?.begin(.waiting)
        try round.finish()
        phases?.begin(.exchange)

        for node in others { try round.startReceive(into: results[node], from: node) }
        let (count, flag) = addUp()
        for node in others { try send(results[own], count: count, to: node) }
        summary = StepSummary(
            sampleCount: total.sampleCount, loss: total.loss, flag: flag, isFinite: total.loss.isFinite)
    }

    /// Calls `body` with the sum of each slice of the rail as soon as it is there: this node's own first, so that the
    /// others travel meanwhile. Collective over the rail, behind ``beginExchange(_:)``.
    func finishExchange(_ body: (_ node: Int, _ sum: SliceSum) -> Void) throws(MPIError) {
        body(own, readResult(own))
        phases?.begin(.waiting)
        while let node = try round.nextMessage() {
            phases?.begin(.exchange)
            body(node, readResult(node))
            phases?.begin(.waiting)
        }
        phases?.begin(.exchange)
    }

    private func send(_ buffer: UnsafeMutableBufferPointer<Float>, count: Int, to node: Int) throws(MPIError) {
        let words = count + MessageRound.headerCount
        try round.startSend(UnsafeMutableBufferPointer(rebasing: buffer[..<words]), to: node)
        sentWords[node] += words
    }

    /// Writes this node's subtrees over a slice one behind the other.
    ///
    /// - Returns: words written.
    private func writeSubtrees(
        over slice: ParameterSlice, _ memory: NodeMemory, to buffer: UnsafeMutableBufferPointer<Float>
    ) -> Int {
        let start = buffer.baseAddress! + MessageRound.headerCount
        let flag = memory.flag
        var end = 0
        for (inputs, sum) in subtrees {
            for input in inputs.indices {
                sum.views[input].read(memory.gradient(startingAt: inputs[input].lower), slice: slice)
            }
            end += SliceMessage.write(sum, slice: slice, layout, kind, flag: flag, to: start + end)
        }
        return end
    }

    /// Adds the subtrees of all nodes over this rank's slice.
    ///
    /// - Returns: words of the result, and whether a rank of any node has set its flag.
    private func addUp() -> (count: Int, flag: Bool) {
        var flag = false
        for node in slices.indices {
            var message = UnsafePointer(incoming[node].baseAddress! + MessageRound.headerCount)
            for input in inputs[node] {
                flag = SliceMessage.flag(of: message) || flag
                message += SliceMessage.read(
                    message, slice: slices[own], layout, entries: rows[input], into: &total.views[input])
            }
        }
        let count = SliceMessage.write(
            total, slice: slices[own], layout, kind, omitting: omitted, flag: flag,
            to: results[own].baseAddress! + MessageRound.headerCount)
        return (count, flag)
    }

    /// Calls `body` once more with the sum of each slice of the rail.
    func forEachSlice(_ body: (_ node: Int, _ sum: SliceSum) -> Void) {
        for node in slices.indices { body(node, readResult(node)) }
    }

    private func readResult(_ node: Int) -> SliceSum {
        // What stays here is in no message.
        if node == own, !omitted.isEmpty { return total }
        _ = SliceMessage.read(
            results[node].baseAddress! + MessageRound.headerCount, slice: slices[node], layout, entries: rows[0],
            into: &finished.views[0])
        return finished
    }
}

/// One buffer of words for each node of the cluster, each with room for the header of a message.
private final class MessageBuffers {
    private let memory: UnsafeMutablePointer<Float>
    private let starts: [Int]
    private let counts: [Int]

    init(_ contentCounts: [Int]) {
        counts = contentCounts.map { $0 + MessageRound.headerCount }
        starts = counts.reduce(into: [0]) { $0.append($0.last! + $1) }
        memory = .allocate(capacity: max(starts.last!, 1))
    }

    deinit { memory.deallocate() }

    /// Words of all buffers.
    var wordCount: Int { starts.last! }

    subscript(node: Int) -> UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: memory + starts[node], count: counts[node])
    }
}

/// Room for the entries of the rows of each message that is read.
private final class RowScratch {
    private let memory: UnsafeMutablePointer<RowEntry>
    private let width: Int

    init(inputs: Int, _ layout: ParameterLayout, slices: [ParameterSlice], rowCapacity: Int) {
        width = slices.map { SliceMessage.entryCapacity($0, layout, rowCapacity: rowCapacity) }.max() ?? 0
        memory = .allocate(capacity: max(inputs * width, 1))
    }

    deinit { memory.deallocate() }

    subscript(input: Int) -> UnsafeMutablePointer<RowEntry> { memory + input * width }
}
