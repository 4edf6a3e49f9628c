import Differentiation
import KernelCore
import Testing

/// Causal attention of queries that stand in groups behind some positions of each sequence.
@Suite struct CausalQueryTests {
    /// Groups behind positions: for each sequence how many positions each of its groups sees.
    final class Groups {
        let histories: PackedHistories
        let groups: PackedHistories
        let seen: Fixed<Int32>

        init(_ lengths: [Int], _ seen: [[Int32]]) {
            histories = PackedHistories(lengths)
            groups = PackedHistories(seen.map(\.count))
            self.seen = Fixed(seen.flatMap { $0 })
        }

        var sequences: JaggedOffsets { histories.sequences }

        func queries(_ perGroup: Int) -> CausalQueries {
            CausalQueries(groups: groups.sequences, seen: seen.pointer, perGroup: perGroup)
        }
    }

    /// Rows without a group, two groups behind one position, an empty sequence with a group and one without.
    let few = Groups([3, 1, 0, 7, 2, 0], [[1, 3], [1], [0], [2, 2, 5], [], []])
    /// More queries of a sequence than a block has.
    let many = Groups([60, 2], [(0..<40).map { 1 + $0 * 3 / 2 }, [1, 2]])

    private func values(_ rows: Int, _ columns: Int, _ seed: Int, on tape: Tape) -> Variable {
        let x = tape.variable(rows: rows, columns: columns)
        for index in 0..<x.count { x.value[index] = Float((index * 37 + seed * 11) % 101) / 50 - 1 }
        return x
    }

    private func scoringTape() -> Tape {
        let tape = Tape(parameters: ParameterStorage(ParameterLayout()).values)
        tape.begin(.scoring(seed: 0))
        return tape
    }

    @Test(arguments: [(5, 1), (12, 2), (33, 3)], [1, 3])
    func `the gradient is right, with and without a bias`(shape: (size: Int, heads: Int), perGroup: Int) {
        let (sequences, queries) = (few.sequences, few.queries(perGroup))
        for activation in [AttentionActivation.softmax, .sigmoidLinear(factor: 0.3)] {
            for hasBias in [false, true] {
                let plan = CausalAttentionPlan(
                    over: sequences, heads: 1, activation: activation, queries: queries)
                expectRightGradient {
                    (
                        matrix($0, "q", queries.count, shape.size), matrix($0, "k", sequences.total, shape.size),
                        matrix($0, "v", sequences.total, shape.size), matrix($0, "bias", plan.pairCount, 1)
                    )
                } _: { tape, p in
                    tape.causalAttention(
                        q: tape(p.0), k: tape(p.1), v: tape(p.2), bias: hasBias ? tape(p.3) : nil, over: sequences,
                        heads: shape.heads, activation: activation, queries: queries)
                }
            }
        }
    }

    @Test func `the gradient is right for more queries than a block`() {
        let (sequences, queries) = (many.sequences, many.queries(3))
        expectRightGradient {
            (
                matrix($0, "q", queries.count, 8), matrix($0, "k", sequences.total, 8),
                matrix($0, "v", sequences.total, 8)
            )
        } _: { tape, p in
            tape.causalAttention(
                q: tape(p.0), k: tape(p.1), v: tape(p.2), over: sequences, heads: 2, queries: queries)
        }
    }

    @Test(arguments: [1, 4])
    func `a query behind a position has the bits of the query of that position`(perGroup: Int) {
        for groups in [few, many] {
            let tape = scoringTape()
            let (sequences, queries) = (groups.sequences, groups.queries(perGroup))
            let (k, v) = (values(sequences.total, 12, 1, on: tape), values(sequences.total, 12, 2, on: tape))
            let angles = RotaryAngles(positions: 60, width: 6)
            let q = values(queries.count, 12, 3, on: tape)
            let found = tape.causalAttention(
                q: tape.rotate(q, by: angles, over: sequences, heads: 2, queries: queries), k: k, v: v,
                over: sequences, heads: 2, queries: queries)
            for member in 0..<perGroup {
                for sequence in 0..<sequences.count {
                    for group in groups.groups.sequences.range(sequence) {
                        let seen = Int(groups.seen.pointer[group])
                        let query = group * perGroup + member
                        guard seen > 0 else {
                            #expect((0..<12).allSatisfy { found.value[query * 12 + $0] == 0 })
                            continue
                        }
                        // The same query at every position of all sequences, of which one is looked at.
                        let everywhere = tape.variable(rows: sequences.total, columns: 12)
                        for index in 0..<everywhere.count {
                            everywhere.value[index] = q.value[query * 12 + index % 12]
                        }
                        let expected = tape.causalAttention(
                            q: tape.rotate(everywhere, by: angles, over: sequences, heads: 2), k: k, v: v,
                            over: sequences, heads: 2)
                        let row = sequences.start(sequence) + seen - 1
                        #expect(
                            bits((0..<12).map { found.value[query * 12 + $0] })
                                == bits((0..<12).map { expected.value[row * 12 + $0] }), "\(sequence), \(group)")
                    }
                }
            }
            #expect(tape.error == nil)
        }
    }

    @Test func `what is not seen does not change a bit`() {
        let tape = scoringTape()
        let sequences = few.sequences
        func result(changing row: Int?) -> [UInt32] {
            let k = values(sequences.total, 12, 1, on: tape)
            if let row { for column in 0..<12 { k.value[row * 12 + column] += 5 } }
            let y = tape.causalAttention(
                q: values(few.queries(2).count, 12, 3, on: tape), k: k, v: k, over: sequences, heads: 2,
                queries: few.queries(2))
            return bits((0..<y.count).map { y.value[$0] })
        }
        let before = result(changing: nil)
        // The third position of the first sequence, which its second group sees, and the first does not.
        let after = result(changing: 2)
        #expect(before[..<24] == after[..<24] && before[24..<48] != after[24..<48] && before[48...] == after[48...])
    }

    @Test(arguments: [1, 3]) func `the gradient of rotated queries is right`(perGroup: Int) {
        let queries = few.queries(perGroup)
        let angles = RotaryAngles(positions: 7, width: 6)
        expectRightGradient {
            matrix($0, "x", queries.count, 12)
        } _: { tape, x in
            tape.hyperbolicTangent(
                tape.rotate(tape(x), by: angles, over: few.sequences, heads: 2, queries: queries))
        }
    }

    @Test(arguments: [(1, 1), (3, 1), (1, 4), (5, 3)]) func `sums of all pairs of rows`(rows: (x: Int, z: Int)) {
        expectRightGradient {
            (matrix($0, "x", rows.x, 9), matrix($0, "z", rows.z, 9))
        } _: { tape, p in
            tape.hyperbolicTangent(tape.outerSum(tape(p.0), tape(p.1)))
        }
        let tape = scoringTape()
        let (x, z) = (values(rows.x, 9, 1, on: tape), values(rows.z, 9, 2, on: tape))
        let y = tape.outerSum(x, z)
        #expect(y.rows == rows.x * rows.z && y.columns == 9)
        for row in 0..<y.rows {
            for column in 0..<9 {
                let sum = x.value[row / rows.z * 9 + column] + z.value[row % rows.z * 9 + column]
                #expect(y.value[row * 9 + column] == sum)
            }
        }
    }
}
