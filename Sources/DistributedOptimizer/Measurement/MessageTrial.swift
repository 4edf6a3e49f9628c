import Differentiation
import KernelCore
import MPI

/// Sends the gradients of a step between the nodes once more: as the exchange does, with all rows of the tables, and as
/// `MPI_Allreduce` would. Nothing comes of it; the parameters stay as they are. Every rank has one.
package final class MessageTrial {
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
    /// Nil for a rank without rail.
    private let messages: (touched: RailMessages, all: RailMessages)?
    /// Adds this rank's gradients, over all parameters.
    private let ownSum: SliceSum
    private let everything: ParameterSlice
    private let dense: ParameterStorage
    private let images: (touched: ParameterStorage, all: ParameterStorage)

    /// - Parameter slices: those of this rank's rail; nil for a rank without rail.
    init(_ plan: OptimizerPlan, _ map: NodeMap, _ memory: NodeMemory, slices: [ParameterSlice]?) {
        self.plan = plan
        self.memory = memory
        nodeCount = map.ranks.count
        node = map.nodeIndex
        denseCount = ParameterValues.count(for: plan.layout)
        firstPair = map.localRank == 0 && map.nodeIndex < 2 ? map.rail : nil
        if let slices, let rail = map.rail {
            messages = (
                RailMessages(plan, map, rail: rail, slices: slices),
                RailMessages(plan, map, rail: rail, slices: slices, rows: .all)
            )
        } else {
            messages = nil
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
    ///
    /// - Parameter rows: those of the tables that travel.
    package func exchange(_ rows: SliceMessage.Rows) throws(MPIError) {
        try messages(sending: rows)?.exchange(memory)
    }

    /// Adds up the dense gradients of all ranks, those of ``prepare()``, at every rank.
    package func allReduce(_ world: Communicator) throws(MPIError) {
        try world.allReduce(
            inPlace: UnsafeMutableBufferPointer(start: dense.values.start, count: denseCount), .sum)
    }

    /// Whether the sums of the last exchange of either kind are the same, bit by bit, on this rank.
    package func sumsAgree() -> Bool {
        guard let messages else { return true }
        for (rail, image) in [(messages.touched, images.touched), (messages.all, images.all)] {
            image.values.clear(plan.layout)
            rail.forEachSlice { node, sum in write(sum, over: rail.slices[node], to: image.values) }
        }
        let (one, other) = (images.touched.values.start, images.all.values.start)
        return (0..<denseCount).allSatisfy { one[$0].bitPattern == other[$0].bitPattern }
    }

    /// Words that this rank has sent to each node in all calls of ``exchange(_:)``.
    package func sentWords(_ rows: SliceMessage.Rows) -> [Int] {
        messages(sending: rows)?.sentWords ?? Array(repeating: 0, count: nodeCount)
    }

    private func messages(sending rows: SliceMessage.Rows) -> RailMessages? {
        switch rows {
        case .touched: messages?.touched
        case .all: messages?.all
        }
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
