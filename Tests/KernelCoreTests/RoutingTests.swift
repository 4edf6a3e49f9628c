import Glibc
import KernelCore
import Testing

/// Dynamic routing against plain loops in double precision, over ragged sequences.
@Suite struct RoutingTests {
    struct Shape: Sendable {
        let interests: Int
        let columns: Int
        let iterations: Int
        let overPositions: Bool
        /// Whether every interest sees rows of its own.
        var perInterest = false
        var squashPower: Float = 1
        var logitScale: Float = 0

        var rowWidth: Int { perInterest ? interests * columns : columns }

        static let all = [(1, 5, 3), (2, 8, 1), (3, 16, 3), (4, 64, 3), (6, 33, 2), (9, 40, 4)].flatMap { shape in
            [(false, false), (true, false), (false, true), (true, true)].map {
                Shape(
                    interests: shape.0, columns: shape.1, iterations: shape.2, overPositions: $0.0, perInterest: $0.1)
            }
        }
    }

    /// Another squashing, logits that are cosines, and both.
    static let others = [(0.3, 0), (1, 4), (1.6, 20)].flatMap { power, scale in
        [false, true].map {
            Shape(
                interests: 3, columns: 33, iterations: 3, overPositions: false, perInterest: $0,
                squashPower: power, logitScale: scale)
        }
    }

    static let lengths = [3, 1, 0, 7, 20, 8, 2]

    /// The result of a routing and its backward pass.
    struct Result {
        var weights: [Float]
        var v: [Float]
        var dx: [Float]
    }

    private func run(
        _ shape: Shape, x: [Float], logits: [Float], dv: [Float], counts: [Int32]? = nil, absent: [Float]? = nil
    ) -> Result {
        let plan = RoutingPlan(
            over: JaggedOffsets(lengths: Self.lengths),
            to: InterestGroups(perUser: shape.interests, counts: counts.map(Memory.copy)), columns: shape.columns,
            iterations: shape.iterations, overPositions: shape.overPositions, hasRowsPerInterest: shape.perInterest,
            squashPower: shape.squashPower, logitScale: shape.logitScale)
        let kept = RoutingState(weights: Memory.room(plan.weightCount), sums: Memory.room(plan.interestCount))
        kept.weights.update(repeating: 0, count: plan.weightCount)
        var v = [Float](repeating: .nan, count: plan.interestCount)
        var dx = [Float](repeating: 0, count: x.count)
        var logits = logits
        Kernel.route(plan, x, logits: &logits, absent: absent.map(Memory.copy), keeping: kept, into: &v)
        var scratch = [Float](repeating: .nan, count: plan.scratchCount)
        Kernel.routeBackward(plan, kept: kept, dv: dv, scratch: &scratch, dx: &dx)
        return Result(weights: (0..<plan.weightCount).map { kept.weights[$0] }, v: v, dx: dx)
    }

    /// The same for sequence `sequence`, from the formulas. `own`: how many interests it has.
    private func reference(
        _ shape: Shape, sequence: Int, x: [Float], logits: [Float], own: Int, absent: [Float]?
    ) -> (weights: [[Double]], sums: [[Double]], v: [[Double]]) {
        let total = Self.lengths.reduce(0, +)
        let first = Self.lengths[..<sequence].reduce(0, +)
        let length = Self.lengths[sequence]
        /// `[K][length][d]`.
        let rows = (0..<own).map { k in
            (0..<length).map { row in
                (0..<shape.columns).map { column in
                    Double(x[(first + row) * shape.rowWidth + (shape.perInterest ? k * shape.columns : 0) + column])
                }
            }
        }
        var b = (0..<own).map { k in (0..<length).map { Double(logits[k * total + first + $0]) } }
        var (weights, sums, v): ([[Double]], [[Double]], [[Double]]) = ([], [], [])
        for _ in 0..<shape.iterations {
            weights = b.enumerated().map { k, row in
                row.indices.map { l in
                    let others: Double =
                        shape.overPositions
                        ? row.reduce(0) { $0 + exp($1) } + Double(absent?[sequence * shape.interests + k] ?? 0)
                        : b.reduce(0) { $0 + exp($1[l]) }
                    return exp(row[l]) / others
                }
            }
            sums = zip(weights, rows).map { row, own in
                (0..<shape.columns).map { column in row.indices.reduce(0) { $0 + row[$1] * own[$1][column] } }
            }
            v = sums.map { squashed($0, shape) }
            for k in 0..<own {
                for l in 0..<length {
                    guard shape.logitScale > 0 else {
                        b[k][l] += inner(rows[k][l], v[k])
                        continue
                    }
                    let lengths = (inner(rows[k][l], rows[k][l]) * inner(sums[k], sums[k])).squareRoot()
                    b[k][l] = Double(shape.logitScale) * inner(rows[k][l], sums[k]) / lengths
                }
            }
        }
        return (weights, sums, v)
    }

    private func squashed(_ z: [Double], _ shape: Shape) -> [Double] {
        let square = inner(z, z)
        let factor = pow(square / (1 + square), Double(shape.squashPower)) / (square + 1e-9).squareRoot()
        return z.map { $0 * factor }
    }

    private func inner(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    private func compare(_ shape: Shape, counts: [Int32]? = nil, absent: [Float]? = nil) {
        var numbers = Numbers(UInt64(shape.interests * 100 + shape.columns))
        let total = Self.lengths.reduce(0, +)
        let x = numbers.list(total * shape.rowWidth)
        let logits = numbers.list(shape.interests * total, bound: 3)
        var dv = numbers.list(Self.lengths.count * shape.interests * shape.columns)
        // Some interests without a gradient, as where only one of them is selected.
        for group in stride(from: 0, to: dv.count / shape.columns, by: 3) {
            for column in 0..<shape.columns { dv[group * shape.columns + column] = 0 }
        }
        let result = run(shape, x: x, logits: logits, dv: dv, counts: counts, absent: absent)
        var v: [Double] = []
        var dx = [Double](repeating: 0, count: x.count)
        for sequence in Self.lengths.indices {
            let own = counts.map { Int($0[sequence]) } ?? shape.interests
            let expected = reference(shape, sequence: sequence, x: x, logits: logits, own: own, absent: absent)
            for k in 0..<shape.interests { v += k < own ? expected.v[k] : expected.v[0] }
            let first = Self.lengths[..<sequence].reduce(0, +)
            for k in 0..<shape.interests {
                let source = k < own ? k : 0
                let start = (sequence * shape.interests + k) * shape.columns
                let gradient = (0..<shape.columns).map { Double(dv[start + $0]) }
                let z = expected.sums[source]
                for column in 0..<shape.columns where !gradient.allSatisfy({ $0 == 0 }) {
                    let step = 1e-5
                    var (above, below) = (z, z)
                    above[column] += step
                    below[column] -= step
                    let dz = zip(zip(squashed(above, shape), squashed(below, shape)), gradient).reduce(0) {
                        $0 + ($1.0.0 - $1.0.1) / (2 * step) * $1.1
                    }
                    for l in 0..<Self.lengths[sequence] {
                        let offset = shape.perInterest ? source * shape.columns : 0
                        dx[(first + l) * shape.rowWidth + offset + column] += expected.weights[source][l] * dz
                    }
                }
            }
        }
        #expect(areClose(result.v, v, tolerance: 2e-5))
        #expect(areClose(result.dx, dx, tolerance: 1e-4))
    }

    @Test(arguments: Shape.all + others) func `interests and derivatives follow the formulas`(shape: Shape) {
        compare(shape)
    }

    @Test(arguments: Shape.all + others) func `unused interests repeat the first and share in nothing`(shape: Shape) {
        compare(shape, counts: Self.lengths.indices.map { Int32(1 + $0 % shape.interests) })
    }

    @Test(arguments: Shape.all.filter(\.overPositions)) func `absent positions take their share`(shape: Shape) {
        var numbers = Numbers(3)
        compare(shape, absent: numbers.list(Self.lengths.count * shape.interests).map { 20 * abs($0) })
    }

    @Test(arguments: Shape.all.filter { !$0.overPositions }) func `every row is shared out as a whole`(shape: Shape) {
        var numbers = Numbers(8)
        let total = Self.lengths.reduce(0, +)
        let result = run(
            shape, x: numbers.list(total * shape.rowWidth), logits: numbers.list(shape.interests * total, bound: 60),
            dv: .init(repeating: 0, count: Self.lengths.count * shape.interests * shape.columns))
        for row in 0..<total {
            let sum = (0..<shape.interests).reduce(0) { $0 + result.weights[$1 * total + row] }
            #expect(abs(sum - 1) < 1e-6)
        }
    }

    @Test(arguments: [(1, 0), (0.2, 0), (0.5, 20)] as [(Float, Float)])
    func `rows of zeros give interests and gradients of zeros`(squashPower: Float, logitScale: Float) {
        let shape = Shape(
            interests: 3, columns: 12, iterations: 3, overPositions: false, squashPower: squashPower,
            logitScale: logitScale)
        let total = Self.lengths.reduce(0, +)
        let result = run(
            shape, x: .init(repeating: 0, count: total * 12), logits: .init(repeating: 0.5, count: 3 * total),
            dv: .init(repeating: 1, count: Self.lengths.count * 3 * 12))
        #expect(result.v.allSatisfy { $0 == 0 })
        #expect(result.dx.allSatisfy { $0 == 0 })
    }
}
