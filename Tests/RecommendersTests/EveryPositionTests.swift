import Differentiation
import Interactions
import Recommenders
import Testing

/// Models that are trained with a target at every position, in one causal pass.
@Suite struct EveryPositionTests {
    struct Case: Sendable, CustomStringConvertible {
        let model: String
        let stage: TrainingStage?
        let change: @Sendable (inout ModelOptions) -> Void
        /// Whether what a position gets does not depend on what comes after it in the window, as where positions are
        /// counted from the newest item.
        let ignoresWindow: Bool

        init(
            _ model: String, _ stage: TrainingStage? = nil, ignoresWindow: Bool = false,
            change: @escaping @Sendable (inout ModelOptions) -> Void = { _ in }
        ) {
            self.model = model
            self.stage = stage
            self.ignoresWindow = ignoresWindow
            self.change = change
        }

        var description: String { [model, stage?.rawValue].compactMap { $0 }.joined(separator: " ") }
    }

    static let cases = [
        Case("GRU4Rec", ignoresWindow: true) { $0[GRU4Rec.hiddenSize] = 6 },
        Case("YouTubeDNN", ignoresWindow: true),
        Case("SASRec"),
        Case("SASRec") {
            $0[TransformerLayer.layers] = 2
            $0[TransformerLayer.heads] = 2
            $0[TransformerLayer.dropout] = 0.2
        },
        Case("TiSASRec") {
            $0[TimeIntervals.timeMax] = 5
            $0[TransformerLayer.layers] = 2
        },
        Case("eSASRec") { $0[TransformerLayer.layers] = 2 },
        Case("eSASRec", ignoresWindow: true) {
            $0[ESASRec.rotary] = true
            $0[TransformerLayer.heads] = 2
            $0[TransformerLayer.dropout] = 0.2
            $0[GatedTransformerLayer.feedForward] = 2
        },
        Case("gSASRec") {
            $0[TransformerLayer.layers] = 2
            $0[TransformerLayer.dropout] = 0.2
        },
        Case("HSTU") {
            $0[TransformerLayer.layers] = 2
            $0[TransformerLayer.heads] = 2
        },
        Case("HSTU") { $0[HSTU.timeBias] = false },
        Case("KuaiFormer") { $0.interests = 3 },
        Case("KuaiFormer", ignoresWindow: true) {
            $0.interests = 2
            $0[ESASRec.rotary] = true
            $0[TransformerLayer.heads] = 2
            $0[TransformerLayer.dropout] = 0.2
        },
        Case("ComiRec") { $0.interests = 3 },
        Case("ComiRec", ignoresWindow: true) { $0[ComiRec.addPositions] = false },
        Case("BaM-ComiRec", ignoresWindow: true) { $0.interests = 3 },
        Case("TiMiRec", .pretrain) { $0[MultiInterestExtractor.causalTransformer] = true },
        Case("TiMiRec", .pretrain, ignoresWindow: true) {
            $0[MultiInterestExtractor.addTransformer] = false
            $0[ComiRec.addPositions] = false
        },
    ]

    /// A small model with values that are large enough to tell.
    private final class Setting {
        let model: any Recommender
        let storage: ParameterStorage
        let histories: [[Int32]] = [[3], [5, 1, 9, 9, 2], [7, 8, 11]]
        let times: [[Int64]] = [[100], [5, 7, 7, 20, 36], [1, 4, 9]]
        let gaps: [Int64] = [.max, 2, 3]
        let batch = PackedBatch()

        init(_ input: Case) throws {
            var options = ModelOptions()
            options.embeddingSize = 8
            options.historyMax = 9
            input.change(&options)
            let entry = try #require(RecommenderCatalogue.entry(named: input.model))
            #expect(entry.objectiveSupport(options, input.stage).contains(.everyPosition))
            let layout = ParameterLayout()
            model = entry.model(
                ModelContext(options, stage: input.stage, userCount: 4, itemCount: 12), in: layout.root)
            storage = ParameterStorage(layout)
            storage.values.initialize(layout, seed: 5)
            for specification in layout.specifications where specification.initialization == .embedding {
                let values = storage.values(specification.parameter)
                for index in 0..<specification.parameter.count { values[index] *= 40 }
                if specification.name.hasSuffix("linear1.bias") {
                    for index in 0..<specification.parameter.count { values[index] = index % 2 == 0 ? 6 : -6 }
                }
            }
        }

        func vectors(_ batch: PackedBatch) -> [[Float]] {
            let tape = Tape(parameters: storage.values)
            tape.begin(
                .scoring(seed: 2), sampleCount: batch.count,
                targets: Tape.Targets(names: batch.targetNames, count: batch.targetCount))
            let queries = model.queries(of: batch, on: tape)
            #expect(tape.error == nil)
            let width = queries.perUser * queries.vectors.columns
            return (0..<batch.targetCount).map { target in
                (0..<width).map { queries.vectors.value[target * width + $0] }
            }
        }

        /// Targets behind the rows that are asked for.
        func fillTargets(where isTarget: (Int, Int) -> Bool = { _, _ in true }) {
            batch.fill(
                users: [1, 2, 4], histories: histories,
                candidates: histories.enumerated().map { sequence, history in
                    history.indices.map { row in
                        isTarget(sequence, row) ? [Int32(1 + (row * 5 + sequence) % 12), 3, Int32(2 + row)] : []
                    }
                },
                times: times, sampleNames: [3, 8, 1], smallestTimeGaps: gaps)
        }
    }

    @Test(arguments: cases)
    func `what the newest position gets in the causal pass is what is evaluated`(_ input: Case) throws {
        let setting = try Setting(input)
        setting.fillTargets()
        let everywhere = setting.vectors(setting.batch)
        #expect(everywhere.count == 9)
        let newest = [0, 5, 8].map { everywhere[$0] }
        setting.fillTargets { sequence, row in row == setting.histories[sequence].count - 1 }
        #expect(setting.vectors(setting.batch) == newest, "targets are rows of the same pass")
        let batch = PackedBatch()
        batch.fill(
            users: [1, 2, 4], histories: setting.histories, candidates: [[4], [3], [1]], times: setting.times,
            sampleNames: [3, 8, 1], smallestTimeGaps: setting.gaps)
        for (one, other) in zip(setting.vectors(batch), newest) { expectClose(one, other) }
    }

    @Test(arguments: cases.filter(\.ignoresWindow))
    func `a position without a place in the window gets what its own history is evaluated with`(_ input: Case) throws {
        let setting = try Setting(input)
        setting.fillTargets()
        let everywhere = setting.vectors(setting.batch)
        let prefixes = setting.histories.enumerated().flatMap { sequence, history in
            history.indices.map { (sequence, Array(history[...$0]), Array(setting.times[sequence][...$0])) }
        }
        let batch = PackedBatch()
        batch.fill(
            users: prefixes.map { [1, 2, 4][$0.0] }, histories: prefixes.map(\.1),
            candidates: prefixes.map { _ in [4] },
            times: prefixes.map(\.2), smallestTimeGaps: prefixes.map { setting.gaps[$0.0] })
        for (one, other) in zip(setting.vectors(batch), everywhere) { expectClose(one, other) }
    }

    @Test(arguments: cases) func `the gradient of the loss over all positions is right`(_ input: Case) throws {
        let setting = try Setting(input)
        // The choice of the hardest interest has corners.
        var options = ObjectiveOptions()
        options.selection = .expected
        let objective = Objective(
            options, ModelContext(ModelOptions(), userCount: 4, itemCount: 12), in: ParameterLayout().root)
        // A subset: rows without a target take part as history alone.
        setting.fillTargets { sequence, row in (sequence + row) % 3 != 1 }
        let targets = Tape.Targets(names: setting.batch.targetNames, count: setting.batch.targetCount)
        let worst = try GradientCheck(
            setting.storage, sampleNames: [3, 8, 1], targets: targets, seed: 2, step: 4, elementsPerParameter: 12
        ).worstDeviation { setting.model.trainingLoss(of: setting.batch, under: objective, on: $0) }
        #expect(worst.relative < 10 * GradientCheck.tolerance, "\(worst)")
    }

    @Test func `a model without such a pass does not say that it has one`() throws {
        for name in ["BPRMF", "LightGCN", "MIND", "ComiRec-DR", "BaM-MIND", "POP"] {
            let entry = try #require(RecommenderCatalogue.entry(named: name))
            #expect(!entry.objectiveSupport(ModelOptions(), nil).contains(.everyPosition), "\(name)")
        }
        let entry = try #require(RecommenderCatalogue.entry(named: "TiMiRec"))
        #expect(!entry.objectiveSupport(ModelOptions(), .pretrain).contains(.everyPosition), "it looks ahead")
        #expect(!entry.objectiveSupport(ModelOptions(), .finetune).contains(.everyPosition))
    }

    private func expectClose(_ one: [Float], _ other: [Float], sourceLocation: SourceLocation = #_sourceLocation) {
        let size = max(one.map(abs).max() ?? 0, 1e-3)
        let worst = zip(one, other).map { abs($0 - $1) }.max() ?? 0
        #expect(worst < 1e-5 * size, "\(worst) of \(size)", sourceLocation: sourceLocation)
    }
}
