import Differentiation
import KernelCore
import Testing

/// The recorded gradient of the operations between histories, interests and concepts against differences, over the
/// sequences and sizes of ``OperationGradientTests``.
@Suite struct ConceptGradientTests {
    static let sizes = OperationGradientTests.sizes
    let histories = PackedHistories(OperationGradientTests.lengths)
    var sequences: JaggedOffsets { histories.sequences }

    @Test(arguments: sizes, [1, 3, 4, 9]) func `products of rows with the vectors of their sequence`(
        size: Int, count: Int
    ) {
        expectRightGradient {
            (matrix($0, "x", sequences.total, size), matrix($0, "v", sequences.count * count, size))
        } _: { tape, p in
            tape.sequenceProducts(tape(p.0), with: tape(p.1), perSequence: count, over: sequences)
        }
    }

    @Test(arguments: sizes, [1, 3, 4, 9]) func `spread`(size: Int, count: Int) {
        expectRightGradient {
            (matrix($0, "v", sequences.count * count, size), matrix($0, "weights", sequences.total, count))
        } _: { tape, p in
            tape.spread(tape(p.0), weights: tape(p.1), over: sequences)
        }
    }

    @Test(arguments: sizes, [1, 4]) func `products of blocks`(size: Int, count: Int) {
        expectRightGradient {
            (matrix($0, "x", 5, count * size), matrix($0, "weight", count, size))
        } _: { tape, p in
            tape.blockProducts(tape(p.0), weight: p.1)
        }
    }

    @Test(arguments: sizes) func `a gate for each row, also one of the row itself`(size: Int) {
        expectRightGradient {
            (matrix($0, "x", 6, size), matrix($0, "gates", 2, 3))
        } _: { tape, p in
            let x = tape(p.0)
            let gated = tape.gateRows(x, gates: tape(p.1))
            return tape.gateRows(gated, gates: tape.scores(of: x, items: x, perUser: 1))
        }
    }

    @Test(arguments: sizes) func `scaled scores of items on the tape`(size: Int) {
        expectRightGradient {
            (matrix($0, "users", 3, size), matrix($0, "items", 6, size))
        } _: { tape, p in
            tape.scores(of: tape(p.0), items: tape(p.1), perUser: 2, scale: 2.5)
        }
    }

    /// The gradient flows through the scores of the rows that are chosen, as SINE activates its concepts. Scores lie so far
    /// apart that a small change leaves the choice as it is.
    @Test(arguments: sizes.filter { $0 > 1 }) func `the rows with the largest products`(size: Int) {
        expectRightGradient {
            (
                $0.matrix("x", rows: 4, columns: size, .normal(deviation: 0.3 / Float(size).squareRoot())),
                $0.matrix("concepts", rows: 9, columns: size, .normal(deviation: 0.3))
            )
        } prepare: { values, p in
            for row in 0..<4 { values(p.0)[row * size] = row % 2 == 0 ? 1 : -1 }
            for row in 0..<9 { values(p.1)[row * size] = Float(row * 4 % 9) - 4 }
        } _: { tape, p in
            let x = tape(p.0)
            let rows = tape.rows(tape.largestProducts(of: p.1, with: x, count: 3), of: p.1, count: 12)
            return tape.gateRows(rows, gates: tape.scores(of: x, items: rows, perUser: 3, scale: 0.5))
        }
    }

    @Test(arguments: sizes.filter { $0 > 1 }, [1, 2, 7]) func `covariance of rows`(size: Int, rows: Int) {
        guard rows > 1 else { return }
        expectRightGradient {
            $0.matrix("concepts", rows: rows, columns: size, .normal(deviation: 1))
        } _: { tape, concepts in
            tape.rowCovariance(of: concepts, weight: 1.5)
        }
    }

    @Test(arguments: sizes, [1, 2.5] as [Float]) func `label-aware attention to positives on the tape`(
        size: Int, power: Float
    ) {
        let counts = Fixed<Int32>([3, 1, 2, 3])
        for counts in [counts.pointer, nil] {
            expectRightGradient {
                (
                    $0.matrix("x", rows: 12, columns: size, .normal(deviation: 1)),
                    $0.matrix("positives", rows: 4, columns: size, .normal(deviation: 1.5 / Float(size).squareRoot()))
                )
            } _: { tape, p in
                tape.labelAwareAttention(
                    tape(p.0), InterestGroups(perUser: 3, counts: counts), positives: tape(p.1), power: power,
                    scale: 1.5)
            }
        }
    }

    /// One iteration, so that the weights are constants.
    @Test(arguments: sizes, [0.2, 0.5, 1.7] as [Float]) func `routing with a power of the squashing`(
        size: Int, power: Float
    ) {
        let users = Fixed<Int32>([4, 9, 2, 3, 8, 1])
        expectRightGradient {
            $0.matrix("x", rows: sequences.total, columns: size, .normal(deviation: 1))
        } _: { tape, x in
            let plan = RoutingPlan(
                over: sequences, to: InterestGroups(perUser: 3), columns: size, iterations: 1, overPositions: false,
                squashPower: power)
            let logits = tape.standardNormals(columns: 3, over: sequences, users: users.pointer)
            return tape.route(tape(x), by: plan, logits: logits)
        }
    }
}
