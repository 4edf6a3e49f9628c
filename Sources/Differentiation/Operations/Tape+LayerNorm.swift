import KernelCore

extension Tape {
    /// `y = (s - mean(s)) / sqrt(var(s) + 1e-5) * weight + bias` per row, with `s = x + residual`.
    ///
    /// - Parameter residual: of the shape of `x`; nil: 0.
    public func layerNorm(
        _ x: Variable, residual: Variable? = nil, weight: Parameter, bias: Parameter, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "layerNorm", at: ModelSite(file: file, line: line),
                (residual.map { x.rows == $0.rows && x.columns == $0.columns } ?? true) && weight.count == x.columns
                    && bias.count == x.columns && weight.tableIndex == nil && bias.tableIndex == nil,
                "x is \(x.shape)\(residual.map { ", the residual \($0.shape)" } ?? ""), the weight \(weight.shape), the bias \(bias.shape): "
                    + "x and the residual must have one shape, weight and bias a number for each column")
        else { return zeros(rows: x.rows, columns: x.columns) }
        let weight = self(weight)
        let bias = self(bias)
        let y = variable(rows: x.rows, columns: x.columns)
        let statistics = LayerNormStatistics(
            normalized: arena.allocate(count: x.count), inverseDeviation: arena.allocate(count: x.rows))
        Kernel.layerNorm(
            x.matrix, residual: residual.map { UnsafePointer($0.value) }, weight: weight.value, bias: bias.value,
            keeping: statistics,
            into: y.value)
        record(
            LayerNormOperation(x: x, residual: residual, weight: weight, bias: bias, statistics: statistics, y: y))
        return y
    }
}

private struct LayerNormOperation: Operation {
    let x: Variable
    let residual: Variable?
    let weight: Variable
    let bias: Variable
    let statistics: LayerNormStatistics
    let y: Variable

    var cost: OperationCost {
        OperationCost(
            forward: Work(8 * y.count, floats: 4 * y.count), backward: Work(13 * y.count, floats: 6 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.layerNormBackward(
            statistics, weight: weight.value, dy: y.gradientMatrix, dx: x.gradientSum, dresidual: residual?.gradientSum,
            dweight: weight.gradient, dbias: bias.gradient)
    }
}
