import Differentiation
import KernelCore
import MPI

/// Sends the gradients of a step between the nodes once more: in both ways of the exchange, with all rows of the tables,
/// and as `MPI_Allreduce` would. Nothing comes of it; the parameters stay as they are. Every rank has one.
package final class MessageTrial {
    /// An exchange, whose sums have the same bits as those of the others.
    package enum Form: Sendable, CaseIterable {
        /// Touched rows, as ``ExchangeRounds/direct`` sends them.
        case direct
        /// Touched rows, as ``ExchangeRounds/halving`` sends them.
        case halving
        /// All rows, in the rounds of the training.
        case allRows
    }

    /// Nodes of the cluster.
    package let nodeCount: Int
    /// This rank's node, from 0.
    package let node: Int
    /// Values of a dense gradient.
    package let denseCount: Int
    /// The rail whose first two ranks stand for two nodes; nil for all other ranks.
    package let firstPair: Communicator?
    private let plan: OptimizerPlan
    private let memory: NodeMemory
    private let map: NodeMap
    /// One for each form, in their order; none for a rank without rail.
    private let messages: [RailMessages]
    /// Adds this rank's gradients, over all parameters.
    private let ownSum: SliceSum
    private let everything: ParameterSlice
    private let dense: ParameterStorage
    private let images: (first: ParameterStorage, other: ParameterStorage)

    /// - Parameter slices: those of this rank's rail; nil for a rank without rail.
    init(_ plan: OptimizerPlan, _ map: NodeMap, _ memory: NodeMemory, slices: [ParameterSlice]?) {
        self.plan = plan
        self.map = map
        self.memory = memory
        nodeCount = map.ranks.count
        node = map.nodeIndex
        denseCount = ParameterValues.count(for: plan.layout)
        firstPair = map.localRank == 0 && map.nodeIndex < 2 ? map.rail : nil
        if let slices, let rail = map.rail {
            messages = Form.allCases.map {
                switch $0 {
                case .direct: RailMessages(plan, map, rail: rail, slices: slices, .direct)
                case .halving: RailMessages(plan, map, rail: rail, slices: slices, .halving)
                case .allRows: RailMessages(plan, map, rail: rail, slices: slices, rows: .all)
                }
            }
        } else {
            messages = []
        }
        everything = ParameterSlice(0, of: 1, plan.layout)
        ownSum = SliceSum(TreeSum(inputs: plan.inputs(ofRanks: [map.ownRanks[map.localRank]])), plan.layout)
        dense = ParameterStorage(plan.layout)
        images = (ParameterStorage(plan.layout), ParameterStorage(plan.layout))
    }

    /// Makes everybody see the gradients of the step, and a dense one of this rank's. Collective over the node.
    package func prepare() throws(MPIError) {
        try memory.synchronize()
        for (input, own) in memory.recordedGradients.enumerated() {
            ownSum.views[input].read(own.gradient, slice: everything)
        }
        dense.values.clear(plan.layout)
        write(ownSum, over: everything, to: dense.values)
    }

    /// Exchanges the gradients, and drops the sums. Collective over the rail.
    package func exchange(_ form: Form) throws(MPIError) { try messages(form)?.exchange(memory) }

    /// Adds up the dense gradients of all ranks, those of ``prepare()``, at every rank.
    package func allReduce(_ world: Communicator) throws(MPIError) {
        try world.allReduce(
            inPlace: UnsafeMutableBufferPointer(start: dense.values.start, count: denseCount), .sum)
    }

    /// Whether the sums of the last exchange of each form are the same, bit by bit, on this rank.
    package func sumsAgree() -> Bool {
        for (index, rail) in messages.enumerated() {
            let image = index == 0 ? images.first : images.other
            image.values.clear(plan.layout)
            rail.forEachSlice { node, sum in write(sum, over: rail.slices[node], to: image.values) }
            let (one, other) = (images.first.values.start, image.values.start)
            guard (0..<denseCount).allSatisfy({ one[$0].bitPattern == other[$0].bitPattern }) else { return false }
        }
        return true
    }

    /// Words that this rank has sent to each node in all calls of ``exchange(_:)``.
    package func sentWords(_ form: Form) -> [Int] {
        messages(form)?.sentWords ?? Array(repeating: 0, count: nodeCount)
    }

    /// Messages that this rank has sent in all calls of ``exchange(_:)``.
    package func sentMessages(_ form: Form) -> Int { messages(form)?.sentMessages ?? 0 }

    /// The way that the training takes.
    package var rounds: ExchangeRounds { plan.chosenRounds(on: map) }

    /// The way that a training takes where nobody chooses and messages cost as much as was measured.
    package func automaticRounds(_ network: MessageCost) -> ExchangeRounds {
        plan.automaticRounds(on: map, network)
    }

    private func messages(_ form: Form) -> RailMessages? {
        messages.isEmpty ? nil : messages[Form.allCases.firstIndex(of: form)!]
    }

    private func write(_ sum: SliceSum, over slice: ParameterSlice, to values: ParameterValues) {
        let start = values.start + slice.dense.lowerBound
        sum.forEachDenseBlock(of: 0..<slice.dense.count) { offset, block, count in
            (start + offset).update(from: block, count: count)
        }
        for (tableIndex, table) in plan.layout.tables.enumerated() {
            let parameter = table.parameter
            sum.forEachRow(tableIndex) { row, gradient in
                (values(parameter) + row * parameter.columns).update(from: gradient, count: parameter.columns)
            }
        }
    }
}
