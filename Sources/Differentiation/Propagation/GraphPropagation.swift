import KernelCore

/// What a model that spreads its tables over a graph asks for:
///
///     F = 1 / (layers + 1) * (X + A X + A A X + ...),     A = D^-1/2 (adjacency) D^-1/2
///
/// `X` are the rows of all tables of the model, one below the other: they are the nodes. Wherever the model reads a row
/// of a table it gets that of `F`; a node without neighbours has `A x = 0`.
public struct GraphPropagation: Sendable {
    /// Row r of a table is the node r + the rows of all tables that were registered before it.
    public let graph: NodeGraph
    /// Number of products with the adjacency, at least 1.
    public let layers: Int
    /// Whether the model reads the items of the histories, beside users and candidates.
    public let readsHistories: Bool
    private let site: ModelSite

    /// - Parameters:
    ///   - layers: at least 1.
    ///   - readsHistories: whether the model reads the items of the histories, beside users and candidates.
    public init(
        _ graph: NodeGraph, layers: Int, readsHistories: Bool = false, file: StaticString = #fileID,
        line: UInt = #line
    ) {
        self.graph = graph
        self.layers = layers
        self.readsHistories = readsHistories
        site = ModelSite(file: file, line: line)
    }

    /// Throws where the tables of the layout are not the nodes of the graph.
    public func check(_ layout: ParameterLayout) throws(ModelError) {
        let tables = layout.tables.map(\.parameter)
        let hasOneWidth = tables.allSatisfy { $0.columns == tables.first?.columns }
        guard layers >= 1, hasOneWidth, tables.reduce(0, { $0 + $1.rows }) == graph.nodeCount else {
            let shapes = tables.map(\.shape).joined(separator: ", ")
            throw ModelError(
                "GraphPropagation",
                "\(layers) layers over a graph of \(graph.nodeCount) nodes, for tables \(shapes): at least one layer, one "
                    + "number of columns, and a node for each row are needed",
                recoverySuggestion: "correct the graph at that line of the model, or the tables", at: site)
        }
    }
}

/// The part of a propagation that one of several ranks computes.
///
/// Columns do not depend on each other, so ranks share out the panels: then no rank waits for another between two
/// layers. Where there are more ranks than panels, those of one panel share out its nodes.
struct PropagationShare {
    let panels: Range<Int>
    /// Of the products.
    let positions: Range<Int>
    /// Of what moves between rows and panels.
    let nodes: Range<Int>
    /// Whether ranks wait for each other after every layer.
    let isInStep: Bool

    init(_ graph: NodeGraph, panelCount: Int, rank: Int, of ranks: Int) {
        isInStep = ranks > panelCount
        guard isInStep else {
            panels = rank * panelCount / ranks..<(rank + 1) * panelCount / ranks
            positions = 0..<graph.nodeCount
            nodes = positions
            return
        }
        var panel = 0
        while (panel + 1) * ranks / panelCount <= rank { panel += 1 }
        let first = panel * ranks / panelCount
        panels = panel..<panel + 1
        let (part, count) = (rank - first, (panel + 1) * ranks / panelCount - first)
        positions = graph.positions(ofPart: part, of: count)
        nodes = graph.nodeCount * part / count..<graph.nodeCount * (part + 1) / count
    }
}
