import KernelCore

extension Tape {
    /// `y = x w^T + b`.
    ///
    /// - Parameters:
    ///   - x: `[rows, inputs]`, weight: `[outputs, inputs]`, bias: `[outputs]`.
    /// - Returns: `[rows, outputs]`.
    public func linear(
        _ x: Variable, weight: Parameter, bias: Parameter?, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "linear", at: ModelSite(file: file, line: line),
                x.columns == weight.columns && (bias?.count ?? weight.rows) == weight.rows && weight.tableIndex == nil
                    && bias?.tableIndex == nil,
                "x is \(x.shape), the weight \(weight.shape)\(bias.map { ", the bias \($0.shape)" } ?? ""): "
                    + "x must have the columns of the weight, the bias a number for each of its rows, both dense")
        else { return zeros(rows: x.rows, columns: weight.rows) }
        let bias = bias.map { self($0) }
        let y = variable(rows: x.rows, columns: weight.rows)
        if x.rows > 0 {
            Kernel.multiply(x.matrix, transposed(weight), bias: bias.map { UnsafePointer($0.value) }, into: y.value)
        }
        record(LinearOperation(x: x, weight: self(weight), bias: bias, y: y))
        return y
    }
}

private struct LinearOperation: Operation {
    let x: Variable
    let weight: Variable
    let bias: Variable?
    let y: Variable

    var cost: OperationCost {
        let products = x.rows * x.columns * y.columns
        let offset = bias == nil ? 0 : y.count
        return OperationCost(
            forward: Work(2 * products + offset, floats: x.count + weight.count + y.count),
            backward: Work(4 * products + offset, floats: 3 * x.count + 3 * weight.count + y.count))
    }

    func backward(on tape: Tape) {
        let dx = x.gradientSum
        Kernel.multiply(y.gradientMatrix, weight.matrix, into: dx.start, accumulate: dx.hasTerms)
        Kernel.addTransposedProduct(y.gradientMatrix, x.matrix, into: weight.gradient)
        if let bias { Kernel.addBiasBackward(dy: y.gradientMatrix, dbias: bias.gradient) }
    }
}
