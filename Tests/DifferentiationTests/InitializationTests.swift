import Differentiation
import Testing

@Suite struct InitializationTests {
    private func values(
        _ initialization: Initialization, rows: Int, columns: Int, name: String = "x", seed: UInt64 = 4
    ) -> [Double] {
        let layout = ParameterLayout()
        let parameter = layout.root.matrix(name, rows: rows, columns: columns, initialization)
        let storage = ParameterStorage(layout)
        storage.values.initialize(layout, seed: seed)
        return (0..<parameter.count).map { Double(storage.values(parameter)[$0]) }
    }

    private func moments(_ values: [Double]) -> (mean: Double, deviation: Double, kurtosis: Double) {
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        let fourth = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) * ($1 - mean) * ($1 - mean) }
        return (mean, variance.squareRoot(), fourth / Double(values.count) / (variance * variance))
    }

    @Test(arguments: [Initialization.normal(deviation: 0.1), .uniform(bound: 2), .xavierUniform, .constant(3)])
    func `rows that are initialised by themselves are those of the whole`(initialization: Initialization) {
        let layout = ParameterLayout()
        let table = layout.root.table("t", rows: 1001, columns: 7, initialization)
        let dense = layout.root.matrix("d", rows: 3, columns: 5, initialization)
        let whole = ParameterStorage(layout)
        whole.values.initialize(layout, seed: 9)
        for rows in [0..<1, 1..<400, 333..<1001] {
            let part = ParameterSlice(layout, rows: [rows])
            let storage = ParameterStorage(reserving: layout, for: part)
            storage.values.initialize(layout, part, seed: 9)
            #expect(
                rows.flatMap { row in (0..<7).map { row * 7 + $0 } }.allSatisfy {
                    storage.values(table)[$0] == whole.values(table)[$0]
                })
            #expect((0..<15).allSatisfy { storage.values(dense)[$0] == whole.values(dense)[$0] })
            #expect(
                (rows.upperBound * 7..<7007).allSatisfy { storage.values(table)[$0] == 0 }, "nothing else is touched")
        }
    }

    @Test func `rows that are released read as zero, and those that are kept stay`() {
        let layout = ParameterLayout()
        let table = layout.root.table("t", rows: 100_000, columns: 16, .constant(1))
        let kept = 30_000..<50_000
        let storage = ParameterStorage(reserving: layout, for: ParameterSlice(layout, rows: [kept]))
        storage.values.initialize(layout, seed: 0)
        storage.releaseRows(of: table, but: kept)
        let values = storage.values(table)
        #expect(kept.allSatisfy { values[$0 * 16] == 1 && values[$0 * 16 + 15] == 1 })
        #expect(
            (0..<29_900).allSatisfy { values[$0 * 16] == 0 } && (50_100..<99_900).allSatisfy { values[$0 * 16] == 0 })
    }

    // Bounds of five standard deviations of the estimates from 90,000 numbers.
    @Test func `normal values have their mean, deviation and tails`() {
        let found = moments(values(.normal(deviation: 0.02), rows: 300, columns: 300))
        #expect(abs(found.mean) < 5 * 0.02 / 300)
        #expect(abs(found.deviation / 0.02 - 1) < 5 / (2.0.squareRoot() * 300))
        #expect(abs(found.kurtosis - 3) < 5 * 24.0.squareRoot() / 300)
    }

    @Test func `uniform values fill their bounds`() {
        let found = values(.uniform(bound: 0.25), rows: 300, columns: 300)
        #expect(found.allSatisfy { -0.25 <= $0 && $0 < 0.25 })
        #expect(found.min()! < -0.2499 && found.max()! > 0.2499)
        let moments = moments(found)
        #expect(abs(moments.mean) < 5 * 0.25 / 3.0.squareRoot() / 300)
        #expect(abs(moments.deviation - 0.25 / 3.0.squareRoot()) < 0.001)
    }

    @Test func `xavier's bound depends on the shape`() {
        let bound = (6.0 / 250).squareRoot()
        let found = values(.xavierUniform, rows: 200, columns: 50)
        #expect(found.allSatisfy { abs($0) <= bound * 1.000_001 })
        #expect(found.max()! > bound * 0.999 && found.min()! < -bound * 0.999)
        #expect(abs(moments(found).deviation - bound / 3.0.squareRoot()) < 0.003)
    }

    @Test func `a constant and an odd number of normal values`() {
        #expect(values(.constant(0.5), rows: 3, columns: 5) == [Double](repeating: 0.5, count: 15))
        let odd = values(.normal(deviation: 1), rows: 1, columns: 7)
        #expect(odd.allSatisfy { $0 != 0 && $0.isFinite })
        #expect(odd == Array(values(.normal(deviation: 1), rows: 2, columns: 4).prefix(7)))
    }

    @Test func `a parameter's values depend on its name and the seed, not on the others`() {
        let layout = ParameterLayout()
        _ = layout.root.table("items", rows: 100, columns: 3, .normal(deviation: 1))
        let scope = layout.root.within("layer")
        _ = scope.vector("bias", count: 5, .uniform(bound: 1))
        let parameter = scope.matrix("weight", rows: 6, columns: 7, .normal(deviation: 1))
        _ = layout.root.matrix("weight", rows: 6, columns: 7, .normal(deviation: 1))
        let storage = ParameterStorage(layout)
        storage.values.initialize(layout, seed: 4)
        let found = (0..<parameter.count).map { Double(storage.values(parameter)[$0]) }
        func alone(_ name: String, seed: UInt64 = 4) -> [Double] {
            values(.normal(deviation: 1), rows: 6, columns: 7, name: name, seed: seed)
        }
        #expect(found == alone("layer.weight"))
        #expect(found != alone("weight") && found != alone("layer.weight", seed: 5))
        #expect(layout.specification(named: "layer.weight")?.shape == [6, 7])
        #expect(layout.specification(named: "layer.bias")?.isRegularized == false)
        #expect(layout.parameterCount == 300 + 5 + 42 + 42)
    }

    @Test func `initializing again sets every value, the padding row to zero`() {
        let layout = ParameterLayout()
        let table = layout.root.table("items", rows: 4, columns: 3, .constant(2))
        let storage = ParameterStorage(layout)
        for index in 0..<ParameterValues.count(for: layout) { storage.values.start[index] = .nan }
        storage.values.initialize(layout, seed: 0)
        #expect((0..<table.count).map { storage.values(table)[$0] } == [0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2])
        #expect((table.count..<16).allSatisfy { storage.values.start[$0] == 0 })
    }
}
