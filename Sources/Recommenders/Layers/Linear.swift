import Differentiation

/// `y = x W^T + b`, with `W` `[outputs, inputs]` and `b` `[outputs]`.
public struct Linear: Sendable {
    let weight: Parameter
    let bias: Parameter?

    /// - Parameter name: the parameters are called `<name>.weight` and `<name>.bias`.
    public init(
        _ name: String, inputs: Int, outputs: Int, bias: Bool = true, initialization: Initialization = .embedding,
        in scope: ParameterScope, file: StaticString = #fileID, line: UInt = #line
    ) {
        let scope = scope.within(name)
        weight = scope.matrix("weight", rows: outputs, columns: inputs, initialization, file: file, line: line)
        self.bias = bias ? scope.vector("bias", count: outputs, initialization, file: file, line: line) : nil
    }

    /// A layer whose weights have initial values of their own, and whose biases begin at 0.
    init(
        _ name: String, inputs: Int, outputs: Int, bias: Bool = true, weights: Initialization, in scope: ParameterScope,
        file: StaticString = #fileID, line: UInt = #line
    ) {
        let scope = scope.within(name)
        weight = scope.matrix("weight", rows: outputs, columns: inputs, weights, file: file, line: line)
        self.bias = bias ? scope.vector("bias", count: outputs, .constant(0), file: file, line: line) : nil
    }

    /// `[rows, outputs]` for `x` `[rows, inputs]`.
    public func callAsFunction(
        _ x: Variable, on tape: Tape, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        tape.linear(x, weight: weight, bias: bias, file: file, line: line)
    }
}
