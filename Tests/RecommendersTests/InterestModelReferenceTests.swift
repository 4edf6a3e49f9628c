import Differentiation
import FileIO
import Foundation
import Interactions
import KernelCore
import Recommenders
import Testing

/// SINE, and MIND with cosines and with other squashings, against `scripts/peers/interest_models.py`, which computes them
/// user by user in double precision: vectors, losses, and gradients by differences.
@Suite struct InterestModelReferenceTests {
    private struct ReferenceError: Error {}

    private static func numbers(_ value: JSONValue?) throws -> [Double] {
        switch value {
        case .array(let elements)?: try elements.flatMap { try numbers($0) }
        case .integer(let number)?: [Double(number)]
        case .number(let number)?: [number]
        default: throw ReferenceError()
        }
    }

    private static func elements(_ value: JSONValue?) throws -> [JSONValue] {
        guard case .array(let elements)? = value else { throw ReferenceError() }
        return elements
    }

    private static func text(_ value: JSONValue?) throws -> String {
        guard case .string(let text)? = value else { throw ReferenceError() }
        return text
    }

    /// A model with the parameters of a case, and its objective.
    private final class Setting {
        let name: String
        let model: any Recommender
        let objective: Objective
        let storage: ParameterStorage
        let batch = PackedBatch()
        private let negatives: [Int32]
        private let normals: [Float]

        init(_ item: JSONValue, of file: JSONValue) throws {
            name = try text(item["name"])
            let entry = try #require(RecommenderCatalogue.entry(named: try text(item["model"])))
            guard case .object(let members)? = item["options"] else { throw ReferenceError() }
            var options = ModelOptions()
            for member in members {
                let option = try #require(entry.option(called: member.key), "\(member.key)")
                let isSet = options.set(option, to: try text(member.value))
                #expect(isSet)
            }
            negatives = try numbers(file["negatives"]).map { Int32($0) }
            normals = try item["normals"].map { try numbers($0).map { Float($0) } } ?? []
            let itemCount = Int(try numbers(file["items"])[0])
            let context = ModelContext(options, userCount: 3, itemCount: itemCount)
            var training = ObjectiveOptions()
            training.loss = .sampledSoftmax
            training.score = try #require(ScoreRule(rawValue: try text(item["score"])))
            training.scoreTemperature = Float(try numbers(file["score-temperature"])[0])
            let layout = ParameterLayout()
            model = entry.model(context, in: layout.root)
            objective = Objective(training, negatives: negatives.count, batchSize: 3, context, in: layout.root)
            storage = ParameterStorage(layout)
            for specification in layout.specifications {
                let values = try numbers(item["parameters"]?[specification.name])
                let parameter = specification.parameter
                try #require(values.count == parameter.count, "\(specification.name)")
                for (index, value) in values.enumerated() { storage.values(parameter)[index] = Float(value) }
            }
            let histories = try elements(file["histories"]).map { try numbers($0).map { Int32($0) } }
            let positives = try numbers(file["positives"]).map { Int32($0) }
            batch.fill(users: [1, 2, 3], histories: histories, candidates: positives.map { [$0] })
        }

        /// Runs `body` on a tape that draws what the reference drew.
        private func withTape<Result>(
            _ gradients: GradientRecorder?, _ pass: Tape.Pass, _ body: (Tape) -> Result
        ) -> Result {
            let tape = Tape(parameters: storage.values, gradients: gradients)
            return normals.withUnsafeBufferPointer { normals in
                negatives.withUnsafeBufferPointer { negatives in
                    tape.givenNormals = normals.baseAddress
                    tape.givenItems = negatives.baseAddress
                    tape.begin(pass, sampleCount: batch.count)
                    return body(tape)
                }
            }
        }

        /// `[B * K]` vectors, and how many each user really has.
        var queries: (vectors: [[Float]], perUser: Int, counts: [Int]) {
            withTape(nil, .scoring(seed: 0)) { tape in
                let found = model.queries(of: batch, on: tape)
                let vectors = (0..<found.vectors.rows).map { row in
                    (0..<found.vectors.columns).map { found.vectors.matrix.row(row)[$0] }
                }
                return (vectors, found.perUser, (0..<batch.count).map { found.groups.count($0) })
            }
        }

        /// The loss, and its derivatives by the names of the parameters.
        func gradient() -> (loss: Double, derivatives: [String: [Double]]) {
            let layout = GradientLayout(storage.layout, rowCapacity: 16)
            let memory = UnsafeMutableRawPointer.allocate(byteCount: layout.byteCount, alignment: 64)
            defer { memory.deallocate() }
            let (view, recorder) = (GradientView(layout, at: memory), GradientRecorder(layout))
            recorder.begin(in: view)
            let loss = withTape(recorder, .training(sampleNames: batch.sampleNames, seed: 0, step: 1)) { tape in
                let loss = model.trainingLoss(of: batch, under: objective, on: tape)
                tape.backward(from: loss)
                return Double(loss.value[0])
            }
            recorder.finish(sampleCount: batch.count, loss: loss)
            return (loss, view.derivatives(of: storage.layout))
        }
    }

    private static func settings() throws -> [(setting: Setting, reference: JSONValue)] {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "InterestModels.json")
        let file = try JSONValue(parsing: [UInt8](Data(contentsOf: path)))
        return try elements(file["cases"]).map { (try Setting($0, of: file), $0) }
    }

    @Test func `the vectors of users are those of the reference`() throws {
        let settings = try Self.settings()
        #expect(settings.count == 5)
        for (setting, reference) in settings {
            let found = setting.queries
            for (user, own) in try Self.elements(reference["vectors"]).enumerated() {
                let expected = try Self.elements(own).map { try Self.numbers($0) }
                #expect(found.counts[user] == expected.count, "\(setting.name)")
                for place in 0..<found.perUser {
                    // In the rows that are left the first interest stands again.
                    let vector = expected[place < expected.count ? place : 0]
                    for (number, expected) in zip(found.vectors[user * found.perUser + place], vector) {
                        #expect(
                            abs(Double(number) - expected) < 3e-5 * max(1, abs(expected)), "\(setting.name), \(user)")
                    }
                }
            }
        }
    }

    @Test func `losses and gradients are those of the reference`() throws {
        for (setting, reference) in try Self.settings() {
            let (loss, derivatives) = setting.gradient()
            let expected = try Self.numbers(reference["loss"])[0]
            #expect(abs(loss - expected) < 3e-5 * expected, "\(setting.name)")
            for (name, found) in derivatives {
                let expected = try Self.numbers(reference["gradients"]?[name])
                try #require(found.count == expected.count)
                let largest = expected.reduce(0) { max($0, abs($1)) }
                // One number for all concepts, which the softmax over them does not see.
                #expect(largest > 1e-5 || name == "norm2.bias", "\(setting.name), \(name)")
                for (found, expected) in zip(found, expected) {
                    #expect(abs(found - expected) < 2e-4 * largest + 3e-6, "\(setting.name), \(name)")
                }
            }
        }
    }
}
