import KernelCore

/// What a propagation keeps in memory that all ranks see, where they share the work.
struct PropagationMemory {
    /// The values before the last product, in panels: what rows of `F` are completed from.
    let inner: UnsafeMutablePointer<Float>
    /// Two times room for every panel. A rank uses that of its first panel for all of its panels, one after another.
    let scratch: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
    /// dL/dF of the touched rows and dL/dX of all rows, both like the tables.
    let outputGradient: UnsafeMutablePointer<Float>
    let inputGradient: UnsafeMutablePointer<Float>
    /// Touched nodes of each part of each table, from the number of the part's first node on, and how many they are.
    let touched: UnsafeMutablePointer<Int32>
    let touchedCounts: UnsafeMutablePointer<Int32>

    /// Floats needed.
    static func count(_ graph: NodeGraph, _ layout: ParameterLayout, parts: Int) -> Int {
        3 * panelFloats(graph, layout) + 2 * layout.tableCount + aligned(graph.nodeCount)
            + aligned(parts * layout.tables.count)
    }

    /// - Parameters:
    ///   - start: ``count(_:_:parts:)`` floats on a 64-byte boundary.
    ///   - parts: the number of slices whose gradients are recorded one by one.
    init(_ graph: NodeGraph, _ layout: ParameterLayout, parts: Int, in start: UnsafeMutablePointer<Float>) {
        let panelFloats = Self.panelFloats(graph, layout)
        inner = start
        scratch = (start + panelFloats, start + 2 * panelFloats)
        outputGradient = start + 3 * panelFloats
        inputGradient = outputGradient + layout.tableCount
        touched = UnsafeMutableRawPointer(inputGradient + layout.tableCount).assumingMemoryBound(to: Int32.self)
        touchedCounts = touched + Self.aligned(graph.nodeCount)
    }

    private static func panelFloats(_ graph: NodeGraph, _ layout: ParameterLayout) -> Int {
        panelCount(layout) * graph.nodeCount * NodeGraph.panelWidth
    }

    static func panelCount(_ layout: ParameterLayout) -> Int {
        ((layout.tables.first?.parameter.columns ?? 0) + NodeGraph.panelWidth - 1) / NodeGraph.panelWidth
    }

    /// A multiple of a cache line of four-byte numbers.
    private static func aligned(_ count: Int) -> Int { (count + 15) & ~15 }
}
