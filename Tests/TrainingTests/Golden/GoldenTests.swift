import Differentiation
import Testing

/// Every model against the reference tensors: loss, gradient, scores and ten optimizer steps.
@Suite struct GoldenTests {
    @Test func `the golden folder holds a case`() {
        #expect(!GoldenCase.supported.isEmpty, "\(GoldenCase.folder.path) holds no case of a model of Facet")
    }

    @Test func `every case of the golden folder is of a model of Facet`() { #expect(GoldenCase.unsupported == []) }

    @Test(.enabled(if: GoldenCase.isOwnFolder, "FACET_GOLDEN may hold cases of some models only"))
    func `the tests' own folder holds cases of every model that has a reference`() throws {
        let models = Set(GoldenCase.supported.map(\.model))
        let expected = [
            "BPRMF", "LightGCN", "GRU4Rec", "YouTube", "MIND", "SASRec", "TiSASRec", "ComiRec", "TiMiRec",
            "bam_comirec", "bam_mind",
        ]
        #expect(models.isSuperset(of: expected))
    }

    @Test(arguments: GoldenCase.supported, [1, 3])
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
        try #require(!scores.isEmpty)
        #expect(Self.worstExcess(scores, reference) <= 5e-6)
    }

    @Test(arguments: GoldenCase.supported, [1, 3])
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
        let worst = worstExcess(values.dropFirst(first), reference.dropFirst(first))
        #expect(worst <= absolute, "\(what) is off by \(worst)")
    }

    /// The largest `|x - reference| - 5e-5 |reference|`; infinite where one of them is not a number.
    private static func worstExcess(_ values: some Sequence<Float>, _ reference: some Sequence<Double>) -> Double {
        zip(values, reference).reduce(-.infinity) { worst, pair in
            let excess = abs(Double(pair.0) - pair.1) - 5e-5 * abs(pair.1)
            return excess.isNaN ? .infinity : max(worst, excess)
        }
    }

    @Test(arguments: 0..<3) func `a value that is not a number is off without limit`(index: Int) {
        var values: [Float] = [1, 2, 3]
        #expect(Self.worstExcess(values, [1, 2, 3]) <= 0)
        values[index] = .nan
        #expect(Self.worstExcess(values, [1, 2, 3]) == .infinity)
    }
}
