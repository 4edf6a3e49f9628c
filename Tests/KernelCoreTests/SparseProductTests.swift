import KernelCore
import Testing

/// Products with a graph against loops in double precision, and with the same bits however they are divided.
@Suite struct SparseProductTests {
    static let widths = [1, 7, 8, 10, 15, 16, 17, 33, 64]

    /// A graph with a hub, nodes without neighbours, and one that is far away.
    struct Example {
        let nodeCount = 61
        let edges: [(Int32, Int32)]
        let graph: NodeGraph

        init() {
            var numbers = Numbers(4)
            var pairs: Set<[Int32]> = [[50, 51]]
            for node in 2..<40 { pairs.insert([1, Int32(node)]) }
            while pairs.count < 200 {
                let pair = [Int32(numbers.next(below: 45)), Int32(numbers.next(below: 45))].sorted()
                if pair[0] != pair[1] && pair[0] > 0 { pairs.insert(pair) }
            }
            // In no order, and from either end.
            edges = pairs.enumerated().map { $0 % 2 == 0 ? ($1[0], $1[1]) : ($1[1], $1[0]) }
            graph = NodeGraph(nodeCount: nodeCount, edges: edges)
        }

        func neighbours(of node: Int) -> [Int] {
            edges.compactMap { Int($0) == node ? Int($1) : Int($1) == node ? Int($0) : nil }.sorted()
        }

        /// The row of each node lies where its number says.
        func rows(_ columns: Int) -> NodeRows {
            NodeRows(offsets: Memory.copy((0..<nodeCount).map { $0 * columns }), columns: columns)
        }

        func panelCount(_ columns: Int) -> Int { (columns + 15) / 16 }
        var panelSize: Int { nodeCount * NodeGraph.panelWidth }

        /// All panels, one behind the other.
        func packed(_ x: [Float], _ columns: Int) -> [Float] {
            var panels = [Float](repeating: .nan, count: panelCount(columns) * panelSize)
            panels.withUnsafeMutableBufferPointer { panels in
                for panel in 0..<panelCount(columns) {
                    Kernel.packPanel(
                        graph, panel, of: x, rows(columns), nodes: 0..<nodeCount,
                        into: panels.baseAddress! + panel * panelSize)
                }
            }
            return panels
        }

        func unpacked(_ panels: [Float], _ columns: Int, factor: Float) -> [Float] {
            var y = [Float](repeating: .nan, count: nodeCount * columns)
            panels.withUnsafeBufferPointer { panels in
                for panel in 0..<panelCount(columns) {
                    Kernel.unpackPanel(
                        graph, panel, of: panels.baseAddress! + panel * panelSize, factor: factor,
                        nodes: 0..<nodeCount, rows(columns), into: &y)
                }
            }
            return y
        }

        /// One product in all panels, node ranges one by one.
        func means(_ x: [Float], plus base: [Float]?, parts: Int = 1) -> [Float] {
            var y = [Float](repeating: .nan, count: x.count)
            y.withUnsafeMutableBufferPointer { y in
                x.withUnsafeBufferPointer { x in
                    for panel in 0..<x.count / panelSize {
                        let start = panel * panelSize
                        for part in 0..<parts {
                            let positions = graph.positions(ofPart: part, of: parts)
                            (base ?? []).withUnsafeBufferPointer { base in
                                Kernel.neighbourMeans(
                                    graph, of: x.baseAddress! + start,
                                    plus: base.isEmpty ? nil : base.baseAddress! + start, positions: positions,
                                    into: y.baseAddress! + start)
                            }
                        }
                    }
                }
            }
            return y
        }
    }

    let example = Example()

    @Test func `positions are an order of the nodes, neighbours those of the edges by node number`() {
        let graph = example.graph
        let nodes = (0..<example.nodeCount).map { Int(graph.nodes[$0]) }
        #expect(nodes.sorted() == Array(0..<example.nodeCount))
        #expect(graph.neighbourCount == 2 * example.edges.count)
        for (position, node) in nodes.enumerated() {
            #expect(Int(graph.positions[node]) == position)
            let edges = Int(graph.offsets[position])..<Int(graph.offsets[position + 1])
            let neighbours = edges.map { nodes[Int(graph.neighbours[$0])] }
            #expect(neighbours == example.neighbours(of: node))
            let degree = Float(neighbours.count)
            #expect(graph.inverseDegrees[position] == (degree > 0 ? 1 / degree : 0))
            #expect(graph.inverseRoots[position] == (degree > 0 ? 1 / degree.squareRoot() : 1))
        }
    }

    @Test func `a chain in a shuffled order is put in order`() {
        // Node 7 i mod 31 is the i-th of the chain.
        let chain = (0..<31).map { Int32(7 * $0 % 31) }
        let graph = NodeGraph(nodeCount: 31, edges: zip(chain, chain.dropFirst()).map { ($0, $1) })
        for (a, b) in zip(chain, chain.dropFirst()) {
            #expect(abs(graph.positions[Int(a)] - graph.positions[Int(b)]) == 1)
        }
    }

    @Test(arguments: [1, 2, 3, 8, 100]) func `parts of a graph are all of it`(count: Int) {
        let parts = (0..<count).map { example.graph.positions(ofPart: $0, of: count) }
        #expect(parts.flatMap { Array($0) } == Array(0..<example.nodeCount))
    }

    @Test func `a graph without edges has means of zero`() {
        let graph = NodeGraph(nodeCount: 3, edges: [])
        var y = [Float](repeating: 5, count: 48)
        Kernel.neighbourMeans(
            graph, of: [Float](repeating: 1, count: 48), plus: nil, positions: 0..<3, into: &y)
        #expect(y.allSatisfy { $0 == 0 })
    }

    @Test(arguments: widths) func `the normalized adjacency times vectors`(columns: Int) {
        var numbers = Numbers(5)
        let x = numbers.list(example.nodeCount * columns)
        let y = example.unpacked(
            example.means(example.packed(x, columns), plus: nil), columns, factor: 3)
        let degrees = (0..<example.nodeCount).map { Double(example.neighbours(of: $0).count) }
        let expected = (0..<example.nodeCount * columns).map { index in
            example.neighbours(of: index / columns).reduce(0) {
                $0 + 3 * Double(x[$1 * columns + index % columns])
                    / (degrees[index / columns] * degrees[$1])
                    .squareRoot()
            }
        }
        #expect(areClose(y, expected, tolerance: 1e-5))
    }

    @Test(arguments: widths) func `a base is added, and what is packed is unpacked`(columns: Int) {
        var numbers = Numbers(6)
        let x = numbers.list(example.nodeCount * columns)
        let base = numbers.list(example.nodeCount * columns)
        let (packed, packedBase) = (example.packed(x, columns), example.packed(base, columns))
        let without = example.means(packed, plus: nil)
        let with = example.means(packed, plus: packedBase)
        let expected = zip(without, packedBase).map { Double($0) + Double($1) }
        #expect(areClose(with, expected, tolerance: 1e-6))
        #expect(areClose(example.unpacked(packed, columns, factor: 1), x.map(Double.init), tolerance: 1e-6))
    }

    @Test(arguments: widths) func `parts have the bits of the whole`(columns: Int) {
        var numbers = Numbers(7)
        let x = example.packed(numbers.list(example.nodeCount * columns), columns)
        let base = example.packed(numbers.list(example.nodeCount * columns), columns)
        let whole = bits(example.means(x, plus: base))
        for parts in [2, 3, 7] { #expect(bits(example.means(x, plus: base, parts: parts)) == whole) }
    }

    @Test(arguments: widths) func `one row has the bits that it has among all`(columns: Int) {
        var numbers = Numbers(8)
        let x = example.packed(numbers.list(example.nodeCount * columns), columns)
        let rows = numbers.list(example.nodeCount * columns)
        let all = example.unpacked(
            example.means(x, plus: example.packed(rows, columns)), columns, factor: 0.25)
        for position in 0..<example.nodeCount {
            let start = Int(example.graph.nodes[position]) * columns
            var row = [Float](repeating: .nan, count: columns)
            Kernel.neighbourMean(
                example.graph, at: position, of: x, plus: Array(rows[start..<start + columns]), columns: columns,
                factor: 0.25, into: &row)
            #expect(bits(row) == bits(all[start..<start + columns]))
        }
    }

    @Test(arguments: [1, 2, 5]) func `few sources have the bits of a product with all`(parts: Int) {
        var numbers = Numbers(9)
        let graph = example.graph
        // By rising node number; the hub and a node without neighbours are among them.
        let sources = [1, 4, 5, 17, 38, 44, 51, 60].map { graph.positions[$0] }
        let values = numbers.list(sources.count * 16)
        var x = [Float](repeating: 0, count: example.panelSize)
        sources.withUnsafeBufferPointer {
            Kernel.addPanelRows(values, at: $0, positions: 0..<example.nodeCount, to: &x)
        }
        let expected = example.means(x, plus: nil)
        var y = [Float](repeating: .nan, count: example.panelSize)
        for part in 0..<parts {
            sources.withUnsafeBufferPointer {
                Kernel.neighbourMeans(
                    graph, ofSources: $0, values: values, positions: graph.positions(ofPart: part, of: parts), into: &y)
            }
        }
        #expect(bits(y) == bits(expected))
        #expect(y.contains { $0 != 0 })

        var sum = expected
        for part in 0..<parts {
            sources.withUnsafeBufferPointer {
                Kernel.addPanelRows(values, at: $0, positions: graph.positions(ofPart: part, of: parts), to: &sum)
            }
        }
        #expect(bits(sum) == bits(zip(expected, x).map { $0 + $1 }))
    }
}
