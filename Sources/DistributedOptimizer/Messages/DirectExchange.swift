import Differentiation
import KernelCore
import MPI

/// Two rounds of messages a step, in which each node sends to each other one, started together (``MessageRound``): of the
/// subtrees of its shards what belongs to the slice of the other, and of the sums over its own slice.
final class DirectExchange: RailExchange {
    private(set) var sentWords: [Int]
    private(set) var sentMessages = 0
    var phases: PhaseClock?
    private let plan: RailPlan
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
    /// Which of them a finished slice uses.
    private let finishedRows: Int
    /// Subtrees on their way to and from each node; what goes from this node to itself lies in the latter.
    private let outgoing: MessageBuffers
    private let incoming: MessageBuffers
    /// Finished sums, of each node's slice.
    private let results: MessageBuffers
    private var round: MessageRound
    /// Whether a rank of any node has set its flag in this step.
    private var flag = false

    init(_ plan: RailPlan, _ rail: Communicator) {
        self.plan = plan
        let nodes = plan.slices.count
        sentWords = Array(repeating: 0, count: nodes)
        own = plan.node
        others = (1..<nodes).map { (plan.node + $0) % nodes }
        subtrees = plan.subtrees[plan.node].map { subtree in
            let inputs = plan.gradients.filter { subtree.lower <= $0.lower && $0.upper <= subtree.upper }
            return (inputs, SliceSum(TreeSum(inputs: inputs), plan.layout))
        }
        let all = plan.subtrees.flatMap { $0 }.sorted { $0.lower < $1.lower }
        total = SliceSum(TreeSum(inputs: all), plan.layout)
        inputs = plan.subtrees.map { $0.map { all.firstIndex(of: $0)! } }
        finished = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1)]), plan.layout)
        let capacities = Self.capacities(plan)
        outgoing = MessageBuffers(capacities.outgoing)
        incoming = MessageBuffers(capacities.incoming)
        results = MessageBuffers(capacities.results)
        // The own sum is read again where it is in no message.
        finishedRows = plan.omitted.isEmpty ? 0 : all.count
        rows = RowScratch(inputs: max(all.count, finishedRows + 1), width: plan.entryCapacity)
        round = MessageRound(
            rail, capacity: max(outgoing.wordCount + incoming.wordCount, nodes * results.wordCount))
    }

    /// Words to, from and of each node, at most.
    private static func capacities(_ plan: RailPlan) -> (outgoing: [Int], incoming: [Int], results: [Int]) {
        let nodes = plan.slices.indices
        return (
            nodes.map { $0 == plan.node ? 0 : plan.capacity(ofSlice: $0, plan.subtrees[plan.node]) },
            plan.subtrees.map { plan.capacity(ofSlice: plan.node, $0) },
            nodes.map { plan.resultCapacity(ofSlice: $0) }
        )
    }

    /// Bytes that an exchange of `plan` takes.
    static func byteCount(_ plan: RailPlan) -> Int {
        let capacities = capacities(plan)
        let words = [capacities.outgoing, capacities.incoming, capacities.results]
            .reduce(0) { $0 + MessageBuffers.wordCount($1) }
        let inputs = plan.subtrees.reduce(0) { $0 + $1.count }
        return words * MemoryLayout<Float>.stride + inputs * plan.entryCapacity * MemoryLayout<RowEntry>.stride
    }

    func gather(_ memory: NodeMemory) throws(MPIError) -> StepSummary {
        for node in others { try round.startReceive(into: incoming[node], from: node) }
        for node in others {
            let count = writeSubtrees(over: plan.slices[node], memory, to: outgoing[node])
            try send(outgoing[node], count: count, to: node)
        }
        _ = writeSubtrees(over: plan.slices[own], memory, to: incoming[own])
        phases?.begin(.waiting)
        try round.finish()
        phases?.begin(.exchange)

        for node in others { try round.startReceive(into: results[node], from: node) }
        readSubtrees()
        return StepSummary(
            sampleCount: total.sampleCount, loss: total.loss, flag: flag, isFinite: total.loss.isFinite)
    }

    var ownSum: SliceSum { total }

    func spread(_ moved: MovedSlice?) throws(MPIError) {
        phases?.begin(.exchange)
        let count = SliceMessage.write(
            total, slice: plan.slices[own], plan.layout, plan.kind, omitting: plan.omitted, moved: moved, flag: flag,
            to: results[own].baseAddress! + MessageRound.headerCount)
        for node in others { try send(results[own], count: count, to: node) }
    }

    func finish(_ body: (_ node: Int, _ sum: SliceSum) -> Void) throws(MPIError) {
        body(own, result(own))
        phases?.begin(.waiting)
        while let node = try round.nextMessage() {
            phases?.begin(.exchange)
            body(node, result(node))
            phases?.begin(.waiting)
        }
        phases?.begin(.exchange)
    }

    private func send(_ buffer: UnsafeMutableBufferPointer<Float>, count: Int, to node: Int) throws(MPIError) {
        let words = count + MessageRound.headerCount
        try round.startSend(UnsafeMutableBufferPointer(rebasing: buffer[..<words]), to: node)
        sentWords[node] += words
        sentMessages += 1
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
            end += SliceMessage.write(sum, slice: slice, plan.layout, plan.kind, flag: flag, to: start + end)
        }
        return end
    }

    /// Makes the sum over this rank's slice see the subtrees of all nodes.
    private func readSubtrees() {
        let slice = plan.slices[own]
        flag = false
        for node in plan.slices.indices {
            var message = UnsafePointer(incoming[node].baseAddress! + MessageRound.headerCount)
            for input in inputs[node] {
                flag = SliceMessage.flag(of: message) || flag
                message += SliceMessage.read(
                    message, slice: slice, plan.layout, entries: rows[input], into: &total.views[input])
            }
        }
    }

    func result(_ node: Int) -> SliceSum {
        // What stays here is in no message.
        if node == own, !plan.omitted.isEmpty { return total }
        _ = SliceMessage.read(
            results[node].baseAddress! + MessageRound.headerCount, slice: plan.slices[node], plan.layout,
            entries: rows[finishedRows], into: &finished.views[0])
        return finished
    }

    func hasBrokenGradient(_ node: Int) -> Bool {
        SliceMessage.hasBrokenGradient(results[node].baseAddress! + MessageRound.headerCount)
    }
}
