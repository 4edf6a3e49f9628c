import Differentiation
import Interactions
import KernelCore
import Recommenders
import Testing

/// MIND: its options, its random logits, its interests by length of the history.
@Suite struct RoutingModelTests {
    private static let itemCount = 12

    /// A model with parameters large enough for interests that differ.
    private struct Built {
        let model: any Recommender
        let storage: ParameterStorage

        init(_ options: ModelOptions) throws {
            let layout = ParameterLayout()
            let entry = try #require(RecommenderCatalogue.entry(named: "MIND"))
            model = entry.model(
                ModelContext(options, userCount: 50, itemCount: RoutingModelTests.itemCount), in: layout.root)
            storage = ParameterStorage(layout)
            var stream = RandomStream(seed: 4, purpose: .synthesis, iteration: 0, element: 0)
            for specification in layout.specifications {
                let parameter = specification.parameter
                let isTable = specification.kind == .table(paddingRow: true)
                for index in (isTable ? parameter.columns : 0)..<parameter.count {
                    storage.values(parameter)[index] = 2 * stream.nextUniform() - 1
                }
            }
        }

        /// The interests of each user of a batch, `[users][K * d]`.
        func interests(_ batch: PackedBatch, _ pass: Tape.Pass) -> [[Float]] {
            let tape = Tape(parameters: storage.values)
            tape.begin(pass)
            let queries = model.queries(of: batch, on: tape)
            let width = queries.perUser * queries.vectors.columns
            return (0..<batch.count).map { user in (0..<width).map { queries.vectors.value[user * width + $0] } }
        }
    }

    private static func options(interests: Int = 4) -> ModelOptions {
        var options = ModelOptions()
        options.embeddingSize = 8
        options.interests = interests
        return options
    }

    /// Histories of the given lengths.
    private static func batch(users: [Int32], lengths: [Int]) -> PackedBatch {
        let batch = PackedBatch()
        batch.fill(
            users: users,
            histories: zip(users, lengths).map { user, length in
                (0..<length).map { 1 + (user * 5 + Int32($0) * 7) % Int32(itemCount) }
            },
            candidates: users.map { [1 + $0 % 3, 4 + $0 % 5, 9] })
        return batch
    }

    @Test func `scoring is repeatable, training is drawn anew`() throws {
        let built = try Built(Self.options())
        let batch = Self.batch(users: [3, 4, 5], lengths: [6, 9, 2])
        let scored = built.interests(batch, .scoring(seed: 1))
        #expect(built.interests(batch, .scoring(seed: 1)) == scored)
        let alone = built.interests(Self.batch(users: [4], lengths: [9]), .scoring(seed: 1))[0]
        #expect(zip(alone, scored[1]).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(built.interests(batch, .scoring(seed: 2)) != scored)
        func train(_ step: UInt32) -> [[Float]] {
            built.interests(batch, .training(sampleNames: batch.sampleNames, seed: 1, step: step))
        }
        #expect(train(1) == train(1))
        #expect(train(1) != train(2))
        #expect(train(1) != scored)
    }

    @Test func `every option changes the interests`() throws {
        let batch = Self.batch(users: [3, 4, 5], lengths: [6, 9, 20])
        func interests(_ change: (inout ModelOptions) -> Void) throws -> [[Float]] {
            var options = Self.options()
            change(&options)
            return try Built(options).interests(batch, .scoring(seed: 1))
        }
        let all = try [
            interests { _ in }, interests { $0[DynamicRouting.iterations] = 1 },
            interests { $0[DynamicRouting.normalization] = .positions },
            interests { $0[DynamicRouting.reluLayer] = true }, interests { $0[MIND.adaptiveInterests] = true },
        ]
        for (index, one) in all.enumerated() {
            for other in all[(index + 1)...] { #expect(one != other) }
        }
    }

    @Test func `the ReLU layer leaves nothing below zero`() throws {
        var options = Self.options()
        options[DynamicRouting.reluLayer] = true
        let values = try Built(options).interests(Self.batch(users: [3, 4], lengths: [6, 9]), .scoring(seed: 1))
            .flatMap { $0 }
        #expect(values.allSatisfy { $0 >= 0 } && values.contains { $0 > 0 })
    }

    @Test func `adaptive interests are the floor of the logarithm of the length, at least 1 and at most K`() throws {
        var options = Self.options()
        options[MIND.adaptiveInterests] = true
        let built = try Built(options)
        let lengths = [1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 40]
        let expected = [1, 1, 1, 2, 2, 3, 3, 4, 4, 4, 4]
        let users = lengths.indices.map { Int32($0 + 1) }
        let interests = built.interests(Self.batch(users: users, lengths: lengths), .scoring(seed: 1))
        for (own, vectors) in zip(expected, interests) {
            let each = (0..<4).map { Array(vectors[$0 * 8..<$0 * 8 + 8]) }
            #expect(Set(each).count == own)
            #expect(each[own...].allSatisfy { $0 == each[0] })
        }
    }

    @Test(arguments: [Float.infinity, 1, 2]) func `unused interests take no part in the loss`(power: Float) throws {
        // Two items: one interest of four, exactly what a model with one interest has.
        var one = Self.options(interests: 1)
        one[MIND.power] = power
        var four = Self.options(interests: 4)
        four[MIND.power] = power
        four[MIND.adaptiveInterests] = true
        let batch = Self.batch(users: [3, 4, 5], lengths: [2, 3, 1])
        func loss(_ options: ModelOptions) throws -> (loss: Float, gradients: [Float]) {
            let built = try Built(options)
            let layout = GradientLayout(built.storage.layout, rowCapacity: 64)
            let memory = UnsafeMutableRawPointer.allocate(byteCount: layout.byteCount, alignment: 64)
            defer { memory.deallocate() }
            let (view, recorder) = (GradientView(layout, at: memory), GradientRecorder(layout))
            let tape = Tape(parameters: built.storage.values, gradients: recorder)
            tape.begin(.training(sampleNames: batch.sampleNames, seed: 1, step: 1))
            recorder.begin(in: view)
            let loss = built.model.trainingLoss(of: batch, under: .ranking, on: tape)
            tape.backward(from: loss)
            recorder.finish(sampleCount: batch.count, loss: Double(loss.value[0]))
            let dense = built.storage.layout.specifications.filter { $0.kind == .dense }.flatMap { specification in
                (0..<specification.parameter.count).map { view.dense[specification.parameter.offset + $0] }
            }
            let rows = (0..<view.rowCount(0)).flatMap { index in
                (0..<8).map { view.row(0, slot: view.entries(0)[index].slot)[$0] }
            }
            return (loss.value[0], dense + rows)
        }
        let (expected, found) = try (loss(one), loss(four))
        #expect(abs(expected.loss - found.loss) < 1e-6)
        #expect(expected.gradients.contains { abs($0) > 1e-3 })
        #expect(zip(expected.gradients, found.gradients).allSatisfy { abs($0 - $1) < 1e-6 })
    }

    /// With one iteration the weights of the routing depend on the first logits alone, so that the differences of the
    /// loss know nothing that the recorded gradient does not.
    @Test(arguments: RoutingNormalization.allCases, [false, true])
    func `the gradient of MIND is right`(routing: RoutingNormalization, isAdaptive: Bool) throws {
        var options = Self.options(interests: 3)
        options[DynamicRouting.iterations] = 1
        options[DynamicRouting.normalization] = routing
        options[MIND.power] = 2
        options[MIND.adaptiveInterests] = isAdaptive
        let built = try Built(options)
        let batch = Self.batch(users: [3, 4, 5], lengths: [2, 9, 5])
        let worst = try GradientCheck(built.storage, sampleNames: [0, 1, 2], seed: 3, step: 2)
            .worstDeviation { built.model.trainingLoss(of: batch, under: .ranking, on: $0) }
        #expect(worst.relative < GradientCheck.tolerance, "\(worst)")
    }
}
