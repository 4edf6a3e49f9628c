import Differentiation
import Interactions
import Recommenders
import Testing

/// Interests of learned tokens behind a causal Transformer.
@Suite struct KuaiFormerTests {
    /// A model with its parameters, and what it is trained for.
    private struct Setting {
        let model: any Recommender
        let objective: Objective
        let layout = ParameterLayout()
        let storage: ParameterStorage

        init(
            _ name: String, itemCount: Int = 12, objective: ObjectiveOptions = ObjectiveOptions(),
            change: (inout ModelOptions) -> Void = { _ in }
        ) throws {
            let entry = try #require(RecommenderCatalogue.entry(named: name))
            var options = entry.defaultOptions
            options.embeddingSize = 8
            options.historyMax = 9
            change(&options)
            let context = ModelContext(options, userCount: 4, itemCount: itemCount)
            model = entry.model(context, in: layout.root)
            self.objective = Objective(objective, negatives: 2, batchSize: 3, context, in: layout.root)
            storage = ParameterStorage(layout)
            storage.values.initialize(layout, seed: 5)
        }

        func vectors(_ batch: PackedBatch) -> [Float] {
            let tape = Tape(parameters: storage.values)
            tape.begin(
                .scoring(seed: 2), sampleCount: batch.count,
                targets: Tape.Targets(names: batch.targetNames, count: batch.targetCount))
            let vectors = model.queries(of: batch, on: tape).vectors
            #expect(tape.error == nil)
            return (0..<vectors.count).map { vectors.value[$0] }
        }

        func parameter(_ name: String) throws -> Parameter {
            try #require(layout.specifications.first { $0.name == name }, "\(name)").parameter
        }
    }

    private static let histories: [[Int32]] = [[3], [5, 1, 9, 9, 2], [7, 8, 11]]

    /// Targets behind the newest items, or behind all.
    private static func batch(everywhere: Bool) -> PackedBatch {
        let batch = PackedBatch()
        if everywhere {
            batch.fill(
                users: [1, 2, 4], histories: histories,
                candidates: histories.map { $0.indices.map { [Int32(1 + $0 * 5 % 12), 3, Int32(2 + $0)] } })
        } else {
            batch.fill(users: [1, 2, 4], histories: histories, candidates: [[4, 6, 12], [3, 9, 10], [1, 2, 5]])
        }
        return batch
    }

    @Test func `four interests by default`() throws {
        let setting = try Setting("KuaiFormer")
        #expect(try setting.parameter("tokens").rows == 4)
        #expect(setting.vectors(Self.batch(everywhere: false)).count == 3 * 4 * 8)
    }

    @Test(arguments: [false, true], [false, true])
    func `with one token of zeros it is eSASRec with a layer more, bit by bit`(rotary: Bool, everywhere: Bool) throws {
        func change(_ options: inout ModelOptions) {
            options[ESASRec.rotary] = rotary
            options[TransformerLayer.heads] = 2
            options.interests = 1
        }
        let setting = try Setting("KuaiFormer") {
            change(&$0)
            $0[TransformerLayer.layers] = 2
        }
        let other = try Setting("eSASRec") {
            change(&$0)
            $0[TransformerLayer.layers] = 3
        }
        var names = Set(setting.layout.specifications.map(\.name))
        for specification in other.layout.specifications {
            let name = specification.name.replacing("layers.2.", with: "token_layer.")
            names.remove(name)
            let parameter = try setting.parameter(name)
            try #require(parameter.count == specification.parameter.count)
            other.storage.values(specification.parameter).update(
                from: setting.storage.values(parameter), count: parameter.count)
        }
        #expect(names == ["tokens"])
        let batch = Self.batch(everywhere: everywhere)
        #expect(setting.vectors(batch) != other.vectors(batch))
        let tokens = try setting.parameter("tokens")
        setting.storage.values(tokens).update(repeating: 0, count: tokens.count)
        #expect(setting.vectors(batch) == other.vectors(batch))
    }

    @Test(arguments: [12, 20_000])
    func `interests begin apart, whatever the number of items, and follow the history`(items: Int) throws {
        let setting = try Setting("KuaiFormer", itemCount: items) { $0.embeddingSize = 64 }
        let vectors = setting.vectors(Self.batch(everywhere: false))
        func cosine(_ one: Int, _ other: Int) -> Float {
            func product(_ a: Int, _ b: Int) -> Float {
                (0..<64).reduce(0) { $0 + vectors[a * 64 + $1] * vectors[b * 64 + $1] }
            }
            return product(one, other) / (product(one, one) * product(other, other)).squareRoot()
        }
        for user in 0..<3 {
            for one in 0..<4 {
                for other in 0..<one { #expect(cosine(user * 4 + one, user * 4 + other) < 0.9) }
            }
        }
        for interest in 0..<4 { #expect(cosine(interest, 4 + interest) < 0.95) }
    }

    @Test func `a token does not see the others`() throws {
        let setting = try Setting("KuaiFormer") { $0.interests = 3 }
        let batch = Self.batch(everywhere: true)
        let before = setting.vectors(batch)
        let tokens = try setting.parameter("tokens")
        for column in 0..<8 { setting.storage.values(tokens)[8 + column] += 1 }
        let after = setting.vectors(batch)
        for row in 0..<before.count / 8 {
            #expect((before[row * 8..<row * 8 + 8] != after[row * 8..<row * 8 + 8]) == (row % 3 == 1))
        }
    }

    @Test func `a user without a history has interests`() throws {
        let setting = try Setting("KuaiFormer") { $0[ESASRec.rotary] = true }
        let batch = PackedBatch()
        batch.fill(users: [1, 2], histories: [[], [4, 2]], candidates: [[3], [5]])
        let vectors = setting.vectors(batch)
        #expect(vectors.count == 2 * 4 * 8 && vectors.allSatisfy(\.isFinite))
    }

    @Test(arguments: InterestSelection.allCases, [false, true])
    func `every selection trains with every loss and with products and cosines, and with dissimilarity`(
        selection: InterestSelection, everywhere: Bool
    ) throws {
        let batch = Self.batch(everywhere: everywhere)
        let targets = everywhere ? Tape.Targets(names: batch.targetNames, count: batch.targetCount) : nil
        for loss in TrainingLoss.allCases {
            for score in ScoreRule.allCases where score != .mixture {
                var options = ObjectiveOptions()
                options.selection = selection
                options.loss = loss
                options.score = score
                options.dissimilarity = 0.1
                options.hasMultiInterestLoss = loss != .bpr
                let setting = try Setting("KuaiFormer", objective: options)
                func trainingLoss() -> Float {
                    let tape = Tape(parameters: setting.storage.values)
                    tape.beginStep()
                    defer { tape.endStep() }
                    tape.begin(
                        .training(sampleNames: batch.sampleNames, seed: 1, step: 1), sampleCount: batch.count,
                        targets: targets)
                    let loss = setting.model.trainingLoss(of: batch, under: setting.objective, on: tape)
                    #expect(tape.error == nil, "\(options)")
                    return loss.value[0]
                }
                let before = trainingLoss()
                #expect(before.isFinite, "\(options)")
                let tokens = try setting.parameter("tokens")
                for index in 0..<tokens.count { setting.storage.values(tokens)[index] *= 3 }
                #expect(trainingLoss() != before, "\(options)")
            }
        }
    }
}
