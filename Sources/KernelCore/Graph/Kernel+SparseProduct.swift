/// Where the rows of a graph's nodes lie in memory that holds several tables.
public struct NodeRows: BitwiseCopyable {
    /// `[nodeCount]`, where the row of each node begins.
    public let offsets: UnsafePointer<Int>
    /// Floats of a row.
    public let columns: Int

    /// - Parameter offsets: `[nodeCount]`, valid as long as this is used.
    public init(offsets: UnsafePointer<Int>, columns: Int) {
        self.offsets = offsets
        self.columns = columns
    }
}

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
    ///   - x: rows, where `rows` says.
    ///   - nodes: whose rows are moved.
    public static func packPanel(
        _ graph: NodeGraph, _ panel: Int, of x: UnsafePointer<Float>, _ rows: NodeRows, nodes: Range<Int>,
        into y: UnsafeMutablePointer<Float>
    ) {
        let first = panel * NodeGraph.panelWidth
        let lanes = min(NodeGraph.panelWidth, rows.columns - first)
        for node in nodes {
            let position = Int(graph.positions[node])
            let factor = Vector(repeating: graph.inverseRoots[position])
            (load(x + rows.offsets[node], first, lanes) * factor).store(y, position * NodeGraph.panelWidth)
        }
    }

    /// Moves one panel back to rows: `y_n = x_n * factor * sqrt(degree_n)`.
    public static func unpackPanel(
        _ graph: NodeGraph, _ panel: Int, of x: UnsafePointer<Float>, factor: Float, nodes: Range<Int>,
        _ rows: NodeRows, into y: UnsafeMutablePointer<Float>
    ) {
        let first = panel * NodeGraph.panelWidth
        let lanes = min(NodeGraph.panelWidth, rows.columns - first)
        for node in nodes {
            let position = Int(graph.positions[node])
            let multiplier = Vector(repeating: factor / graph.inverseRoots[position])
            let row = Vector(x, position * NodeGraph.panelWidth)
            store(row * multiplier, y + rows.offsets[node], first, lanes)
        }
    }

    /// `y_p = base_p + (sum of x over the neighbours of p) / degree_p` in one panel; `base` nil counts as zero.
    public static func neighbourMeans(
        _ graph: NodeGraph, of x: UnsafePointer<Float>, plus base: UnsafePointer<Float>?, positions: Range<Int>,
        into y: UnsafeMutablePointer<Float>
    ) {
        let width = NodeGraph.panelWidth
        for position in positions {
            let sum = neighbourSum(graph, of: x, position)
            let weight = Vector(repeating: graph.inverseDegrees[position])
            if let base {
                weight.multiplied(by: sum, adding: Vector(base, position * width)).store(y, position * width)
            } else {
                (weight * sum).store(y, position * width)
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
        _ graph: NodeGraph, at position: Int, of x: UnsafePointer<Float>, plus base: UnsafePointer<Float>,
        columns: Int, factor: Float, into y: UnsafeMutablePointer<Float>
    ) {
        let root = Vector(repeating: graph.inverseRoots[position])
        let weight = Vector(repeating: graph.inverseDegrees[position])
        let multiplier = Vector(repeating: factor / graph.inverseRoots[position])
        var first = 0
        var panel = x
        while first < columns {
            let lanes = min(NodeGraph.panelWidth, columns - first)
            let sum = neighbourSum(graph, of: panel, position)
            let mean = weight.multiplied(by: sum, adding: load(base, first, lanes) * root)
            store(mean * multiplier, y, first, lanes)
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
            let value = Vector(values, index * width)
            for edge in Int(graph.offsets[Int(source)])..<Int(graph.offsets[Int(source) + 1]) {
                let neighbour = Int(graph.neighbours[edge])
                guard isWhole || positions.contains(neighbour) else { continue }
                (Vector(y, neighbour * width) + value).store(y, neighbour * width)
            }
        }
        for position in positions {
            let weight = Vector(repeating: graph.inverseDegrees[position])
            (weight * Vector(y, position * width)).store(y, position * width)
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

    /// The sum of the rows of a panel at the neighbours of `position`.
    @inline(__always)
    private static func neighbourSum(_ graph: NodeGraph, of x: UnsafePointer<Float>, _ position: Int) -> Vector {
        var sum = Vector(repeating: 0)
        for edge in Int(graph.offsets[position])..<Int(graph.offsets[position + 1]) {
            sum += Vector(x, Int(graph.neighbours[edge]) * NodeGraph.panelWidth)
        }
        return sum
    }
}
