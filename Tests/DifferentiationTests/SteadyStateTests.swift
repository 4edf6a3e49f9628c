import Differentiation
import Glibc
import KernelCore
import Testing

/// After the first mini-batches a step takes no memory from the system and gives none back.
@Suite struct SteadyStateTests {
    /// A model with every operation, over mini-batches of changing shape.
    private final class Model {
        let moments = Fixed<Int64>((0..<64).map { Int64($0 * $0) })
        let angles = RotaryAngles(positions: 10, width: 6)
        let lengths = [[3, 1, 0, 7, 2], [9, 9, 1], [1], [0, 4], [2, 2, 2, 2, 2, 2, 2]]
        let histories: [PackedHistories]
        let names = Fixed<UInt32>((0..<16).map { 100 + $0 })
        let numbers = Fixed<Int32>((0..<64).map { 1 + Int32($0 * 13 % 37) })
        let choice = Fixed<Int32>((0..<16).map { Int32($0 % 3) })
        let users = Fixed<Int32>((0..<16).map { 7 + $0 })
        let counts = Fixed<Int32>((0..<16).map { 1 + $0 % 3 })
        let target = Fixed<Float>((0..<48).map { Float($0 % 5) })
        let items: Parameter
        let positions: Parameter
        let projection: Parameter
        let projectionBias: Parameter
        let recurrent: Parameter
        let recurrentBias: Parameter
        let interests: Parameter
        let mixture: MixtureNetworkParameters
        let gate: Parameter
        let square: Parameter
        let half: Parameter
        let norm: Parameter
        let normBias: Parameter
        let storage: ParameterStorage
        let arena = Arena(capacity: 1024)
        let recording: Recording
        let width = 12

        init() {
            histories = lengths.map { PackedHistories($0) }
            let layout = ParameterLayout()
            let root = layout.root
            items = root.table("items", rows: 40_000, columns: width, .normal(deviation: 0.5))
            positions = root.table("positions", rows: 20, columns: width, .normal(deviation: 0.5))
            projection = root.matrix("projection", rows: 3 * width, columns: width, .xavierUniform)
            projectionBias = root.vector("projection_bias", count: 3 * width, .constant(0.1))
            recurrent = root.matrix("recurrent", rows: 3 * width, columns: width, .xavierUniform)
            recurrentBias = root.vector("recurrent_bias", count: 3 * width, .constant(0.1))
            interests = root.matrix("interests", rows: 3, columns: width, .xavierUniform)
            gate = root.matrix("gate", rows: 6, columns: 3, .xavierUniform)
            square = root.matrix("square", rows: width, columns: width, .xavierUniform)
            half = root.matrix("half", rows: 8, columns: width, .xavierUniform)
            mixture = MixtureNetworkParameters(
                first: root.matrix("mixture_first", rows: 4, columns: 6, .xavierUniform),
                bias: root.vector("mixture_bias", count: 4, .constant(0.1)),
                second: root.matrix("mixture_second", rows: 6, columns: 4, .xavierUniform))
            norm = root.vector("norm", count: width, .constant(1))
            normBias = root.vector("norm_bias", count: width, .constant(0))
            storage = ParameterStorage(layout)
            storage.values.initialize(layout, seed: 1)
            recording = Recording(storage, rowCapacity: 256, arena: arena)
        }

        /// The operations of causal passes.
        private func everyPosition(_ x: Variable, _ tape: Tape, _ sequences: JaggedOffsets) -> Variable {
            let bias = tape.relativeBias(distances: norm, times: nil, of: moments.pointer, over: sequences)
            let turned = tape.rotate(x, by: angles, over: sequences, heads: 2)
            let attended = tape.causalAttention(
                q: turned, k: turned, v: x, bias: bias, over: sequences, heads: 2,
                activation: .sigmoidLinear(factor: 0.1))
            let gated = tape.gatedSum(
                x, gate: attended, tape.swiglu(gate: x, tape.layerNorm(attended, weight: norm, bias: normBias)))
            let newest = newestQueries(3, tape, sequences)
            let asking = tape.dropout(
                tape.outerSum(tape.newest(x, over: sequences), tape(interests)), rate: 0.1, inGroupsOf: 3)
            let found = tape.causalAttention(
                q: tape.rotate(asking, by: angles, over: sequences, heads: 2, queries: newest), k: turned, v: gated,
                over: sequences, heads: 2, queries: newest)
            let states = tape.gatedRecurrence(
                tape.linear(tape.multiply(gated, tape.sigmoidLinear(x)), weight: projection, bias: projectionBias),
                weight: recurrent, bias: recurrentBias, over: sequences, everyRow: true)
            let pooled = tape.prefixPool(
                tape.prefixMeans(states, over: sequences), logits: tape.linear(x, weight: interests, bias: nil),
                over: sequences)
            let count = sequences.count
            let vectors = tape.take(choice.pointer, of: pooled, count: min(count, pooled.rows / 9), inGroupsOf: 3)
            let negatives = SoftmaxNegatives.Rows.shared(numbers.pointer, count: 9)
            let smoothed = tape.softmaxLoss(
                of: vectors, InterestGroups(perUser: 3), positives: PositiveItems(numbers.pointer), in: items,
                against: SoftmaxNegatives(negatives, comparison: .softmax(smoothing: 0.1)))
            let binary = SoftmaxNegatives(negatives, comparison: .binary(power: 0.5))
            let positives = PositiveItems(numbers.pointer)
            let groups = InterestGroups(perUser: 3)
            return tape.add(
                tape.add(
                    smoothed, tape.softmaxLoss(of: found, groups, positives: positives, in: items, against: binary)),
                tape.softmaxLoss(of: vectors, groups, positives: positives, in: items, against: binary))
        }

        /// Queries behind the newest position of each sequence.
        private func newestQueries(_ size: Int, _ tape: Tape, _ sequences: JaggedOffsets) -> CausalQueries {
            let offsets = tape.arena.allocate(Int32.self, count: sequences.count + 1)
            let seen = tape.arena.allocate(Int32.self, count: sequences.count)
            for sequence in 0..<sequences.count {
                offsets[sequence] = Int32(sequence)
                seen[sequence] = Int32(sequences.length(sequence))
            }
            offsets[sequences.count] = Int32(sequences.count)
            return CausalQueries(
                groups: JaggedOffsets(offsets: offsets, count: sequences.count), seen: seen, perGroup: size)
        }

        /// The operations between histories, interests and concepts.
        private func concepts(_ x: Variable, _ tape: Tape, _ sequences: JaggedOffsets) -> Variable {
            let users = tape.newest(x, over: sequences)
            let rows = tape.largestProducts(of: projection, with: users, count: 3)
            let chosen = tape.rows(rows, of: projection, count: 3 * sequences.count)
            let active = tape.gateRows(chosen, gates: tape.scores(of: users, items: chosen, perUser: 3, scale: 0.5))
            let shares = tape.rowSoftmax(tape.sequenceProducts(x, with: active, perSequence: 3, over: sequences))
            let hidden = tape.linear(
                tape.spread(active, weights: shares, over: sequences), weight: projection, bias: nil)
            let weights = tape.sequenceSoftmax(tape.blockProducts(hidden, weight: interests), over: sequences)
            let pooled = tape.pool(x, weights: tape.multiply(shares, weights), over: sequences)
            let groups = InterestGroups(perUser: 3, counts: counts.pointer)
            let own = tape.labelAwareAttention(pooled, groups, positives: users, scale: 2)
            return tape.add(
                tape.rankingLoss(tape.scores(of: own, candidates: numbers.pointer, perUser: 4, in: items)),
                tape.rowCovariance(of: projection, weight: 0.1))
        }

        /// A loss of mixtures of logits, of 3 x 2 vectors of 4 and 6 numbers.
        private func mixtures(_ x: Variable, _ tape: Tape, _ sequences: JaggedOffsets) -> Variable {
            let users = tape.newest(x, over: sequences)
            func gates(_ x: Variable) -> Variable {
                tape.linear(tape.linear(x, weight: interests, bias: nil), weight: gate, bias: nil)
            }
            func vectors(_ x: Variable, parts: Int) -> MixtureVectors {
                MixtureVectors(
                    vectors: tape.linear(
                        tape.normalizeRows(x, parts: parts), weight: parts == 3 ? square : half, bias: nil),
                    gates: gates(x))
            }
            let count = sequences.count
            return tape.mixtureLoss(
                of: vectors(users, parts: 3), positives: PositiveItems(numbers.pointer),
                own: vectors(tape.rows(numbers.pointer, of: items, count: count), parts: 2),
                against: SoftmaxNegatives(.shared(numbers.pointer, count: 20), masksPositives: true),
                items: vectors(tape.rows(numbers.pointer, of: items, count: 20), parts: 2), by: mixture,
                MixtureShape(users: 3, items: 2, size: 4, hidden: 4), scale: 3)
        }

        func step(_ number: Int) {
            let sequences = histories[number % histories.count].sequences
            recording.step(samples: names, seed: 7, step: UInt32(number)) { tape in
                let values = tape.rows(numbers.pointer, of: items, count: sequences.total)
                let placed = tape.add(
                    values, tape.rows(tape.positionsFromNewest(sequences), of: positions, count: sequences.total))
                let attended = tape.attention(
                    q: placed, k: placed, v: placed, over: sequences, heads: 2, queries: .causal)
                let kept = tape.dropout(attended, rate: 0.2, over: sequences)
                let normed = tape.relu(tape.layerNorm(kept, residual: placed, weight: norm, bias: normBias))
                let gates = tape.linear(normed, weight: projection, bias: projectionBias)
                let user = tape.gatedRecurrence(gates, weight: recurrent, bias: recurrentBias, over: sequences)
                let logits = tape.linear(tape.hyperbolicTangent(user), weight: interests, bias: nil)
                let weights = tape.sequenceSoftmax(
                    tape.linear(normed, weight: interests, bias: nil), over: sequences)
                let pooled = tape.pool(values, weights: weights, over: sequences)
                let mixed = tape.mix(pooled, weights: tape.rowSoftmax(logits))
                let chosen = tape.select(choice.pointer, from: pooled, perUser: 3)
                let groups = InterestGroups(perUser: 3, counts: self.counts.pointer)
                let plan = RoutingPlan(
                    over: sequences, to: groups, columns: width, iterations: 2, overPositions: number % 2 == 0)
                let routed = tape.route(
                    placed, by: plan,
                    logits: tape.standardNormals(columns: 3, over: sequences, users: self.users.pointer))
                let attentive = tape.labelAwareAttention(
                    routed, groups, positives: PositiveItems(numbers.pointer, stride: 4), in: items, power: 2)
                let sum = tape.add(tape.add(tape.add(mixed, chosen), user), attentive)
                let users = tape.dropout(sum, rate: 0.1)
                let scores = tape.scores(of: users, candidates: numbers.pointer, perUser: 4, in: items)
                let distribution = NegativeDistribution(itemCount: 500)
                let drawn = tape.select(
                    tape.drawInterests(
                        logits.value, count: sequences.count, of: InterestGroups(perUser: 3), temperature: 1),
                    from: pooled, perUser: 3)
                let shared = tape.softmaxLoss(
                    of: drawn, positives: PositiveItems(numbers.pointer), in: items,
                    against: SoftmaxNegatives(.shared(tape.sampleNegatives(20, from: distribution), count: 20)))
                let own = SoftmaxNegatives(
                    .perSample(tape.sampleNegatives(3, sampleCount: sequences.count, from: distribution), count: 3),
                    masksPositives: true, importance: 0.5)
                let all = tape.softmaxLoss(
                    of: routed, groups, positives: PositiveItems(numbers.pointer), in: items, against: own)
                let apart = tape.add(
                    tape.routingRegularization(weights, over: sequences, size: width, weight: 1),
                    tape.interestSimilarity(routed, groups, margin: 0, weight: 1))
                let sums = tape.add(tape.add(shared, all), apart)
                let objective = tape.add(
                    tape.add(sums, everyPosition(values, tape, sequences)), concepts(placed, tape, sequences))
                return tape.add(
                    tape.add(tape.add(objective, mixtures(placed, tape, sequences)), tape.rankingLoss(scores)),
                    tape.distillationLoss(target: target.pointer, logits: logits, temperature: 0.5))
            }
        }
    }

    @Test func `the arena holds one block and the same number of bytes for the same mini-batch`() {
        let model = Model()
        var bytes: [Int] = []
        for step in 0..<20 {
            model.step(step)
            if step < 5 { bytes.append(model.arena.bytesInUse) }
            // The first round grows the arena; it comes together at the beginning of the step after.
            if step > 5 {
                #expect(model.arena.blockCount == 1)
                #expect(model.arena.bytesInUse == bytes[step % 5])
            }
        }
    }

    @Test func `the same step has the same bits whatever came before it`() {
        func gradient(_ steps: [Int]) -> [UInt32] {
            let model = Model()
            for step in steps { model.step(step) }
            let rows = model.recording.rows(model.items).sorted { $0.key < $1.key }
            return bits(rows.flatMap { $0.value } + model.recording.dense(model.recurrent))
                + [UInt32(truncatingIfNeeded: model.recording.view.loss.bitPattern >> 32)]
        }
        #expect(gradient([3]) == gradient([0, 1, 2, 3]))
        #expect(gradient([4, 3, 1]) == gradient([1]))
    }

    /// The steps run in a process from which all memory has been taken away: an allocation of any size ends it.
    @Test func `steps run with no memory left to allocate`() async {
        await #expect(processExitsWith: .success) {
            let model = Model()
            for step in 0..<15 { model.step(step) }
            takeAllMemory()
            for step in 15..<40 { model.step(step) }
            // Straight out: the usual way would allocate.
            _exit(model.recording.view.loss.isFinite && model.recording.view.loss > 0 ? 0 : 1)
        }
    }

    /// That the test above can fail: one small array too many does end the process.
    @Test func `an allocation with no memory left ends the process`() async {
        await #expect(processExitsWith: .failure) {
            let model = Model()
            for step in 0..<15 { model.step(step) }
            takeAllMemory()
            let list = [Float](unsafeUninitializedCapacity: model.storage.layout.denseCount % 64 + 4) { $1 = $0.count }
            _exit(list.count > 0 ? 0 : 1)
        }
    }
}

/// Forbids the process to grow, and uses up what its allocator still holds, from large pieces to the smallest.
private func takeAllMemory() {
    // An end without a report of it, which would need memory; and an end in any case.
    for number in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { signal(number, SIG_DFL) }
    alarm(10)
    var limit = rlimit()
    for resource in [RLIMIT_AS, RLIMIT_DATA].map({ __rlimit_resource_t($0.rawValue) }) {
        getrlimit(resource, &limit)
        limit.rlim_cur = 0
        setrlimit(resource, &limit)
    }
    var size = 1 << 26
    var last: UnsafeMutableRawPointer?
    while size >= 16 {
        // Each piece holds the address of the one before, or the compiler would leave the calls out.
        while let piece = malloc(size) {
            piece.storeBytes(of: last, as: UnsafeMutableRawPointer?.self)
            last = piece
        }
        size = size > 1024 ? size / 2 : size - 8
    }
    heldMemory = last
}

nonisolated(unsafe) private var heldMemory: UnsafeMutableRawPointer?
