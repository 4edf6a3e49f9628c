/// Products of a graph's adjacency matrix with the vectors of its nodes.
///
/// Vectors are in panels: panel q holds the columns `16 q ..< 16 q + 16` of all nodes by position, `[nodeCount, 16]`.
/// Columns beyond the width of the vectors are zero. Degrees are divided out once a node instead of once an edge, so
/// that an edge costs one addition: with `S = D^-1/2` and `y = S x`
///
///     S A S x = S^-1 (D^-1 A) y
///
/// Each sum begins at zero and adds the neighbours by rising node number. Adding a zero changes no bit of such a sum,
/// so a sum that leaves out neighbours which are zero is the same.
extension Kernel {
    /// Moves the columns of one panel from rows to a panel: `y_n = x_n / sqrt(degree_n)`.
    ///
    /// Nodes are taken in the order of their numbers: rows are read as they lie in memory, and it is in the panel, which
    /// the caches hold, that places are skipped.
    ///
    /// - Parameters:
    ///   - x: rows; that of node n begins at `x + rowOffsets[n]`.
    ///   - columns: width of the rows.
    public static func packPanel(
        _ graph: NodeGraph, _ panel: Int, of x: UnsafePointer<Float>, rowOffsets: UnsafePointer<Int>, columns: Int,
        nodes: Range<Int>, into y: UnsafeMutablePointer<Float>
    ) {
        let first = panel * NodeGraph.panelWidth
        let lanes = min(NodeGraph.panelWidth, columns - first)
        for node in nodes {
            let position = Int(graph.positions[node])
            let factor = Vector(repeating: graph.inverseRoots[position])
            let (low, high) = loadPanelRow(x + (rowOffsets[node] + first), lanes)
            storePanelRow(low * factor, high * factor, y + position * NodeGraph.panelWidth)
        }
    }

    /// Moves one panel back to rows: `y_n = x_n * factor * sqrt(degree_n)`.
    public static func unpackPanel(
        _ graph: NodeGraph, _ panel: Int, of x: UnsafePointer<Float>, factor: Float, nodes: Range<Int>,
        rowOffsets: UnsafePointer<Int>, columns: Int, into y: UnsafeMutablePointer<Float>
    ) {
        let first = panel * NodeGraph.panelWidth
        let lanes = min(NodeGraph.panelWidth, columns - first)
        for node in nodes {
            let position = Int(graph.positions[node])
            let multiplier = Vector(repeating: factor / graph.inverseRoots[position])
            let row = x + position * NodeGraph.panelWidth
            storePanelRow(
                Vector(row, 0) * multiplier, Vector(row, 8) * multiplier, lanes, y + (rowOffsets[node] + first))
        }
    }

    /// `y_p = base_p + (sum of x over the neighbours of p) / degree_p` in one panel; `base` nil counts as zero.
    public static func neighbourMeans(
        _ graph: NodeGraph, of x: UnsafePointer<Float>, plus base: UnsafePointer<Float>?, positions: Range<Int>,
        into y: UnsafeMutablePointer<Float>
    ) {
        let width = NodeGraph.panelWidth
        for position in positions {
            let (low, high) = neighbourSum(graph, of: x, position)
            let weight = Vector(repeating: graph.inverseDegrees[position])
            if let base {
                let row = base + position * width
                storePanelRow(
                    weight.multiplied(by: low, adding: Vector(row, 0)),
                    weight.multiplied(by: high, adding: Vector(row, 8)), y + position * width)
            } else {
                storePanelRow(weight * low, weight * high, y + position * width)
            }
        }
    }

    /// The last product at one node only, over all panels, moved to a row:
    /// `y = (base / sqrt(degree) + (sum of x over the neighbours) / degree) * factor * sqrt(degree)`.
    ///
    /// - Parameters:
    ///   - x: panels, one behind the other.
    ///   - base, y: the node's row, `[columns]`.
    public static func neighbourMean(
        _ graph: NodeGraph, of x: UnsafePointer<Float>, plus base: UnsafePointer<Float>, factor: Float, columns: Int,
        position: Int, into y: UnsafeMutablePointer<Float>
    ) {
        let root = Vector(repeating: graph.inverseRoots[position])
        let weight = Vector(repeating: graph.inverseDegrees[position])
        let multiplier = Vector(repeating: factor / graph.inverseRoots[position])
        var first = 0
        var panel = x
        while first < columns {
            let lanes = min(NodeGraph.panelWidth, columns - first)
            let (baseLow, baseHigh) = loadPanelRow(base + first, lanes)
            let (low, high) = neighbourSum(graph, of: panel, position)
            storePanelRow(
                weight.multiplied(by: low, adding: baseLow * root) * multiplier,
                weight.multiplied(by: high, adding: baseHigh * root) * multiplier, lanes, y + first)
            first += NodeGraph.panelWidth
            panel += graph.nodeCount * NodeGraph.panelWidth
        }
    }

    /// The same as ``neighbourMeans(_:of:plus:positions:into:)`` without a base where few nodes are not zero: adds
    /// those to their neighbours instead of looking for them.
    ///
    /// - Parameters:
    ///   - sources: positions of the nodes that are not zero, by rising node number.
    ///   - values: their rows of the panel, `[sources.count, 16]`.
    public static func neighbourMeans(
        _ graph: NodeGraph, ofSources sources: UnsafeBufferPointer<Int32>, values: UnsafePointer<Float>,
        positions: Range<Int>, into y: UnsafeMutablePointer<Float>
    ) {
        let width = NodeGraph.panelWidth
        clear(y + positions.lowerBound * width, count: positions.count * width)
        let isWhole = positions.count == graph.nodeCount
        for (index, source) in sources.enumerated() {
            let low = Vector(values + index * width, 0)
            let high = Vector(values + index * width, 8)
            for place in Int(graph.offsets[Int(source)])..<Int(graph.offsets[Int(source) + 1]) {
                let neighbour = Int(graph.neighbours[place])
                guard isWhole || positions.contains(neighbour) else { continue }
                let row = y + neighbour * width
                storePanelRow(Vector(row, 0) + low, Vector(row, 8) + high, row)
            }
        }
        for position in positions {
            let weight = Vector(repeating: graph.inverseDegrees[position])
            let row = y + position * width
            storePanelRow(weight * Vector(row, 0), weight * Vector(row, 8), row)
        }
    }

    /// Adds `values` `[sources.count, 16]` to the rows of `sources` that lie in `positions`.
    public static func addPanelRows(
        _ values: UnsafePointer<Float>, at sources: UnsafeBufferPointer<Int32>, positions: Range<Int>,
        to y: UnsafeMutablePointer<Float>
    ) {
        let width = NodeGraph.panelWidth
        for (index, source) in sources.enumerated() where positions.contains(Int(source)) {
            accumulate(values + index * width, into: y + Int(source) * width, count: width)
        }
    }

    /// Two vectors are one row of a panel.
    @inline(__always)
    private static func neighbourSum(
        _ graph: NodeGraph, of x: UnsafePointer<Float>, _ position: Int
    ) -> (low: Vector, high: Vector) {
        var low = Vector(repeating: 0)
        var high = low
        for place in Int(graph.offsets[position])..<Int(graph.offsets[position + 1]) {
            let row = x + Int(graph.neighbours[place]) * NodeGraph.panelWidth
            low = low + Vector(row, 0)
            high = high + Vector(row, 8)
        }
        return (low, high)
    }

    @inline(__always)
    private static func loadPanelRow(_ row: UnsafePointer<Float>, _ lanes: Int) -> (low: Vector, high: Vector) {
        if lanes == NodeGraph.panelWidth { return (Vector(row, 0), Vector(row, 8)) }
        return (Vector(row, 0, first: min(lanes, 8)), Vector(row, 8, first: max(lanes - 8, 0)))
    }

    @inline(__always)
    private static func storePanelRow(_ low: Vector, _ high: Vector, _ row: UnsafeMutablePointer<Float>) {
        low.store(row, 0)
        high.store(row, 8)
    }

    @inline(__always)
    private static func storePanelRow(
        _ low: Vector, _ high: Vector, _ lanes: Int, _ row: UnsafeMutablePointer<Float>
    ) {
        if lanes == NodeGraph.panelWidth { return storePanelRow(low, high, row) }
        low.store(row, 0, first: min(lanes, 8))
        high.store(row, 8, first: max(lanes - 8, 0))
    }
}
