import Differentiation
import Testing

/// Every model against the reference tensors: loss, gradient, scores and ten optimizer steps.
@Suite struct GoldenTests {
    @Test func `the golden folder holds cases of every model of Facet`() throws {
        let models = Set(GoldenCase.supported.map(\.model))
        let expected = [
            "BPRMF", "LightGCN", "GRU4Rec", "YouTube", "MIND", "SASRec", "TiSASRec", "ComiRec", "TiMiRec",
        ]
        #expect(models.isSuperset(of: expected))
    }

    @Test(arguments: GoldenCase.supported.filter { !$0.model.hasPrefix("bam") }, [1, 3])
    func `loss and gradients agree, whole and divided among shards`(_ golden: GoldenCase, shards: Int) throws {
        let model = try GoldenModel(golden, shards: shards)
        let loss = model.computeGradients()
        let reference = try golden.tensors.doubles("out.loss")[0]
        #expect(abs(loss - reference) <= 5e-6 + 5e-5 * abs(reference))
        for specification in model.layout.specifications {
            let name = specification.name
            Self.compare(
                model.gradient(of: specification.parameter), try golden.tensors.doubles("grad.\(name)"),
                specification, absolute: 5e-6, "gradient of \(name)")
        }
    }

    @Test(arguments: GoldenCase.supported)
    func `scores agree`(_ golden: GoldenCase) throws {
        let scores = try GoldenModel(golden, shards: 1).evaluationScores()
        let reference = try golden.tensors.doubles(golden.evaluation.scores)
        try #require(scores.count == reference.count)
        let worst = zip(scores, reference).map { abs(Double($0) - $1) - 5e-5 * abs($1) }.max() ?? 0
        #expect(worst <= 5e-6)
    }

    @Test(arguments: GoldenCase.supported.filter { !$0.model.hasPrefix("bam") }, [1, 3])
    func `ten Adam steps agree`(_ golden: GoldenCase, shards: Int) throws {
        let model = try GoldenModel(golden, shards: shards)
        let losses = try golden.tensors.doubles("steps.loss")
        for step in 1...10 {
            let loss = model.takeStep()
            #expect(abs(loss - losses[step - 1]) <= 5e-6 + 5e-5 * abs(losses[step - 1]), "loss before step \(step)")
            guard [1, 3, 10].contains(step) else { continue }
            for specification in model.layout.specifications
            where !golden.zeroGradientParameters.contains(specification.name) {
                Self.compare(
                    model.values(of: specification.parameter),
                    try golden.tensors.doubles("step\(step).\(specification.name)"), specification,
                    absolute: step == 10 ? 2e-5 : 5e-6, "\(specification.name) after step \(step)")
            }
        }
    }

    /// |x - reference| <= absolute + 5e-5 |reference| for all elements but those of a padding row.
    private static func compare(
        _ values: [Float], _ reference: [Double], _ specification: ParameterSpecification, absolute: Double,
        _ what: String
    ) {
        #expect(values.count == reference.count, "\(what): sizes differ")
        let first = specification.kind == .table(paddingRow: true) ? specification.parameter.columns : 0
        var worst = -Double.infinity
        for index in first..<min(values.count, reference.count) {
            // A value that is not a number must fail too.
            let excess = abs(Double(values[index]) - reference[index]) - 5e-5 * abs(reference[index])
            worst = excess.isNaN ? .infinity : max(worst, excess)
        }
        #expect(worst <= absolute, "\(what) is off by \(worst)")
    }
}
