import Differentiation
import KernelCore
import Testing

/// Propagated tables against dense matrices in double precision, their gradients, and ranks that share the work.
@Suite struct PropagatorTests {
    /// Two tables of 9 and 12 rows as nodes of a graph; some have no neighbours.
    private final class Model {
        let layout = ParameterLayout()
        let upper: Parameter
        let lower: Parameter
        let storage: ParameterStorage
        let edges: [(Int32, Int32)]
        let propagation: GraphPropagation

        init(columns: Int, layers: Int) {
            upper = layout.root.table("upper", rows: 9, columns: columns, paddingRow: false, .normal(deviation: 0.5))
            lower = layout.root.table("lower", rows: 12, columns: columns, .normal(deviation: 0.5))
            storage = ParameterStorage(layout)
            storage.values.initialize(layout, seed: 5)
            edges = (0..<23).map { (index: Int) -> (Int32, Int32) in (Int32(index * 5 % 8), Int32(9 + index * 3 % 10)) }
            propagation = GraphPropagation(NodeGraph(nodeCount: 21, edges: edges), layers: layers)
        }

        func values(_ values: ParameterValues) -> [Float] {
            [upper, lower].flatMap { table in (0..<table.count).map { values(table)[$0] } }
        }

        /// The whole operator on the rows of both tables.
        func expected(_ x: [Double], columns: Int) -> [Double] {
            var degrees = [Double](repeating: 0, count: 21)
            for (a, b) in edges {
                degrees[Int(a)] += 1
                degrees[Int(b)] += 1
            }
            var power = x
            var sum = x
            for _ in 0..<propagation.layers {
                var next = [Double](repeating: 0, count: x.count)
                for (a, b) in edges.flatMap({ [($0, $1), ($1, $0)] }) {
                    let weight = 1 / (degrees[Int(a)] * degrees[Int(b)]).squareRoot()
                    for column in 0..<columns {
                        next[Int(a) * columns + column] += weight * power[Int(b) * columns + column]
                    }
                }
                power = next
                sum = zip(sum, power).map { $0 + $1 }
            }
            return sum.map { $0 / Double(propagation.layers + 1) }
        }
    }

    private func areClose(_ values: [Float], _ expected: [Double]) -> Bool {
        values.count == expected.count && zip(values, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 }
    }

    @Test(arguments: [1, 10, 16, 40], [1, 2, 3, 4, 5])
    func `rows are those of the mean of all layers`(columns: Int, layers: Int) {
        let model = Model(columns: columns, layers: layers)
        let propagator = Propagator(model.propagation, model.layout, parameters: model.storage.values)
        propagator.propagate {}
        propagator.materializeAll()
        let expected = model.expected(model.values(model.storage.values).map(Double.init), columns: columns)
        #expect(areClose(model.values(propagator.values), expected))
        // A row is what it is among all, and up to date after each propagation.
        let before = bits(model.values(propagator.values))
        model.storage.values(model.upper)[2 * columns] += 1
        propagator.propagate {}
        propagator.materialize(row: 2, of: 0)
        #expect(propagator.values(model.upper)[2 * columns].bitPattern != before[2 * columns])
        let alone = propagator.values(model.upper)[2 * columns].bitPattern
        propagator.materializeAll()
        #expect(propagator.values(model.upper)[2 * columns].bitPattern == alone)
    }

    /// A gradient that touches a few rows.
    private func sum(_ model: Model, columns: Int) -> (recording: Recording, gradient: [Double]) {
        let recording = Recording(model.storage, rowCapacity: 12)
        let upper = Fixed<Int32>([1, 8, 3])
        let lower = Fixed<Int32>([11, 2, 2, 4, 5, 11, 1, 9, 3])
        recording.step(samples: Fixed([0])) { tape in
            let u = tape.rows(upper.pointer, of: model.upper, count: 3)
            return tape.rankingLoss(tape.scores(of: u, candidates: lower.pointer, perUser: 3, in: model.lower))
        }
        var gradient = [Double](repeating: 0, count: 21 * columns)
        for (table, first) in [(model.upper, 0), (model.lower, 9)] {
            for (row, values) in recording.rows(table) {
                for column in 0..<columns { gradient[(first + Int(row)) * columns + column] = Double(values[column]) }
            }
        }
        return (recording, gradient)
    }

    private func gradient(_ model: Model, _ propagator: Propagator) -> [Float] {
        [model.upper, model.lower].flatMap { table in (0..<table.count).map { propagator.gradient(of: table)[$0] } }
    }

    @Test(arguments: [1, 10, 16, 40], [1, 2, 3, 4])
    func `a gradient of rows becomes that of all`(columns: Int, layers: Int) {
        let model = Model(columns: columns, layers: layers)
        let (recording, output) = sum(model, columns: columns)
        let propagator = Propagator(model.propagation, model.layout, parameters: model.storage.values)
        let everything = ParameterSlice(0, of: 1, model.layout)
        let sum = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1)]), model.layout)
        sum.views[0].read(recording.view, slice: everything)
        propagator.record(sum, slice: everything, part: 0)
        propagator.propagateBack(slices: [everything]) {}
        #expect(areClose(gradient(model, propagator), model.expected(output, columns: columns)))
    }

    /// With no more ranks than panels no rank waits for another, so that they can run one after another.
    @Test(arguments: [2, 3, 4]) func `ranks that share panels have the bits of one`(ranks: Int) {
        let columns = 60
        let model = Model(columns: columns, layers: 3)
        let (recording, _) = sum(model, columns: columns)
        func run(_ ranks: Int) -> (values: [UInt32], gradient: [UInt32]) {
            let count = Propagator.sharedCount(model.propagation, model.layout, parts: ranks)
            let memory = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64)
            defer { memory.deallocate() }
            let propagators = (0..<ranks).map {
                Propagator(
                    model.propagation, model.layout, parameters: model.storage.values, rank: $0, of: ranks,
                    parts: ranks, sharedMemory: memory.assumingMemoryBound(to: Float.self))
            }
            for propagator in propagators { propagator.propagate {} }
            for propagator in propagators { propagator.materializeAll() }
            let slices = (0..<ranks).map { ParameterSlice($0, of: ranks, model.layout) }
            for (rank, propagator) in propagators.enumerated() {
                let sum = SliceSum(TreeSum(inputs: [TreeSum.Subtree(0, 1)]), model.layout)
                sum.views[0].read(recording.view, slice: slices[rank])
                propagator.record(sum, slice: slices[rank], part: rank)
            }
            for propagator in propagators { propagator.propagateBack(slices: slices) {} }
            let values = propagators.map { bits(model.values($0.values)) }
            #expect(values.allSatisfy { $0 == values[0] })
            return (values[0], bits(gradient(model, propagators[ranks - 1])))
        }
        let (one, several) = (run(1), run(ranks))
        #expect(one.values == several.values)
        #expect(one.gradient == several.gradient)
    }

    @Test(arguments: [10, 16, 33], [1, 2, 3]) func `gradients through a propagation`(columns: Int, layers: Int) throws {
        let model = Model(columns: columns, layers: layers)
        let upper = Fixed<Int32>([1, 8, 3])
        let lower = Fixed<Int32>([11, 2, 2])
        let worst = try GradientCheck(model.storage, propagation: model.propagation).worstDeviation { tape in
            tape.scores(
                of: tape.rows(upper.pointer, of: model.upper, count: 3), candidates: lower.pointer, perUser: 1,
                in: model.lower)
        }
        #expect(worst.relative < GradientCheck.tolerance, "\(worst)")
    }
}
