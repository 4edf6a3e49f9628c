import Differentiation
import FileIO
import Foundation
import Interactions
import KernelCore
import Recommenders
import Testing

/// Mixtures of logits against `scripts/peers/mixture.py`, which computes them pair by pair in double precision: scores,
/// losses, and gradients by differences.
@Suite struct MixtureReferenceTests {
    private struct ReferenceError: Error {}

    private static func numbers(_ value: JSONValue?) throws -> [Double] {
        switch value {
        case .array(let elements)?: try elements.flatMap { try numbers($0) }
        case .integer(let number)?: [Double(number)]
        case .number(let number)?: [number]
        default: throw ReferenceError()
        }
    }

    private static func number(_ value: JSONValue?) throws -> Double {
        try #require(try numbers(value).first)
    }

    private static func elements(_ value: JSONValue?) throws -> [JSONValue] {
        guard case .array(let elements)? = value else { throw ReferenceError() }
        return elements
    }

    /// eSASRec with a target at every position, with the parameters of the reference.
    private final class Setting {
        let file: JSONValue
        let itemCount: Int
        let model: any Recommender
        let objective: Objective
        let storage: ParameterStorage
        let batch = PackedBatch()
        private let negatives: [Int32]

        init(_ change: (inout ObjectiveOptions, JSONValue) throws -> Void = { _, _ in }) throws {
            let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Mixture.json")
            file = try JSONValue(parsing: [UInt8](Data(contentsOf: path)))
            let entry = try #require(RecommenderCatalogue.entry(named: "eSASRec"))
            guard case .object(let members)? = file["options"] else { throw ReferenceError() }
            var options = ModelOptions()
            for member in members {
                guard case .string(let text) = member.value else { throw ReferenceError() }
                let isSet = options.set(try #require(entry.option(called: member.key)), to: text)
                #expect(isSet)
            }
            var training = ObjectiveOptions()
            training.loss = .sampledSoftmax
            training.score = .mixture
            training.scoreTemperature = Float(try number(file["score-temperature"]))
            training.mixtureUsers = Int(try number(file["mixture"]?["users"]))
            training.mixtureItems = Int(try number(file["mixture"]?["items"]))
            training.mixtureSize = Int(try number(file["mixture"]?["size"]))
            training.mixtureHidden = Int(try number(file["mixture"]?["hidden"]))
            try change(&training, file)
            itemCount = Int(try number(file["items"]))
            negatives = try numbers(file["negatives"]).map { Int32($0) }
            let context = ModelContext(options, userCount: 3, itemCount: itemCount)
            let layout = ParameterLayout()
            model = entry.model(context, in: layout.root)
            objective = Objective(training, negatives: negatives.count, context, in: layout.root)
            storage = ParameterStorage(layout)
            for specification in layout.specifications {
                let values = try numbers(file["parameters"]?[specification.name])
                let parameter = specification.parameter
                try #require(values.count == parameter.count, "\(specification.name)")
                for (index, value) in values.enumerated() { storage.values(parameter)[index] = Float(value) }
            }
            batch.fill(
                users: [1, 2, 3], histories: try elements(file["histories"]).map { try numbers($0).map { Int32($0) } },
                candidates: try elements(file["targets"]).map { try numbers($0).map { [Int32($0)] } },
                times: try elements(file["times"]).map { try numbers($0).map { Int64($0) } })
        }

        private func withTape<Result>(
            _ gradients: GradientRecorder?, _ pass: Tape.Pass, _ body: (Tape) -> Result
        ) -> Result {
            let tape = Tape(parameters: storage.values, gradients: gradients)
            return negatives.withUnsafeBufferPointer { negatives in
                tape.givenItems = negatives.baseAddress
                tape.begin(
                    pass, sampleCount: batch.count,
                    targets: Tape.Targets(names: batch.targetNames, count: batch.targetCount))
                return body(tape)
            }
        }

        /// The scores of all items for each target.
        func scores() throws -> [[Float]] {
            let mixture = try #require(objective.mixture)
            let table = mixture.items(of: model.items, on: Tape(parameters: storage.values))
            return withTape(nil, .scoring(seed: 0)) { tape in
                let users = mixture.users(model.queries(of: batch, on: tape).vectors, on: tape)
                let items = (1...Int32(itemCount)).map { $0 }
                return (0..<users.count).map { user in
                    var scores = [Float](repeating: .nan, count: itemCount)
                    Kernel.mixtureScores(
                        of: items, count: itemCount, in: table, for: users, user: user, scratch: tape.arena,
                        into: &scores)
                    return scores
                }
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

    @Test func `the scores of all items are those of the reference`() throws {
        let setting = try Setting()
        let expected = try Self.elements(setting.file["scores"]).map { try Self.numbers($0) }
        let found = try setting.scores()
        try #require(found.count == expected.count)
        for (found, expected) in zip(found, expected) {
            try #require(found.count == expected.count)
            #expect(zip(found, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 })
        }
    }

    @Test(arguments: ["plain", "masked", "smoothed", "important"])
    func `losses and gradients are those of the reference`(name: String) throws {
        let setting = try Setting { options, file in
            switch name {
            case "masked": options.masksHits = true
            case "smoothed": options.labelSmoothing = Float(try Self.number(file["smoothing"]))
            case "important": options.importance = Float(try Self.number(file["importance"]))
            default: break
            }
        }
        let (loss, derivatives) = setting.gradient()
        let expected = try Self.number(setting.file["losses"]?[name])
        #expect(abs(loss - expected) < 3e-5 * expected)
        #expect(derivatives.keys.count { $0.hasPrefix("mixture.") } == 12)
        for (parameter, found) in derivatives {
            let expected = try Self.numbers(setting.file["gradients"]?[name]?[parameter])
            try #require(found.count == expected.count)
            let largest = expected.reduce(0) { max($0, abs($1)) }
            // The attention does not see what is added to all of its scores.
            #expect(largest > 1e-5 || parameter.hasSuffix("key.bias"), "\(parameter)")
            for (found, expected) in zip(found, expected) {
                #expect(abs(found - expected) < 2e-4 * largest + 3e-6, "\(parameter)")
            }
        }
    }
}
