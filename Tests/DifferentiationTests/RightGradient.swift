import Differentiation
import KernelCore
import Testing

/// Checks `loss` around random values of the parameters that `declare` registers.
func expectRightGradient<Parameters>(
    _ declare: (ParameterScope) -> Parameters, prepare: (ParameterValues, Parameters) -> Void = { _, _ in },
    samples: [UInt32] = [], step: UInt32? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ loss: (Tape, Parameters) -> Variable
) {
    let layout = ParameterLayout()
    let parameters = declare(layout.root)
    let storage = ParameterStorage(layout)
    storage.values.initialize(layout, seed: 17)
    prepare(storage.values, parameters)
    let check = GradientCheck(storage, sampleNames: samples, seed: 9, step: step, elementsPerParameter: 24)
    do {
        let worst = try check.worstDeviation { loss($0, parameters) }
        #expect(worst.relative < GradientCheck.tolerance, "\(worst)", sourceLocation: sourceLocation)
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
    }
}

/// A dense matrix of random numbers.
func matrix(_ scope: ParameterScope, _ name: String, _ rows: Int, _ columns: Int) -> Parameter {
    scope.matrix(name, rows: rows, columns: columns, .normal(deviation: 0.5))
}
