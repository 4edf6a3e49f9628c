import KernelCore

/// Computes a ``GraphPropagation`` and its derivative.
///
///     propagate()              all layers but the last, at all nodes
///     materialize(node)        the last layer, where a row is read: in a step at a tenth of the edges
///     record(sum, ...)         dL/dF, the touched rows
///     propagateBack(...)       dL/dX, all rows
///
/// The operator is linear and symmetric, so dL/dX is the same operator applied to dL/dF. Both are computed as
/// `y_0 = S x, y_k = y_0 + D^-1 A y_{k-1}, F = S^-1 y_n / (n + 1)` with `S = D^-1/2`, see ``Kernel``. Every number is the
/// result of one fixed order of additions, whoever computes it: the ranks that share the work
/// (``PropagationShare``) do not change a bit, nor does one rank that does all of it.
public final class Propagator {
    /// What the model reads: the rows of `F` that have been materialized, and the dense parameters as they are.
    public let values: ParameterValues

    private let graph: NodeGraph
    private let layers: Int
    private let columns: Int
    private let factor: Float
    private let parameters: ParameterValues
    private let memory: PropagationMemory
    private let share: PropagationShare
    private let parts: Int
    /// The first node of each table.
    private let firstNodes: [Int]
    /// Where the row of each node begins in the region of the tables.
    private let rowOffsets: UnsafeMutablePointer<Int>
    private let materialized: UnsafeMutablePointer<Float>
    /// The propagation after which each node was materialized last.
    private let materializations: UnsafeMutablePointer<Int>
    private var propagations = 0
    /// Additions of neighbours' values that this rank has made so far, and the memory that they took.
    package private(set) var work = Work.none
    /// Positions of the touched nodes, by rising node number, and their rows of a panel.
    private let sources: UnsafeMutableBufferPointer<Int32>
    private let sourceValues: UnsafeMutablePointer<Float>
    private let ownMemory: UnsafeMutablePointer<Float>?

    /// Floats of ``init(_:_:parameters:rank:of:parts:sharedMemory:)``'s `sharedMemory`.
    public static func sharedCount(_ propagation: GraphPropagation, _ layout: ParameterLayout, parts: Int) -> Int {
        PropagationMemory.count(propagation.graph, layout, parts: parts)
    }

    /// - Parameters:
    ///   - layout: its tables have one width, and a row for every node of the graph.
    ///   - rank, ranks: who takes part in the work.
    ///   - parts: the number of slices that ``record(_:slice:part:)`` is called for.
    ///   - sharedMemory: ``sharedCount(_:_:parts:)`` floats that all of the ranks see; nil for one rank alone.
    public init(
        _ propagation: GraphPropagation, _ layout: ParameterLayout, parameters: ParameterValues, rank: Int = 0,
        of ranks: Int = 1, parts: Int = 1, sharedMemory: UnsafeMutablePointer<Float>? = nil
    ) {
        graph = propagation.graph
        layers = propagation.layers
        factor = 1 / Float(propagation.layers + 1)
        columns = layout.tables.first?.parameter.columns ?? 0
        precondition(
            layout.tables.allSatisfy { [columns] in $0.parameter.columns == columns }, "tables differ in width")
        precondition(
            layout.tables.reduce(0) { $0 + $1.parameter.rows } == graph.nodeCount,
            "the graph must have a node for each row of the tables")
        precondition(sharedMemory != nil || ranks == 1, "ranks that share the work share memory")
        self.parameters = parameters
        self.parts = parts
        let count = Self.sharedCount(propagation, layout, parts: parts)
        ownMemory = sharedMemory == nil ? Self.allocate(count) : nil
        memory = PropagationMemory(graph, layout, parts: parts, in: sharedMemory ?? ownMemory!)
        share = PropagationShare(
            graph, panelCount: PropagationMemory.panelCount(layout), rank: rank, of: ranks)

        materialized = Self.allocate(layout.tableCount)
        values = ParameterValues(dense: parameters.dense, tables: materialized)
        materializations = .allocate(capacity: graph.nodeCount)
        materializations.initialize(repeating: 0, count: graph.nodeCount)
        sources = .allocate(capacity: graph.nodeCount)
        sourceValues = Self.allocate(graph.nodeCount * NodeGraph.panelWidth)
        rowOffsets = .allocate(capacity: graph.nodeCount)
        var node = 0
        var firstNodes: [Int] = []
        for table in layout.tables {
            firstNodes.append(node)
            for row in 0..<table.parameter.rows {
                (rowOffsets + node + row).initialize(to: table.parameter.offset + row * columns)
            }
            node += table.parameter.rows
        }
        self.firstNodes = firstNodes
    }

    deinit {
        ownMemory.map { LargeMemory.deallocate($0) }
        LargeMemory.deallocate(materialized)
        materializations.deallocate()
        sources.deallocate()
        LargeMemory.deallocate(sourceValues)
        rowOffsets.deallocate()
    }

    private var rows: NodeRows { NodeRows(offsets: rowOffsets, columns: columns) }

    /// Zeros on a 64-byte boundary.
    private static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
        let memory = LargeMemory.allocate(Float.self, count: count)
        memory.initialize(repeating: 0, count: count)
        return memory
    }

    /// Computes this rank's part of everything that rows are materialized from. Rows that were materialized before are out
    /// of date.
    ///
    /// Before and after it all ranks wait for each other.
    ///
    /// - Parameter synchronize: waits for all ranks.
    public func propagate<Failure: Error>(synchronize: () throws(Failure) -> Void) throws(Failure) {
        propagations += 1
        for panel in share.panels {
            let inner = panelStart(memory.inner, panel)
            let other = panelStart(memory.scratch.1, share.panels.lowerBound)
            let first = layers == 1 ? inner : panelStart(memory.scratch.0, share.panels.lowerBound)
            Kernel.packPanel(graph, panel, of: parameters.tables, rows, nodes: share.nodes, into: first)
            var source = first
            for layer in 1..<layers {
                if share.isInStep { try synchronize() }
                // The two alternate so that the last value is where rows are materialized from.
                let target = (layers - 1 - layer) % 2 == 0 ? inner : other
                Kernel.neighbourMeans(graph, of: source, plus: first, positions: share.positions, into: target)
                count(additions: graph.neighbourCount(of: share.positions), nodes: share.positions.count)
                source = target
            }
        }
    }

    /// Completes a row, unless it has been since the last ``propagate(synchronize:)``.
    public func materialize(row: Int32, of tableIndex: Int) {
        materialize(node: firstNodes[tableIndex] + Int(row))
    }

    /// Completes all rows.
    public func materializeAll() {
        // In the order in which neighbours are close together.
        for position in 0..<graph.nodeCount { materialize(node: Int(graph.nodes[position])) }
    }

    @inline(__always)
    private func materialize(node: Int) {
        guard materializations[node] != propagations else { return }
        materializations[node] = propagations
        let offset = rowOffsets[node]
        Kernel.neighbourMean(
            graph, at: Int(graph.positions[node]), of: memory.inner, plus: parameters.tables + offset,
            columns: columns, factor: factor, into: materialized + offset)
        let position = Int(graph.positions[node])
        work += Work(
            graph.neighbourCount(of: position..<position + 1) * columns,
            floats: (graph.neighbourCount(of: position..<position + 1) + 2) * columns)
    }

    /// Counts a pass over the edges of some nodes in one panel.
    private func count(additions: Int, nodes: Int) {
        work += Work(
            additions * NodeGraph.panelWidth, floats: (additions + 2 * nodes) * NodeGraph.panelWidth)
    }

    /// Takes dL/dF from `sum`, the gradients of the shards over `slice`, the slice number `part`.
    public func record(_ sum: SliceSum, slice: ParameterSlice, part: Int) {
        for table in firstNodes.indices {
            let list = memory.touched + (firstNodes[table] + slice.rows[table].lowerBound)
            var count = 0
            sum.forEachRow(table) { row, gradient in
                let node = firstNodes[table] + row
                (memory.outputGradient + rowOffsets[node]).update(from: gradient, count: columns)
                list[count] = Int32(node)
                count += 1
            }
            memory.touchedCounts[part * firstNodes.count + table] = Int32(count)
        }
    }

    /// dL/dX of all rows of a table, after ``propagateBack(slices:synchronize:)``.
    public func gradient(of table: Parameter) -> UnsafePointer<Float> {
        precondition(table.tableIndex != nil, "only tables are propagated")
        return UnsafePointer(memory.inputGradient + table.offset)
    }

    /// Computes this rank's part of the gradients of the tables after all parts were recorded. Before and after it all ranks wait for
    /// each other.
    ///
    /// - Parameters:
    ///   - slices: of all parts, in their order.
    ///   - synchronize: waits for all ranks.
    public func propagateBack<Failure: Error>(
        slices: [ParameterSlice], synchronize: () throws(Failure) -> Void
    ) throws(Failure) {
        let sources = UnsafeBufferPointer(rebasing: sources[0..<collectSources(slices)])
        // Where the ranks share out the nodes of a panel, each adds its part of what the sources hand on.
        let edges =
            sources.reduce(0) { $0 + graph.neighbourCount(of: Int($1)..<Int($1) + 1) } * share.positions.count
            / max(graph.nodeCount, 1)
        for panel in share.panels {
            packSources(sources, panel)
            var source = panelStart(memory.scratch.0, share.panels.lowerBound)
            var target = panelStart(memory.scratch.1, share.panels.lowerBound)
            for layer in 1...layers {
                if layer == 1 {
                    Kernel.neighbourMeans(
                        graph, ofSources: sources, values: sourceValues, positions: share.positions, into: target)
                    count(additions: edges, nodes: share.positions.count)
                } else {
                    if share.isInStep { try synchronize() }
                    Kernel.neighbourMeans(graph, of: source, plus: nil, positions: share.positions, into: target)
                    count(additions: graph.neighbourCount(of: share.positions), nodes: share.positions.count)
                }
                Kernel.addPanelRows(sourceValues, at: sources, positions: share.positions, to: target)
                swap(&source, &target)
            }
            if share.isInStep { try synchronize() }
            Kernel.unpackPanel(
                graph, panel, of: source, factor: factor, nodes: share.nodes, rows, into: memory.inputGradient)
        }
    }

    /// The positions of all touched nodes, by rising node number.
    private func collectSources(_ slices: [ParameterSlice]) -> Int {
        precondition(slices.count == parts, "\(slices.count) slices for \(parts) parts")
        var count = 0
        for table in firstNodes.indices {
            for part in slices.indices {
                let list = memory.touched + (firstNodes[table] + slices[part].rows[table].lowerBound)
                for index in 0..<Int(memory.touchedCounts[part * firstNodes.count + table]) {
                    sources[count] = graph.positions[Int(list[index])]
                    count += 1
                }
            }
        }
        return count
    }

    private func packSources(_ sources: UnsafeBufferPointer<Int32>, _ panel: Int) {
        let first = panel * NodeGraph.panelWidth
        let width = min(NodeGraph.panelWidth, columns - first)
        for (index, source) in sources.enumerated() {
            let row = memory.outputGradient + (rowOffsets[Int(graph.nodes[Int(source)])] + first)
            let scale = graph.inverseRoots[Int(source)]
            let target = sourceValues + index * NodeGraph.panelWidth
            for column in 0..<width { target[column] = row[column] * scale }
            for column in width..<NodeGraph.panelWidth { target[column] = 0 }
        }
    }

    private func panelStart(_ panels: UnsafeMutablePointer<Float>, _ panel: Int) -> UnsafeMutablePointer<Float> {
        panels + panel * graph.nodeCount * NodeGraph.panelWidth
    }
}
