import Differentiation
import KernelCore
import Testing

/// The recorded gradients of what causal passes over whole sequences are made of, against differences; over ragged
/// sequences, longer than a block of queries too.
@Suite struct CausalGradientTests {
    static let sizes = [1, 5, 12, 16, 33]
    let histories = PackedHistories([3, 1, 0, 7, 2, 1])
    var total: Int { histories.sequences.total }

    @Test(arguments: [(5, 1), (16, 1), (12, 2), (33, 3), (24, 2)], [true, false])
    func `causal attention, with and without a bias`(shape: (size: Int, heads: Int), hasBias: Bool) {
        let pairs = CausalAttentionPlan(over: histories.sequences, heads: 1).pairCount
        for activation in [AttentionActivation.softmax, .sigmoidLinear(factor: 0.3)] {
            expectRightGradient {
                (
                    matrix($0, "q", total, shape.size), matrix($0, "k", total, shape.size),
                    matrix($0, "v", total, shape.size), matrix($0, "bias", pairs, 1)
                )
            } _: { tape, p in
                tape.causalAttention(
                    q: tape(p.0), k: tape(p.1), v: tape(p.2), bias: hasBias ? tape(p.3) : nil,
                    over: histories.sequences, heads: shape.heads, activation: activation)
            }
        }
    }

    @Test func `causal attention over more queries than a block`() {
        let long = PackedHistories([2, 61, 100])
        expectRightGradient {
            (matrix($0, "q", 163, 8), matrix($0, "k", 163, 8), matrix($0, "v", 163, 8))
        } _: { tape, p in
            tape.causalAttention(q: tape(p.0), k: tape(p.1), v: tape(p.2), over: long.sequences, heads: 2)
        }
    }

    @Test(arguments: sizes) func `means of the beginning`(size: Int) {
        expectRightGradient {
            matrix($0, "x", total, size)
        } _: { tape, x in
            tape.hyperbolicTangent(tape.prefixMeans(tape(x), over: histories.sequences))
        }
    }

    @Test(arguments: sizes, [1, 3, 17]) func `weighted means of the beginning`(size: Int, interests: Int) {
        expectRightGradient {
            (
                matrix($0, "x", total, size),
                $0.matrix("logits", rows: total, columns: interests, .normal(deviation: 1.5))
            )
        } _: { tape, p in
            tape.hyperbolicTangent(
                tape.prefixPool(tape(p.0), logits: tape(p.1), over: histories.sequences))
        }
    }

    @Test(arguments: sizes) func `all states of a gated recurrence`(size: Int) {
        expectRightGradient {
            (
                $0.matrix("x", rows: total, columns: 3 * size, .normal(deviation: 0.7)),
                $0.matrix("weight", rows: 3 * size, columns: size, .normal(deviation: 1 / Float(size).squareRoot())),
                $0.vector("bias", count: 3 * size, .normal(deviation: 0.5))
            )
        } _: { tape, p in
            tape.gatedRecurrence(tape(p.0), weight: p.1, bias: p.2, over: histories.sequences, everyRow: true)
        }
    }

    @Test(arguments: sizes) func `rows and groups of rows, some of them twice`(size: Int) {
        let rows = Fixed<Int32>([3, 0, 3, 1])
        expectRightGradient {
            matrix($0, "x", 12, size)
        } _: { tape, x in
            tape.add(
                tape.take(rows.pointer, of: tape(x), count: 4),
                tape.select(
                    UnsafePointer(tape.arena.allocateZeroed(Int32.self, count: 4)),
                    from: tape.take(rows.pointer, of: tape(x), count: 4, inGroupsOf: 3), perUser: 3))
        }
    }

    @Test(arguments: sizes.filter { $0 > 1 }) func `layer norm without a residual`(size: Int) {
        expectRightGradient {
            (
                $0.matrix("x", rows: 6, columns: size, .normal(deviation: 1)),
                $0.vector("weight", count: size, .normal(deviation: 1)),
                $0.vector("bias", count: size, .normal(deviation: 1))
            )
        } _: { tape, p in
            tape.layerNorm(tape(p.0), weight: p.1, bias: p.2)
        }
    }

    @Test(arguments: sizes) func `gates`(size: Int) {
        expectRightGradient {
            (matrix($0, "x", 4, size), matrix($0, "gate", 4, size), matrix($0, "f", 4, size))
        } _: { tape, p in
            let (x, gate, f) = (tape(p.0), tape(p.1), tape(p.2))
            let gated = tape.gatedSum(x, gate: gate, tape.swiglu(gate: f, x))
            return tape.multiply(tape.sigmoidLinear(gated), gate)
        }
    }

    @Test(arguments: sizes) func `gates, sums and norms of a matrix with itself`(size: Int) {
        expectRightGradient {
            (
                matrix($0, "x", 4, size), $0.vector("weight", count: size, .normal(deviation: 1)),
                $0.vector("bias", count: size, .normal(deviation: 1))
            )
        } _: { tape, p in
            // Each operation is the first that adds to the gradient of what it reads, by two ways.
            func own() -> Variable { tape.hyperbolicTangent(tape(p.0)) }
            let (a, b, c, d, e) = (own(), own(), own(), own(), own())
            let gates = tape.add(tape.swiglu(gate: a, a), tape.gatedSum(tape(p.0), gate: b, b))
            let norm = tape.layerNorm(c, residual: c, weight: p.1, bias: p.2)
            return tape.add(tape.add(gates, norm), tape.add(tape.multiply(d, d), tape.add(e, e)))
        }
    }

    @Test(arguments: [(2, 1), (12, 2), (48, 3)]) func `rotation`(shape: (size: Int, heads: Int)) {
        let angles = RotaryAngles(positions: 9, width: shape.size / shape.heads)
        expectRightGradient {
            matrix($0, "x", total, shape.size)
        } _: { tape, x in
            tape.hyperbolicTangent(tape.rotate(tape(x), by: angles, over: histories.sequences, heads: shape.heads))
        }
    }

    @Test(arguments: [true, false]) func `biases of distances and times`(hasTimes: Bool) {
        let moments = Fixed<Int64>((0..<total).map { Int64($0 * $0 * 50) })
        expectRightGradient {
            (
                $0.vector("distances", count: 9, .normal(deviation: 1)),
                $0.vector("times", count: TimeBuckets.count, .normal(deviation: 1)), matrix($0, "v", total, 4)
            )
        } _: { tape, p in
            let bias = tape.relativeBias(
                distances: p.0, times: hasTimes ? p.1 : nil, of: moments.pointer, over: histories.sequences)
            return tape.causalAttention(
                q: tape(p.2), k: tape(p.2), v: tape(p.2), bias: bias, over: histories.sequences, heads: 1)
        }
    }

    @Test(arguments: [1, 3], [PositiveComparison.softmax(smoothing: 0.2), .binary(power: 0.4)])
    func `smoothed and binary losses against shared negatives, all items and lists of each sample`(
        interests: Int, comparison: PositiveComparison
    ) {
        let positives = Fixed<Int32>([3, 8, 1, 5])
        let shared = Fixed<Int32>([2, 3, 7, 7, 1])
        let own = Fixed<Int32>((0..<12).map { Int32(1 + $0 * 5 % 9) })
        for rows in [
            SoftmaxNegatives.Rows.all, .shared(shared.pointer, count: 5), .perSample(own.pointer, count: 3),
        ] {
            for masks in [true, false] {
                expectRightGradient {
                    (
                        matrix($0, "x", 4 * interests, 6),
                        $0.table("items", rows: 10, columns: 6, .normal(deviation: 0.7))
                    )
                } _: { tape, p in
                    tape.softmaxLoss(
                        of: tape(p.0), InterestGroups(perUser: interests), positives: PositiveItems(positives.pointer),
                        in: p.1, against: SoftmaxNegatives(rows, masksPositives: masks, comparison: comparison))
                }
            }
        }
    }

    /// More targets than are scored at a time, and a number that no chunk divides.
    @Test(arguments: [1, 2]) func `the loss of many targets is that of the same number of samples`(interests: Int) {
        let count = 1001
        let layout = ParameterLayout()
        let x = matrix(layout.root, "x", count * interests, 4)
        let items = layout.root.table("items", rows: 90, columns: 4, .normal(deviation: 1))
        let storage = ParameterStorage(layout)
        storage.values.initialize(layout, seed: 3)
        let positives = Fixed<Int32>((0..<count).map { Int32(1 + $0 * 7 % 89) })
        let names = Fixed<UInt32>((0..<count).map { UInt32($0) })
        func run(_ targets: Tape.Targets?) -> (loss: Float, dx: [Float], row: [Float]) {
            let recording = Recording(storage, rowCapacity: 100)
            recording.tape.begin(
                .training(sampleNames: names.pointer, seed: 1, step: 1), sampleCount: targets == nil ? count : 3,
                targets: targets)
            recording.recorder.begin(in: recording.view)
            let loss = recording.tape.softmaxLoss(
                of: recording.tape(x), InterestGroups(perUser: interests), positives: PositiveItems(positives.pointer),
                in: items, against: SoftmaxNegatives(.all, masksPositives: true))
            recording.tape.backward(from: loss)
            recording.recorder.finish(sampleCount: count, loss: 0)
            return (loss.value[0], recording.dense(x), recording.rows(items)[5] ?? [])
        }
        let whole = run(nil)
        let chunks = run(Tape.Targets(names: names.pointer, count: count))
        #expect(abs(whole.loss - chunks.loss) < 1e-5 * whole.loss)
        for (one, other) in zip(whole.dx + whole.row, chunks.dx + chunks.row) {
            #expect(abs(one - other) < 1e-4 * max(abs(one), 0.01))
        }
    }
}
