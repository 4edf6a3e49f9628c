import Differentiation
import KernelCore
import Testing

/// Gradients of several shards added slice by slice.
@Suite struct SliceSumTests {
    private let layout = ParameterLayout()
    private let items: Parameter
    private let positions: Parameter
    private let matrix: Parameter
    private let bias: Parameter

    init() {
        items = layout.root.table("items", rows: 57, columns: 5, .normal(deviation: 1))
        positions = layout.root.table("positions", rows: 4, columns: 12, .normal(deviation: 1))
        matrix = layout.root.matrix("matrix", rows: 60, columns: 33, .normal(deviation: 1))
        bias = layout.root.vector("bias", count: 7, .normal(deviation: 1))
    }

    @Test(arguments: 1...9) func `the slices tile everything`(count: Int) {
        let slices = (0..<count).map { ParameterSlice($0, of: count, layout) }
        #expect(slices.flatMap { Array($0.dense) } == Array(0..<layout.denseCount))
        #expect(slices.allSatisfy { $0.dense.lowerBound % 16 == 0 && $0.dense.upperBound % 16 == 0 })
        for (table, specification) in layout.tables.enumerated() {
            #expect(slices.flatMap { Array($0.rows[table]) } == Array(0..<specification.parameter.rows))
        }
        let sizes = slices.map(\.dense.count)
        #expect(sizes.max()! - sizes.min()! <= 16)
    }

    /// Gradients as random mini-batches leave them; those of the shards in `empty` have no sample.
    private func gradients(_ count: Int, empty: Set<Int>, rowCapacity: Int = 30) -> [Recording] {
        let storage = ParameterStorage(layout)
        return (0..<count).map { shard in
            let recording = Recording(storage, rowCapacity: rowCapacity)
            var stream = RandomStream(seed: 5, purpose: .synthesis, iteration: 0, element: UInt32(shard))
            recording.recorder.begin(in: recording.view)
            let rows = Fixed<Int32>((0..<Int(stream.next(below: 25))).map { _ in 1 + Int32(stream.next(below: 56)) })
            recording.tape.begin(.training(sampleNames: UnsafePointer(bitPattern: 64)!, seed: 0, step: nil))
            let y = recording.tape.rows(rows.pointer, of: items, count: rows.count)
            for index in 0..<y.count { y.gradient[index] = 2 * stream.nextUniform() - 1 }
            let one = Fixed<Int32>([1 + Int32(stream.next(below: 3))])
            let z = recording.tape.rows(one.pointer, of: positions, count: 1)
            for index in 0..<z.count { z.gradient[index] = 1000 * stream.nextUniform() }
            for parameter in [matrix, bias] {
                let gradient = recording.tape(parameter).gradient
                for index in 0..<parameter.count { gradient[index] = 2 * stream.nextUniform() - 1 }
            }
            recording.tape.backward(from: recording.tape.variable(rows: 1, columns: 1))
            recording.recorder.finish(
                sampleCount: empty.contains(shard) ? 0 : 3 + shard, loss: Double(stream.nextUniform()))
            return recording
        }
    }

    /// The whole sum as bits by index: dense values, and rows of each table.
    private struct Total: Equatable {
        var dense: [Int: UInt32] = [:]
        var rows: [[Int: [UInt32]]]
        var sampleCount = 0
        var loss = 0.0
    }

    private func total(_ gradients: [Recording], slices count: Int) -> Total {
        var total = Total(rows: layout.tables.map { _ in [:] })
        let tree = TreeSum(inputs: gradients.indices.map { TreeSum.Subtree($0, $0 + 1) })
        for index in 0..<count {
            let slice = ParameterSlice(index, of: count, layout)
            let sum = SliceSum(tree, layout)
            for (input, gradient) in gradients.enumerated() { sum.views[input].read(gradient.view, slice: slice) }
            sum.forEachDenseBlock(of: 0..<slice.dense.count) { offset, values, count in
                for index in 0..<count {
                    total.dense[slice.dense.lowerBound + offset + index] = values[index].bitPattern
                }
            }
            for table in layout.tables.indices {
                let columns = layout.tables[table].parameter.columns
                var last = -1
                var rowCount = 0
                sum.forEachRow(table) { row, values in
                    #expect(row > last && slice.rows[table].contains(row))
                    last = row
                    rowCount += 1
                    total.rows[table][row] = (0..<columns).map { values[$0].bitPattern }
                }
                #expect(sum.rowCount(table) == rowCount)
            }
            total.sampleCount = sum.sampleCount
            total.loss = sum.loss
        }
        return total
    }

    @Test(arguments: [([] as Set<Int>), [0], [3, 4], [1, 2, 3, 4, 5, 6, 7], Set(0..<8)])
    func `sums over n slices have the bits of the sum over one`(empty: Set<Int>) {
        let gradients = gradients(8, empty: empty)
        let whole = total(gradients, slices: 1)
        for count in 2...9 { #expect(total(gradients, slices: count) == whole, "\(count) slices") }
        #expect(whole.sampleCount == (0..<8).reduce(0) { $0 + (empty.contains($1) ? 0 : 3 + $1) })
        let present = gradients.indices.filter { !empty.contains($0) }
        #expect(Set(whole.rows[0].keys) == Set(present.flatMap { gradients[$0].rows(items).keys }.map(Int.init)))
        #expect(whole.dense.isEmpty == present.isEmpty)
    }

    @Test(arguments: [([] as Set<Int>), [0], [3, 4], [1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3], Set(0..<8)], [8, 6, 5])
    func `gradients that are added to each other have the bits of the sum`(empty: Set<Int>, count: Int) {
        let whole = total(gradients(count, empty: empty), slices: 1)
        let parts = gradients(count, empty: empty, rowCapacity: 60)
        func add(_ node: TreeSum.Subtree) {
            guard node.upper - node.lower > 1 else { return }
            add(TreeSum.Subtree(node.lower, node.split))
            add(TreeSum.Subtree(node.split, node.upper))
            parts[node.lower].view.add(parts[node.split].view)
        }
        add(TreeSum.Subtree(0, count))
        #expect(total([parts[0]], slices: 1) == whole)
        #expect(total([parts[0]], slices: 3) == whole)
    }

    @Test func `each element is the sum of the gradients in the order of the tree`() {
        let gradients = gradients(5, empty: [2])
        let whole = total(gradients, slices: 1)
        func sum(_ values: [Float?]) -> Float? {
            func add(_ a: Float?, _ b: Float?) -> Float? {
                guard let a, let b else { return a ?? b }
                return a + b
            }
            return add(add(add(values[0], values[1]), add(values[2], values[3])), values[4])
        }
        for parameter in [matrix, bias] {
            let parts = gradients.enumerated().map { $0 == 2 ? nil : $1.dense(parameter) }
            for index in 0..<parameter.count {
                #expect(whole.dense[parameter.offset + index] == sum(parts.map { $0?[index] })?.bitPattern)
            }
        }
        for (table, parameter) in [items, positions].enumerated() {
            let parts = gradients.enumerated().map { $0 == 2 ? [:] : $1.rows(parameter) }
            for row in 0..<parameter.rows {
                let expected = (0..<parameter.columns).compactMap { column in
                    sum(parts.map { $0[Int32(row)]?[column] })?.bitPattern
                }
                #expect(whole.rows[table][row] ?? [] == expected)
            }
        }
    }
}
