import Differentiation
import KernelCore
import Testing

/// The recorded gradient of every operation against differences, over ragged sequences (with lengths 0 and 1) and over
/// sizes that fill no vector, one, and several with a remainder.
@Suite struct OperationGradientTests {
    static let sizes = [1, 5, 8, 12, 16, 33, 64]
    static let lengths = [3, 1, 0, 7, 2, 1]
    let histories = PackedHistories(Self.lengths)
    var total: Int { histories.sequences.total }

    @Test(arguments: sizes) func `linear with a bias`(size: Int) {
        expectRightGradient {
            (
                matrix($0, "x", 7, size), matrix($0, "weight", size + 3, size),
                $0.vector("bias", count: size + 3, .normal(deviation: 1))
            )
        } _: { tape, p in
            tape.linear(tape(p.0), weight: p.1, bias: p.2)
        }
    }

    @Test(arguments: sizes) func `linear without a bias`(size: Int) {
        expectRightGradient {
            (matrix($0, "x", 7, size), matrix($0, "weight", 9, size))
        } _: { tape, p in
            tape.linear(tape(p.0), weight: p.1, bias: nil)
        }
    }

    @Test(arguments: sizes) func `linear with a matrix for every group, one of them without rows`(size: Int) {
        let groups = Fixed<Int32>([3, 0, 3, 3, 1, 0, 3])
        expectRightGradient {
            (matrix($0, "x", groups.count, size), matrix($0, "weight", 4 * 6, size))
        } _: { tape, p in
            tape.groupedLinear(tape(p.0), groups: groups.pointer, weight: p.1, outputs: 6)
        }
    }

    @Test(arguments: sizes) func `add, also of a value to itself`(size: Int) {
        expectRightGradient {
            (matrix($0, "a", 3, size), matrix($0, "b", 3, size))
        } _: { tape, p in
            let sum = tape.add(tape(p.0), tape(p.1))
            return tape.hyperbolicTangent(tape.add(sum, sum))
        }
    }

    @Test(arguments: sizes) func `tanh on both sides of its change of formula`(size: Int) {
        expectRightGradient {
            $0.matrix("x", rows: 5, columns: size, .uniform(bound: 2))
        } _: { tape, x in
            tape.hyperbolicTangent(tape(x))
        }
    }

    @Test(arguments: sizes) func `relu`(size: Int) {
        expectRightGradient {
            matrix($0, "x", 5, size)
        } prepare: { values, x in
            for index in 0..<x.count { values(x)[index] += values(x)[index] < 0 ? -0.2 : 0.2 }
        } _: { tape, x in
            tape.relu(tape(x))
        }
    }

    @Test(arguments: sizes) func `rows of a table and of a dense matrix, with repeated numbers`(size: Int) {
        let numbers = Fixed<Int32>([3, 1, 3, 3, 6, 1])
        expectRightGradient {
            ($0.table("table", rows: 8, columns: size, .normal(deviation: 1)), matrix($0, "dense", 8, size))
        } _: { tape, p in
            tape.hyperbolicTangent(
                tape.add(
                    tape.rows(numbers.pointer, of: p.0, count: numbers.count),
                    tape.rows(numbers.pointer, of: p.1, count: numbers.count)))
        }
    }

    @Test(arguments: sizes) func `scores with repeated candidates`(size: Int) {
        let candidates = Fixed<Int32>([4, 2, 4, 1, 7, 7, 7, 2, 1])
        for isTable in [true, false] {
            expectRightGradient {
                (
                    matrix($0, "users", 3, size),
                    isTable
                        ? $0.table("items", rows: 8, columns: size, .normal(deviation: 1))
                        : matrix($0, "items", 8, size)
                )
            } _: { tape, p in
                tape.scores(of: tape(p.0), candidates: candidates.pointer, perUser: 3, in: p.1)
            }
        }
    }

    @Test(arguments: sizes) func `softmax over sequences`(size: Int) {
        expectRightGradient {
            matrix($0, "x", total, size)
        } _: { tape, x in
            tape.sequenceSoftmax(tape(x), over: histories.sequences)
        }
    }

    @Test(arguments: sizes.filter { $0 > 1 }) func `softmax over rows`(size: Int) {
        expectRightGradient {
            matrix($0, "x", 5, size)
        } _: { tape, x in
            tape.rowSoftmax(tape(x))
        }
    }

    @Test(arguments: sizes, [1, 3, 4, 9]) func `pool`(size: Int, interests: Int) {
        expectRightGradient {
            (matrix($0, "x", total, size), matrix($0, "weights", total, interests))
        } _: { tape, p in
            tape.pool(tape(p.0), weights: tape(p.1), over: histories.sequences)
        }
    }

    @Test(arguments: sizes, [1, 4, 6]) func `mix`(size: Int, interests: Int) {
        expectRightGradient {
            (matrix($0, "x", 3 * interests, size), matrix($0, "weights", 3, interests))
        } _: { tape, p in
            tape.mix(tape(p.0), weights: tape(p.1))
        }
    }

    @Test(arguments: sizes) func `select`(size: Int) {
        let choice = Fixed<Int32>([2, 0, 1, 2])
        expectRightGradient {
            matrix($0, "x", 12, size)
        } _: { tape, x in
            tape.hyperbolicTangent(tape.select(choice.pointer, from: tape(x), perUser: 3))
        }
    }

    @Test(
        arguments: [(5, 1), (16, 1), (12, 2), (33, 3), (64, 4), (24, 2)], [AttentionQueries.all, .causal, .newest])
    func `attention with one and several heads`(shape: (size: Int, heads: Int), queries: AttentionQueries) {
        let asking = queries == .newest ? Self.lengths.count : total
        expectRightGradient {
            (
                matrix($0, "q", asking, shape.size), matrix($0, "k", total, shape.size),
                matrix($0, "v", total, shape.size)
            )
        } _: { tape, p in
            tape.attention(
                q: tape(p.0), k: tape(p.1), v: tape(p.2), over: histories.sequences, heads: shape.heads,
                queries: queries)
        }
    }

    @Test(arguments: [(5, 1), (12, 2), (64, 4)], [AttentionQueries.all, .causal, .newest])
    func `attention with rows for pairs of positions`(shape: (size: Int, heads: Int), queries: AttentionQueries) {
        let asking = queries == .newest ? Self.lengths.count : total
        let pairs = queries.pairCount(in: histories.sequences)
        let slots = Fixed<Int32>((0..<pairs).map { Int32($0 * 5 % 4) })
        expectRightGradient {
            (
                matrix($0, "q", asking, shape.size), matrix($0, "k", total, shape.size),
                matrix($0, "v", total, shape.size), matrix($0, "keys", 4, shape.size),
                matrix($0, "values", 4, shape.size)
            )
        } _: { tape, p in
            tape.attention(
                q: tape(p.0), k: tape(p.1), v: tape(p.2),
                relative: Tape.Relative(slots: slots.pointer, keys: tape(p.3), values: tape(p.4)),
                over: histories.sequences, heads: shape.heads, queries: queries)
        }
    }

    @Test(arguments: sizes) func `the newest row of each sequence`(size: Int) {
        expectRightGradient {
            matrix($0, "x", total, size)
        } _: { tape, x in
            tape.hyperbolicTangent(tape.newest(tape(x), over: histories.sequences))
        }
    }

    @Test(arguments: sizes) func `mean of rows of a table and of a dense matrix`(size: Int) {
        let numbers = Fixed<Int32>((0..<total).map { Int32($0 * 3 % 8) })
        expectRightGradient {
            ($0.table("table", rows: 8, columns: size, .normal(deviation: 1)), matrix($0, "dense", 8, size))
        } _: { tape, p in
            tape.hyperbolicTangent(
                tape.add(
                    tape.meanRows(numbers.pointer, of: p.0, over: histories.sequences),
                    tape.meanRows(numbers.pointer, of: p.1, over: histories.sequences)))
        }
    }

    @Test(arguments: sizes.filter { $0 > 1 }) func `layer norm with a residual`(size: Int) {
        expectRightGradient {
            (
                $0.matrix("x", rows: 6, columns: size, .normal(deviation: 1)),
                $0.matrix("residual", rows: 6, columns: size, .normal(deviation: 1)),
                $0.vector("weight", count: size, .normal(deviation: 1)),
                $0.vector("bias", count: size, .normal(deviation: 1))
            )
        } _: { tape, p in
            tape.layerNorm(tape(p.0), residual: tape(p.1), weight: p.2, bias: p.3)
        }
    }

    @Test(arguments: sizes) func `layer norm of a value that is its own residual`(size: Int) {
        guard size > 1 else { return }
        expectRightGradient {
            (
                $0.matrix("x", rows: 3, columns: size, .normal(deviation: 1)),
                $0.vector("weight", count: size, .constant(1)), $0.vector("bias", count: size, .constant(0))
            )
        } _: { tape, p in
            tape.layerNorm(tape(p.0), residual: tape(p.0), weight: p.1, bias: p.2)
        }
    }

    @Test(arguments: sizes) func `gated recurrence`(size: Int) {
        expectRightGradient {
            (
                $0.matrix("x", rows: total, columns: 3 * size, .normal(deviation: 0.7)),
                $0.matrix("weight", rows: 3 * size, columns: size, .normal(deviation: 1 / Float(size).squareRoot())),
                $0.vector("bias", count: 3 * size, .normal(deviation: 0.5))
            )
        } _: { tape, p in
            tape.gatedRecurrence(tape(p.0), weight: p.1, bias: p.2, over: histories.sequences)
        }
    }

    @Test(arguments: sizes) func `dropout by rows and over sequences`(size: Int) {
        let declare = { (scope: ParameterScope) in
            (matrix(scope, "x", total, size), matrix(scope, "users", Self.lengths.count, size))
        }
        expectRightGradient(declare, samples: Self.lengths.indices.map { UInt32(40 + 3 * $0) }, step: 3) { tape, p in
            let x = tape(p.0)
            let kept = tape.add(tape.dropout(x, rate: 0.4, over: histories.sequences), x)
            let users = tape.add(tape.dropout(tape(p.1), rate: 0.4), tape(p.1))
            let ones = tape.sequenceSoftmax(kept, over: histories.sequences)
            let pooled = tape.pool(kept, weights: ones, over: histories.sequences)
            let choice = UnsafePointer(tape.arena.allocateZeroed(Int32.self, count: users.rows))
            return tape.add(tape.select(choice, from: pooled, perUser: size), users)
        }
    }

    /// One iteration, so that the weights are constants: they depend on the given logits alone.
    @Test(arguments: sizes, [true, false]) func `routing`(size: Int, overPositions: Bool) {
        let counts = Fixed<Int32>([3, 1, 2, 3, 2, 1])
        let users = Fixed<Int32>([4, 9, 2, 3, 8, 1])
        for counts in [counts.pointer, nil] {
            expectRightGradient {
                $0.matrix("x", rows: total, columns: size, .normal(deviation: 1))
            } _: { tape, x in
                let plan = RoutingPlan(
                    over: histories.sequences, to: InterestGroups(perUser: 3, counts: counts), columns: size,
                    iterations: 1, overPositions: overPositions)
                let logits = tape.standardNormals(columns: 3, over: histories.sequences, users: users.pointer)
                return tape.route(tape(x), by: plan, logits: logits)
            }
        }
    }

    @Test(arguments: sizes, [1, 2, 2.5, 3] as [Float])
    func `label-aware attention, to interests and positives`(size: Int, power: Float) {
        let positives = Fixed<Int32>([3, 0, 1, 0, 3, 0, 6, 0])
        let counts = Fixed<Int32>([3, 1, 2, 3])
        for counts in [counts.pointer, nil] {
            expectRightGradient {
                (
                    $0.matrix("x", rows: 12, columns: size, .normal(deviation: 1)),
                    $0.table("items", rows: 7, columns: size, .normal(deviation: 1.5 / Float(size).squareRoot()))
                )
            } _: { tape, p in
                tape.labelAwareAttention(
                    tape(p.0), InterestGroups(perUser: 3, counts: counts),
                    positives: PositiveItems(positives.pointer, stride: 2), in: p.1, power: power)
            }
        }
    }

    @Test(arguments: [1, 5]) func `ranking loss`(negatives: Int) {
        expectRightGradient {
            $0.matrix("scores", rows: 9, columns: 1 + negatives, .normal(deviation: 1.5))
        } _: { tape, scores in
            tape.rankingLoss(tape(scores))
        }
    }

    @Test(arguments: [0.2, 1, 3] as [Float]) func `distillation loss`(temperature: Float) {
        let target = Fixed<Float>((0..<24).map { Float(($0 * 7) % 11) / 11 })
        expectRightGradient {
            matrix($0, "logits", 6, 4)
        } _: { tape, logits in
            tape.distillationLoss(target: target.pointer, logits: tape(logits), temperature: temperature)
        }
    }

    /// Operations after one another, variables used twice, and a loss that is one 32-bit number.
    @Test func `a model of embeddings, attention, pooling and a ranking loss`() {
        let items = Fixed<Int32>((0..<total).map { Int32(1 + $0 * 5 % 9) })
        let candidates = Fixed<Int32>((0..<Self.lengths.count * 3).map { Int32(1 + $0 * 7 % 9) })
        let choice = Fixed<Int32>([0, 1, 1, 0, 1, 0])
        expectRightGradient {
            (
                $0.table("items", rows: 10, columns: 12, .normal(deviation: 0.7)),
                $0.table("positions", rows: 9, columns: 12, .normal(deviation: 0.7)),
                matrix($0, "hidden", 8, 12), $0.vector("hidden_bias", count: 8, .normal(deviation: 0.5)),
                matrix($0, "out", 2, 8)
            )
        } _: { tape, p in
            let values = tape.rows(items.pointer, of: p.0, count: total)
            let keys = tape.add(
                values, tape.rows(tape.positionsFromNewest(histories.sequences), of: p.1, count: total))
            let hidden = tape.hyperbolicTangent(tape.linear(keys, weight: p.2, bias: p.3))
            let weights = tape.sequenceSoftmax(tape.linear(hidden, weight: p.4, bias: nil), over: histories.sequences)
            let interests = tape.pool(values, weights: weights, over: histories.sequences)
            let users = tape.select(choice.pointer, from: interests, perUser: 2)
            return tape.rankingLoss(tape.scores(of: users, candidates: candidates.pointer, perUser: 3, in: p.0))
        }
    }
}
