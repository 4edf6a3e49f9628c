import Differentiation
import Interactions
import KernelCore
import Recommenders
import Testing

/// ComiRec-DR against ``DynamicRoutingReference``, and what tells it from MIND.
@Suite struct ComiRecDRTests {
    private static let itemCount = 12
    private static let size = 8
    private static let interests = 3
    private static let histories: [[Int]] = [[3], [5, 1, 9, 9, 2, 7], [7, 8, 11, 4, 2, 12, 1, 6, 3]]
    private static let candidates: [[Int]] = [[4, 6], [3, 10], [1, 5]]

    private static func options(
        iterations: Int = 3, routing: RoutingNormalization = .interests
    ) -> ModelOptions {
        var options = ModelOptions()
        options.embeddingSize = size
        options.interests = interests
        options.historyMax = 9
        options[DynamicRouting.iterations] = iterations
        options[DynamicRouting.normalization] = routing
        return options
    }

    /// The model with parameters large enough for interests that differ.
    private struct Built {
        let model: any Recommender
        let storage: ParameterStorage
        let reference: DynamicRoutingReference
        let parameters: DynamicRoutingReference.Parameters

        init(_ options: ModelOptions, of name: String = "ComiRec-DR") throws {
            let layout = ParameterLayout()
            let entry = try #require(RecommenderCatalogue.entry(named: name))
            model = entry.model(
                ModelContext(options, userCount: 5, itemCount: ComiRecDRTests.itemCount), in: layout.root)
            let storage = ParameterStorage(layout)
            self.storage = storage
            storage.values.initialize(layout, seed: 5)
            let items = model.items.table
            for index in items.columns..<items.count { storage.values(items)[index] *= 60 }
            let matrices = layout.specification(named: "routing.W.weight")?.parameter
            reference = DynamicRoutingReference(
                interests: options.interests, iterations: options[DynamicRouting.iterations],
                overPositions: options[DynamicRouting.normalization] == .positions, size: options.embeddingSize)
            func numbers(_ parameter: Parameter) -> [Double] {
                (0..<parameter.count).map { Double(storage.values(parameter)[$0]) }
            }
            parameters = .init(items: numbers(items), matrices: matrices.map(numbers) ?? [])
        }

        func interests(_ batch: PackedBatch, seed: UInt64 = 1) -> [Float] {
            let tape = Tape(parameters: storage.values)
            tape.begin(.scoring(seed: seed))
            let queries = model.queries(of: batch, on: tape)
            return (0..<queries.vectors.count).map { queries.vectors.value[$0] }
        }
    }

    private static func batch(_ histories: [[Int]] = histories) -> PackedBatch {
        let batch = PackedBatch()
        batch.fill(
            users: histories.indices.map { Int32($0 + 1) }, histories: histories.map { $0.map { Int32($0) } },
            candidates: candidates[..<histories.count].map { $0.map { Int32($0) } })
        return batch
    }

    @Test(arguments: [1, 3, 4], RoutingNormalization.allCases)
    func `interests are those of plain loops`(iterations: Int, routing: RoutingNormalization) throws {
        let built = try Built(Self.options(iterations: iterations, routing: routing))
        let expected = Self.histories.flatMap { history in
            let x = built.reference.predictions(history, built.parameters)
            return built.reference.capsules(x, built.reference.weights(x)).flatMap { $0 }
        }
        let found = built.interests(Self.batch())
        #expect(found.count == expected.count)
        for (found, expected) in zip(found, expected) {
            #expect(abs(Double(found) - expected) < 2e-6 + 2e-5 * abs(expected))
        }
        #expect(expected.contains { abs($0) > 0.3 })
    }

    /// All iterations but the last treat x as constant: the derivative is that of the loss with the last weights held.
    @Test(arguments: [3, 1], RoutingNormalization.allCases)
    func `the gradient is that of plain loops with the last weights held`(
        iterations: Int, routing: RoutingNormalization
    ) throws {
        let built = try Built(Self.options(iterations: iterations, routing: routing))
        let reference = built.reference
        let held = Self.histories.map { reference.weights(reference.predictions($0, built.parameters)) }
        let chosen = zip(zip(Self.histories, held), Self.candidates).map { user, candidates in
            let capsules = reference.capsules(reference.predictions(user.0, built.parameters), user.1)
            return reference.nearest(capsules, to: candidates[0], built.parameters)
        }
        func loss(_ parameters: DynamicRoutingReference.Parameters) -> Double {
            Self.histories.indices.reduce(0) { total, user in
                let x = reference.predictions(Self.histories[user], parameters)
                return total
                    + reference.loss(
                        reference.capsules(x, held[user]), chosen: chosen[user], candidates: Self.candidates[user],
                        parameters)
            }
        }
        func derivative(_ element: WritableKeyPath<DynamicRoutingReference.Parameters, Double>) -> Double {
            var (above, below) = (built.parameters, built.parameters)
            above[keyPath: element] += 1e-5
            below[keyPath: element] -= 1e-5
            return (loss(above) - loss(below)) / 2e-5
        }

        let layout = GradientLayout(built.storage.layout, rowCapacity: 64)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: layout.byteCount, alignment: 64)
        defer { memory.deallocate() }
        let (view, recorder) = (GradientView(layout, at: memory), GradientRecorder(layout))
        let tape = Tape(parameters: built.storage.values, gradients: recorder)
        let batch = Self.batch()
        tape.begin(.training(sampleNames: batch.sampleNames, seed: 1, step: 1))
        recorder.begin(in: view)
        let recorded = built.model.trainingLoss(of: batch, under: .ranking, on: tape)
        tape.backward(from: recorded)
        recorder.finish(sampleCount: batch.count, loss: Double(recorded.value[0]))
        #expect(abs(Double(recorded.value[0]) - loss(built.parameters)) < 1e-5)

        let matrices = try #require(built.storage.layout.specification(named: "routing.W.weight")).parameter
        var largest = 0.0
        for index in stride(from: 0, to: matrices.count, by: 5) {
            let expected = derivative(\.matrices[index])
            let found = Double(view.dense[matrices.offset + index])
            #expect(abs(found - expected) < 2e-6 + 1e-4 * abs(expected), "matrices[\(index)]")
            largest = max(largest, abs(expected))
        }
        #expect(largest > 1e-2)
        for index in 0..<view.rowCount(0) {
            let entry = view.entries(0)[index]
            for column in 0..<Self.size {
                let expected = derivative(\.items[Int(entry.row) * Self.size + column])
                let found = Double(view.row(0, slot: entry.slot)[column])
                #expect(abs(found - expected) < 2e-6 + 1e-4 * abs(expected), "item \(entry.row), \(column)")
            }
        }
    }

    @Test func `every position and interest has a matrix of its own`() throws {
        let built = try Built(Self.options())
        let specification = try #require(built.storage.layout.specification(named: "routing.W.weight"))
        #expect(specification.shape == [9, Self.interests * Self.size, Self.size])
        #expect(built.storage.layout.specification(named: "routing.S.weight") == nil)
        // With one matrix for all positions the order of the history would not matter.
        let forwards = built.interests(Self.batch([[5, 1, 9]]))
        let backwards = built.interests(Self.batch([[9, 1, 5]]))
        #expect(zip(forwards, backwards).contains { abs($0 - $1) > 1e-2 })
    }

    @Test func `nothing in it is drawn, unlike MIND`() throws {
        let batch = Self.batch()
        let dynamic = try Built(Self.options())
        #expect(dynamic.interests(batch, seed: 1) == dynamic.interests(batch, seed: 2))
        let mind = try Built(Self.options(), of: "MIND")
        #expect(mind.interests(batch, seed: 1) != mind.interests(batch, seed: 2))
    }

    /// Where two models had the same parameters and the same loss, one would be the other by another name.
    @Test func `no model is another one by another name`() throws {
        var losses: [String: Float] = [:]
        for entry in RecommenderCatalogue.entries where entry.training.isTrained && !entry.needs.contains(.graph) {
            for stage in entry.stages.isEmpty ? [nil] : entry.stages.map(Optional.some) {
                let layout = ParameterLayout()
                let model = entry.model(
                    ModelContext(Self.options(), stage: stage, userCount: 5, itemCount: Self.itemCount),
                    in: layout.root)
                let storage = ParameterStorage(layout)
                storage.values.initialize(layout, seed: 5)
                for specification in layout.specifications {
                    let values = storage.values(specification.parameter)
                    for index in 0..<specification.parameter.count { values[index] *= 20 }
                }
                let batch = Self.batch()
                let tape = Tape(parameters: storage.values)
                tape.begin(.training(sampleNames: batch.sampleNames, seed: 1, step: 1))
                let loss = model.trainingLoss(of: batch, under: .ranking, on: tape).value[0]
                let name = [entry.name, stage?.rawValue].compactMap { $0 }.joined(separator: " ")
                for (other, value) in losses { #expect(value != loss, "\(name) has the loss of \(other)") }
                losses[name] = loss
            }
        }
        #expect(losses.count > 8)
    }
}
