import Differentiation
import DistributedOptimizer
import KernelCore
import Testing

/// What nodes have added up behind an exchange by halving, with messages that a copy carries.
@Suite struct HalvingSumsTests {
    private static let rowCapacity = 12
    private let layout = ParameterLayout()

    init() {
        _ = layout.root.table("items", rows: 90, columns: 3, .normal(deviation: 1))
        _ = layout.root.table("users", rows: 7, columns: 2, .normal(deviation: 1))
        _ = layout.root.matrix("matrix", rows: 20, columns: 16, .normal(deviation: 1))
    }

    /// How shards lie on the nodes.
    enum Placement: CaseIterable {
        /// Equal ranges.
        case even
        /// Nodes with one to three ranks, each of which adds its gradients as they come.
        case unevenRanks
        /// Ranks are dealt out to the nodes in turn.
        case cyclic

        /// The shards of each rank of each node.
        func shards(nodes: Int, shards: Int) -> [[Range<Int>]] {
            var nodeOfRank = Array(0..<nodes)
            switch self {
            case .even: break
            case .unevenRanks:
                nodeOfRank = (0..<nodes).flatMap { Array(repeating: $0, count: 1 + $0 % 3) }
                // A rank has a shard at least.
                while nodeOfRank.count > shards {
                    let last = nodeOfRank.indices.last { $0 > 0 && nodeOfRank[$0] == nodeOfRank[$0 - 1] }!
                    nodeOfRank.remove(at: last)
                }
            case .cyclic: nodeOfRank = (0..<min(2 * nodes, shards)).map { $0 % nodes }
            }
            let ranks = nodeOfRank.count
            var result = [[Range<Int>]](repeating: [], count: nodes)
            for (rank, node) in nodeOfRank.enumerated() {
                result[node].append(shards * rank / ranks..<shards * (rank + 1) / ranks)
            }
            return result
        }
    }

    /// The gradient of a shard, or nothing of one that has run out.
    private func gradient(_ shard: Int, step: Int) -> RecordedGradient {
        let first = Int32((shard * 31 + step * 17) % 80)
        let items = (0..<Int32(1 + shard % 8)).map { (first + $0 * 11) % 90 }
        return RecordedGradient(
            layout, rowCapacity: Self.rowCapacity, sampleCount: (shard + step) % 5 == 3 ? 0 : 2 + shard,
            loss: 1 / Double(3 + shard * 7 + step), rows: [items, [Int32(shard % 7), Int32((shard + 3) % 7)]]
        ) { index in
            index % 9 == 0 ? -0.0 : (Float(index * 7 + shard * 13 + step) * 0.37).squareRoot() - 4
        }
    }

    /// The sums over subtrees of shards, each as a gradient of its own.
    private func sums(_ subtrees: [TreeSum.Subtree], of gradients: [RecordedGradient]) -> [RecordedGradient] {
        subtrees.map { subtree in
            let sum = RecordedGradient(
                layout, rowCapacity: Self.rowCapacity * gradients.count, sampleCount: 0, rows: [[], []]
            ) { _ in 0 }
            let parts = (subtree.lower..<subtree.upper).map { TreeSum.Subtree($0, $0 + 1) }
            let slice = ParameterSlice(0, of: 1, layout)
            let adder = SliceSum(TreeSum(inputs: parts), layout)
            for (index, part) in parts.enumerated() {
                adder.views[index].read(gradients[part.lower].view, slice: slice)
            }
            sum.view.sampleCount = adder.sampleCount
            sum.view.loss = adder.loss
            adder.forEachDenseBlock(of: 0..<slice.dense.count) { offset, values, count in
                (sum.view.dense + offset).update(from: values, count: count)
            }
            for tableIndex in layout.tables.indices {
                var count = 0
                adder.forEachRow(tableIndex) { row, values in
                    sum.view.entries(tableIndex)[count] = RowEntry(row: Int32(row), slot: Int32(count))
                    sum.view.row(tableIndex, slot: Int32(count)).update(
                        from: values, count: layout.tables[tableIndex].parameter.columns)
                    count += 1
                }
                sum.view.setRowCount(tableIndex, count)
            }
            return sum
        }
    }

    /// Carries all messages of a step.
    private func exchange(_ nodes: [HalvingSums], flag: Int?, _ gradient: (_ node: Int, _ shard: Int) -> GradientView)
        -> [StepSummary]
    {
        let rounds = nodes.map(\.roundCount).max() ?? 0
        for (node, sums) in nodes.enumerated() { sums.begin(flag: node == flag) }
        for number in 0..<rounds {
            for (node, sums) in nodes.enumerated() where number < sums.roundCount {
                let message = sums.writeMessage(number) { gradient(node, $0) }
                let receiver = nodes[sums.destination(number)]
                let index = receiver.messages(number).first { receiver.source($0) == node }!
                copy(message, to: receiver.buffer(index))
            }
            for sums in nodes where number < sums.roundCount { sums.readMessages(number) }
        }
        let summaries = nodes.enumerated().map { node, sums in sums.readOwn { gradient(node, $0) } }
        for sums in nodes { sums.writeOwn() }
        for number in (0..<rounds).reversed() {
            for sums in nodes where number < sums.roundCount {
                copy(nodes[sums.destination(number)].finishedMessage, to: sums.finishedBuffer)
            }
            for sums in nodes where number < sums.roundCount { _ = sums.readFinished(number) }
        }
        return summaries
    }

    private func copy(_ message: UnsafeMutableBufferPointer<Float>, to buffer: UnsafeMutableBufferPointer<Float>) {
        #expect(message.count <= buffer.count)
        buffer.baseAddress!.update(from: message.baseAddress!, count: min(message.count, buffer.count))
    }

    @Test(arguments: 1...17, [8, 13, 64])
    func `every node has the bits of the tree over all shards`(nodes: Int, shardCount: Int) {
        guard nodes <= shardCount else { return }
        let slices = (0..<nodes).map { ParameterSlice($0, of: nodes, layout) }
        for (placement, kind) in zip(Placement.allCases, [SliceMessage.Rows.touched, .touched, .all]) {
            let ranks = placement.shards(nodes: nodes, shards: shardCount)
            let inputs = ranks.map { ranges in
                ranges.flatMap { range in
                    placement == .unevenRanks
                        ? TreeSum.completeSubtrees(of: range, shards: shardCount)
                        : range.map { TreeSum.Subtree($0, $0 + 1) }
                }
            }
            let cluster = ranks.indices.map { node in
                HalvingSums(
                    RailPlan(
                        layout, kind, slices: slices, node: node, shards: ranks, rowsPerShard: Self.rowCapacity,
                        gradients: inputs[node]))
            }
            let tree = SliceSum(
                TreeSum(inputs: (0..<shardCount).map { TreeSum.Subtree($0, $0 + 1) }), layout)
            for step in 1...2 {
                let gradients = (0..<shardCount).map { gradient($0, step: step) }
                let held = inputs.map { sums($0, of: gradients) }
                let flag = step == 2 ? (nodes * 5) % nodes : nil
                let summaries = exchange(cluster, flag: flag) { node, shard in
                    held[node][inputs[node].firstIndex { $0.lower == shard }!].view
                }
                for (slice, parameters) in slices.enumerated() {
                    for shard in 0..<shardCount { tree.views[shard].read(gradients[shard].view, slice: parameters) }
                    let expected = SumContent(tree, parameters, layout)
                    for sums in cluster { #expect(SumContent(sums.result(slice), parameters, layout) == expected) }
                }
                for summary in summaries {
                    #expect(summary.sampleCount == tree.sampleCount)
                    #expect(summary.loss.bitPattern == tree.loss.bitPattern)
                    #expect(summary.flag == (flag != nil) && summary.isFinite)
                }
                withExtendedLifetime((gradients, held)) {}
            }
        }
    }

    @Test func `without samples nothing but the flag arrives`() {
        let slices = (0..<5).map { ParameterSlice($0, of: 5, layout) }
        let shards = (0..<5).map { [$0..<$0 + 1] }
        let cluster = (0..<5).map {
            HalvingSums(
                RailPlan(
                    layout, .touched, slices: slices, node: $0, shards: shards, rowsPerShard: Self.rowCapacity,
                    gradients: [TreeSum.Subtree($0, $0 + 1)]))
        }
        let nothing = RecordedGradient(layout, rowCapacity: Self.rowCapacity, sampleCount: 0, rows: [[], []]) { _ in 1 }
        for flag in [nil] + (0..<5).map(Optional.some) {
            let summaries = exchange(cluster, flag: flag) { _, _ in nothing.view }
            #expect(summaries.allSatisfy { $0.sampleCount == 0 && $0.flag == (flag != nil) })
        }
        withExtendedLifetime(nothing) {}
    }
}
