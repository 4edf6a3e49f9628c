import Differentiation
import Interactions
import Recommenders
import Testing

/// The recorded gradient of whole models against differences of their loss.
@Suite struct ModelGradientTests {
    /// A model with options under which its loss has no corner near the values that are drawn: the gradients of MIND
    /// and LightGCN have tests of their own, and that of TiMiRec's finetuning stops at the target of its distillation.
    struct Case: Sendable, CustomStringConvertible {
        let model: String
        let stage: TrainingStage?
        let change: @Sendable (inout ModelOptions) -> Void

        init(
            _ model: String, _ stage: TrainingStage? = nil, change: @escaping @Sendable (inout ModelOptions) -> Void
        ) {
            self.model = model
            self.stage = stage
            self.change = change
        }

        var description: String { [model, stage?.rawValue].compactMap { $0 }.joined(separator: " ") }
    }

    static let cases = [
        Case("BPRMF") { _ in },
        Case("GRU4Rec") { $0[GRU4Rec.hiddenSize] = 6 },
        Case("YouTubeDNN") { _ in },
        Case("SASRec") { _ in },
        Case("SASRec") {
            $0[TransformerLayer.layers] = 2
            $0[TransformerLayer.heads] = 2
            $0[TransformerLayer.dropout] = 0.2
        },
        Case("TiSASRec") { $0[TimeIntervals.timeMax] = 5 },
        Case("TiSASRec") {
            $0[TimeIntervals.timeMax] = 5
            $0[TransformerLayer.layers] = 2
            $0[TransformerLayer.heads] = 4
        },
        Case("eSASRec") {
            $0[TransformerLayer.layers] = 2
            $0[TransformerLayer.dropout] = 0.2
        },
        Case("eSASRec") { $0[ESASRec.rotary] = true },
        Case("gSASRec") { $0[TransformerLayer.heads] = 2 },
        Case("HSTU") { $0[TransformerLayer.layers] = 2 },
        Case("KuaiFormer") { $0.interests = 1 },
        Case("KuaiFormer") {
            $0.interests = 3
            $0[TransformerLayer.heads] = 2
            $0[TransformerLayer.dropout] = 0.2
        },
        Case("KuaiFormer") { $0[ESASRec.rotary] = true },
        Case("ComiRec") { $0.interests = 3 },
        Case("ComiRec") { $0[ComiRec.addPositions] = false },
        Case("ComiRec-DR") { $0[DynamicRouting.iterations] = 1 },
        Case("SINE") {
            $0.interests = 3
            $0[SINE.concepts] = 9
            $0[SINE.aggregationTemperature] = 2
            $0[SINE.conceptRegularization] = 0.5
        },
        Case("SINE") {
            $0[SINE.concepts] = 4
            $0[SINE.aggregationTemperature] = 2
            $0[ComiRec.addPositions] = false
        },
        Case("TiMiRec", .pretrain) { _ in },
        Case("TiMiRec", .pretrain) { $0[MultiInterestExtractor.addTransformer] = false },
    ]

    @Test(arguments: cases) func `the gradient of the loss is right`(_ input: Case) throws {
        var options = ModelOptions()
        options.embeddingSize = 8
        options.historyMax = 9
        input.change(&options)
        let entry = try #require(RecommenderCatalogue.entry(named: input.model))
        let layout = ParameterLayout()
        let model = entry.model(
            ModelContext(options, stage: input.stage, userCount: 4, itemCount: 12), in: layout.root)
        let storage = ParameterStorage(layout)
        storage.values.initialize(layout, seed: 5)
        // The default initial values are so small that a wrong factor would hide behind the rounding.
        for specification in layout.specifications where specification.initialization == .embedding {
            let values = storage.values(specification.parameter)
            for index in 0..<specification.parameter.count { values[index] *= 40 }
            // Away from the corner of the relu: half of the units are on, half are off.
            if specification.name.hasSuffix("linear1.bias") {
                for index in 0..<specification.parameter.count { values[index] = index % 2 == 0 ? 6 : -6 }
            }
        }
        let batch = PackedBatch()
        batch.fill(
            users: [1, 2, 4], histories: [[3], [5, 1, 9, 9, 2], [7, 8, 11]],
            candidates: [[4, 6, 12], [3, 9, 10], [1, 2, 5]],
            times: [[100], [5, 7, 7, 20, 36], [1, 4, 9]], sampleNames: [3, 8, 1], smallestTimeGaps: [.max, 2, 3])
        let worst = try GradientCheck(storage, sampleNames: [3, 8, 1], seed: 2, step: 4, elementsPerParameter: 12)
            .worstDeviation { model.trainingLoss(of: batch, under: .ranking, on: $0) }
        // The loss is a single 32-bit number, whose rounding is more than 1 % of the derivatives that are a thousandth of
        // others.
        #expect(worst.relative < 10 * GradientCheck.tolerance, "\(worst)")
    }
}
