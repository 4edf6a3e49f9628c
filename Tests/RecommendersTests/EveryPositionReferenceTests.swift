import Differentiation
import FileIO
import Foundation
import Interactions
import KernelCore
import Recommenders
import Testing

/// Models with a target at every position against `scripts/peers/every_position.py`, which computes each position by
/// itself in double precision.
@Suite struct EveryPositionReferenceTests {
    /// What the script has written.
    private struct Reference {
        let json: JSONValue
        let histories: [[Int32]]
        let times: [[Int64]]
        let targets: [[Int32]]
        let negatives: [Int32]
        let itemCount: Int

        init() throws {
            let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "EveryPosition.json")
            json = try JSONValue(parsing: [UInt8](Data(contentsOf: file)))
            histories = try Self.lists(json["histories"]).map { $0.map { Int32($0) } }
            times = try Self.lists(json["times"]).map { $0.map { Int64($0) } }
            targets = try Self.lists(json["targets"]).map { $0.map { Int32($0) } }
            negatives = try Self.numbers(json["negatives"]).map { Int32($0) }
            itemCount = Int(try Self.numbers(.array([json["items"] ?? .null]))[0])
        }

        static func elements(_ value: JSONValue?) throws -> [JSONValue] {
            guard case .array(let elements) = value else { throw ReferenceError() }
            return elements
        }

        static func numbers(_ value: JSONValue?) throws -> [Double] {
            try elements(value).map {
                switch $0 {
                case .integer(let number): Double(number)
                case .number(let number): number
                default: throw ReferenceError()
                }
            }
        }

        static func lists(_ value: JSONValue?) throws -> [[Double]] { try elements(value).map { try numbers($0) } }
    }

    private struct ReferenceError: Error {}

    /// A model with the parameters of a case.
    private final class Setting {
        let model: any Recommender
        let storage: ParameterStorage
        let batch = PackedBatch()
        let itemCount: Int

        init(_ item: JSONValue, _ reference: Reference) throws {
            guard case .string(let name) = item["model"], case .object(let members) = item["options"] else {
                throw ReferenceError()
            }
            let entry = try #require(RecommenderCatalogue.entry(named: name))
            var options = ModelOptions()
            for member in members {
                guard case .string(let text) = member.value else { throw ReferenceError() }
                let option = try #require(entry.option(called: member.key))
                let isSet = options.set(option, to: text)
                #expect(isSet)
            }
            itemCount = reference.itemCount
            let layout = ParameterLayout()
            model = entry.model(ModelContext(options, userCount: 3, itemCount: itemCount), in: layout.root)
            storage = ParameterStorage(layout)
            for specification in layout.specifications {
                let values = try Reference.numbers(item["parameters"]?[specification.name])
                let parameter = specification.parameter
                try #require(values.count == parameter.count, "\(specification.name)")
                for (index, value) in values.enumerated() { storage.values(parameter)[index] = Float(value) }
            }
            batch.fill(
                users: [1, 2, 3], histories: reference.histories,
                candidates: reference.targets.map { $0.map { [$0] } }, times: reference.times)
        }

        func loss(_ options: ObjectiveOptions, _ reference: Reference) -> Double {
            let objective = Objective(
                options, negatives: reference.negatives.count,
                ModelContext(ModelOptions(), userCount: 3, itemCount: itemCount), in: ParameterLayout().root)
            let tape = Tape(parameters: storage.values)
            return reference.negatives.withUnsafeBufferPointer { negatives in
                tape.givenItems = negatives.baseAddress
                tape.begin(
                    .training(sampleNames: batch.sampleNames, seed: 0, step: nil), sampleCount: batch.count,
                    targets: Tape.Targets(names: batch.targetNames, count: batch.targetCount))
                return Double(model.trainingLoss(of: batch, under: objective, on: tape).value[0])
            }
        }
    }

    @Test func `vectors at every position and the losses over them are those of the reference`() throws {
        let reference = try Reference()
        let cases = try Reference.elements(reference.json["cases"])
        #expect(cases.count == 6)
        for item in cases {
            let setting = try Setting(item, reference)
            let tape = Tape(parameters: setting.storage.values)
            tape.begin(
                .scoring(seed: 0), sampleCount: setting.batch.count,
                targets: Tape.Targets(names: setting.batch.targetNames, count: setting.batch.targetCount))
            let vectors = setting.model.queries(of: setting.batch, on: tape).vectors
            let expected = try Reference.lists(item["vectors"])
            #expect(vectors.rows == expected.count)
            for (row, own) in expected.enumerated() {
                for (column, number) in own.enumerated() {
                    let found = Double(vectors.value[row * vectors.columns + column])
                    #expect(abs(found - number) < 3e-5 * max(1, abs(number)), "\(item["name"] ?? .null), \(row)")
                }
            }
            let losses: [(name: String, change: (inout ObjectiveOptions) -> Void)] = [
                ("sampled-softmax", { $0.loss = .sampledSoftmax }),
                (
                    "masked",
                    {
                        $0.loss = .sampledSoftmax
                        $0.masksHits = true
                    }
                ),
                (
                    "smoothed",
                    {
                        $0.loss = .sampledSoftmax
                        $0.labelSmoothing = 0.2
                    }
                ),
                ("gbce", { $0.loss = .gBCE }), ("full-softmax", { $0.loss = .fullSoftmax }),
            ]
            for (name, change) in losses {
                var options = ObjectiveOptions()
                change(&options)
                let expected = try Reference.numbers(.array([item["losses"]?[name] ?? .null]))[0]
                let found = setting.loss(options, reference)
                #expect(abs(found - expected) < 3e-5 * abs(expected), "\(item["name"] ?? .null), \(name)")
            }
        }
    }
}
