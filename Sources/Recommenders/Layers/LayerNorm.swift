import Differentiation

/// Layer normalization of a sum: `y = normalize(x + residual) * weight + bias`, per row, with 1e-5 under the root.
public struct LayerNorm: Sendable {
    let weight: Parameter
    let bias: Parameter

    /// - Parameter name: the parameters are called `<name>.weight` and `<name>.bias`.
    public init(
        _ name: String, size: Int, in scope: ParameterScope, file: StaticString = #fileID, line: UInt = #line
    ) {
        let scope = scope.within(name)
        weight = scope.vector("weight", count: size, .constant(1), file: file, line: line)
        bias = scope.vector("bias", count: size, .constant(0), file: file, line: line)
    }

    /// `[rows, size]` for a matrix `[rows, size]` alone.
    public func callAsFunction(
        _ x: Variable, on tape: Tape, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        tape.layerNorm(x, weight: weight, bias: bias, file: file, line: line)
    }

    /// `[rows, size]` for two matrices `[rows, size]`.
    public func callAsFunction(
        _ x: Variable, residual: Variable, on tape: Tape, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        tape.layerNorm(x, residual: residual, weight: weight, bias: bias, file: file, line: line)
    }
}
