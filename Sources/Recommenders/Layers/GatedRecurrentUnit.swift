import Differentiation
import KernelCore

/// A gated recurrent unit (Cho et al. 2014) whose last state is the summary of a history:
///
///     r = sigmoid(W_ir x + b_ir + W_hr h + b_hr)
///     z = sigmoid(W_iz x + b_iz + W_hz h + b_hz)
///     n = tanh(W_in x + b_in + r * (W_hn h + b_hn))
///     h' = (1 - z) n + z h
public struct GatedRecurrentUnit: Sendable {
    let inputWeight: Parameter
    let recurrentWeight: Parameter
    let inputBias: Parameter
    let recurrentBias: Parameter

    /// - Parameter name: the parameters are called `<name>.weight_ih_l0` and so on, gates in the order r, z, n.
    public init(
        _ name: String, inputs: Int, hidden: Int, in scope: ParameterScope, file: StaticString = #fileID,
        line: UInt = #line
    ) {
        let scope = scope.within(name)
        let uniform = Initialization.uniform(bound: 1 / Float(hidden).squareRoot())
        inputWeight = scope.matrix(
            "weight_ih_l0", rows: 3 * hidden, columns: inputs, uniform, file: file, line: line)
        recurrentWeight = scope.matrix(
            "weight_hh_l0", rows: 3 * hidden, columns: hidden, uniform, file: file, line: line)
        inputBias = scope.vector("bias_ih_l0", count: 3 * hidden, uniform, file: file, line: line)
        recurrentBias = scope.vector("bias_hh_l0", count: 3 * hidden, uniform, file: file, line: line)
    }

    /// The state after every row, `[sequences.total, hidden]`, for `x` `[sequences.total, inputs]`.
    public func callAsFunction(
        states x: Variable, over sequences: JaggedOffsets, on tape: Tape, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        tape.gatedRecurrence(
            tape.linear(x, weight: inputWeight, bias: inputBias, file: file, line: line), weight: recurrentWeight,
            bias: recurrentBias, over: sequences, everyRow: true, file: file, line: line)
    }

    /// The state after the last row of each sequence, `[sequences.count, hidden]`, for `x` `[sequences.total, inputs]`.
    public func callAsFunction(
        _ x: Variable, over sequences: JaggedOffsets, on tape: Tape, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        tape.gatedRecurrence(
            tape.linear(x, weight: inputWeight, bias: inputBias, file: file, line: line), weight: recurrentWeight,
            bias: recurrentBias, over: sequences, file: file, line: line)
    }
}
