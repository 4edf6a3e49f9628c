import Glibc
import KernelCore
import Testing

/// Attention and layer norm against their formulas in double precision.
@Suite struct AttentionTests {
    @Test(
        arguments: [(5, 1), (16, 1), (12, 2), (33, 3), (64, 4), (24, 8)],
        [
            (AttentionQueries.all, false), (.causal, false), (.newest, false), (.all, true), (.causal, true),
            (.newest, true),
        ]
    )
    func `attention follows its formula`(
        shape: (columns: Int, heads: Int), kind: (queries: AttentionQueries, isRelative: Bool)
    ) {
        let (queries, isRelative) = kind
        let (columns, heads) = shape
        let width = columns / heads
        let lengths = [4, 1, 0, 9, 2]
        let sequences = JaggedOffsets(lengths: lengths)
        var numbers = Numbers(1)
        let k = numbers.list(16 * columns, bound: 2)
        let v = numbers.list(16 * columns)
        let relativeKeys = numbers.list(3 * columns)
        let relativeValues = numbers.list(3 * columns)
        // Which rows ask, with the rows that they see.
        let asking: [[(query: Int, keys: Range<Int>)]] = (0..<sequences.count).map { sequence in
            let rows = sequences.start(sequence)..<sequences.start(sequence) + sequences.length(sequence)
            switch queries {
            case .all: return rows.map { ($0, rows) }
            case .causal: return rows.map { ($0, rows.lowerBound..<$0 + 1) }
            case .newest: return rows.isEmpty ? [] : [(sequence, rows)]
            }
        }
        let queryCount = queries == .newest ? sequences.count : 16
        let q = numbers.list(queryCount * columns, bound: 2)
        let pairs = zip(asking, lengths).reduce(0) { $0 + $1.0.count * $1.1 }
        let slots = (0..<pairs).map { Int32($0 * 7 % 3) }
        let plan = AttentionPlan(over: sequences, heads: heads, queries: queries)
        #expect(queries.pairCount(in: sequences) == pairs)
        #expect(plan.weightCount == heads * pairs)
        #expect(plan.queryCount == queryCount)
        var weights = [Float](repeating: .nan, count: plan.weightCount)
        var y = [Float](repeating: .nan, count: queryCount * columns)
        let relative = RelativeRows(
            slots: Memory.copy(slots), keys: Memory.copy(relativeKeys), values: Memory.copy(relativeValues))
        let inputs = AttentionInputs(
            q: MatrixView(q, columns: columns), k: Memory.copy(k), v: Memory.copy(v),
            relative: isRelative ? relative : nil)
        Kernel.attention(plan, inputs, weights: &weights, into: &y)

        var expected = [Double](repeating: 0, count: queryCount * columns)
        var expectedWeights: [Double] = []
        var firstPair = 0
        for sequence in 0..<sequences.count {
            let rows = sequences.start(sequence)..<sequences.start(sequence) + sequences.length(sequence)
            for head in 0..<heads {
                let slice = head * width..<(head + 1) * width
                for (number, asked) in asking[sequence].enumerated() {
                    /// An element of the relative row of the pair with a key.
                    func relative(_ list: [Float], _ key: Int, _ column: Int) -> Double {
                        let pair = firstPair + number * rows.count + key - rows.lowerBound
                        return isRelative ? Double(list[Int(slots[pair]) * columns + column]) : 0
                    }
                    let scores = rows.map { key in
                        guard asked.keys.contains(key) else { return -Double.infinity }
                        return slice.reduce(0) {
                            $0 + Double(q[asked.query * columns + $1])
                                * (Double(k[key * columns + $1]) + relative(relativeKeys, key, $1))
                        } / Double(width).squareRoot()
                    }
                    let powers = scores.map { exp($0) }
                    let share = powers.map { $0 / powers.reduce(0, +) }
                    expectedWeights += share
                    for column in slice {
                        expected[asked.query * columns + column] = zip(rows, share).reduce(0) {
                            $0 + $1.1 * (Double(v[$1.0 * columns + column]) + relative(relativeValues, $1.0, column))
                        }
                    }
                }
            }
            firstPair += asking[sequence].count * rows.count
        }
        #expect(areClose(weights, expectedWeights, tolerance: 2e-6))
        #expect(areClose(y, expected, tolerance: 5e-6))
    }

    @Test func `a sequence's attention has the same bits whatever its neighbours are`() {
        var numbers = Numbers(2)
        let columns = 12
        let q = numbers.list(7 * columns)
        func run(_ lengths: [Int], _ x: [Float]) -> [Float] {
            let plan = AttentionPlan(over: JaggedOffsets(lengths: lengths), heads: 2, queries: .causal)
            var weights = [Float](repeating: 0, count: plan.weightCount)
            var y = [Float](repeating: 0, count: x.count)
            let x = MatrixView(x, columns: columns)
            Kernel.attention(plan, AttentionInputs(q: x, k: x.start, v: x.start), weights: &weights, into: &y)
            return y
        }
        let all = run([3, 4], q)
        #expect(bits(all[..<(3 * columns)]) == bits(run([3], Array(q[..<(3 * columns)]))))
        #expect(bits(all[(3 * columns)...]) == bits(run([4], Array(q[(3 * columns)...]))))
    }

    @Test(arguments: [1, 2, 5, 8, 12, 33, 64]) func `layer norm follows its formula`(columns: Int) {
        var numbers = Numbers(3)
        let rows = 5
        let x = numbers.list(rows * columns, bound: 3)
        let residual = numbers.list(rows * columns, bound: 3)
        let weight = numbers.list(columns)
        let bias = numbers.list(columns)
        let normalized = Memory.room(rows * columns)
        let statistics = LayerNormStatistics(normalized: normalized, inverseDeviation: Memory.room(rows))
        var y = [Float](repeating: .nan, count: rows * columns)
        Kernel.layerNorm(
            MatrixView(x, columns: columns), residual: residual, weight: weight, bias: bias, keeping: statistics,
            into: &y)
        for row in 0..<rows {
            let sums = (0..<columns).map { Double(x[row * columns + $0]) + Double(residual[row * columns + $0]) }
            let mean = sums.reduce(0, +) / Double(columns)
            let variance = sums.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
            let expected = sums.map { ($0 - mean) / (variance + 1e-5).squareRoot() }
            // A row of one column is 0 / sqrt(1e-5): its rounding counts 300 times.
            let tolerance = columns == 1 ? 1e-3 : 1e-5
            #expect(areClose((0..<columns).map { normalized[row * columns + $0] }, expected, tolerance: tolerance))
            let scaled = (0..<columns).map { expected[$0] * Double(weight[$0]) + Double(bias[$0]) }
            #expect(areClose(Array(y[row * columns..<(row + 1) * columns]), scaled, tolerance: tolerance))
        }
    }

    @Test func `layer norm of equal values is its bias`() {
        let columns = 11
        let statistics = LayerNormStatistics(normalized: Memory.room(columns), inverseDeviation: Memory.room(1))
        var y = [Float](repeating: .nan, count: columns)
        Kernel.layerNorm(
            MatrixView([Float](repeating: 2.5, count: columns), columns: columns),
            residual: [Float](repeating: 0.5, count: columns), weight: [Float](repeating: 3, count: columns),
            bias: [Float](repeating: 0.25, count: columns), keeping: statistics, into: &y)
        #expect(areClose(y, [Double](repeating: 0.25, count: columns), tolerance: 1e-3))
    }
}
