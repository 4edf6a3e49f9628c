import KernelCore

extension Tape {
    /// `y[i, k] = <x_ik, weight_k>`, where `x_ik` are the columns `k d ..< (k + 1) d` of row i.
    ///
    /// - Parameters:
    ///   - x: `[rows, K d]`.
    ///   - weight: dense, `[K, d]`.
    /// - Returns: `[rows, K]`.
    public func blockProducts(
        _ x: Variable, weight: Parameter, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "blockProducts", at: ModelSite(file: file, line: line),
                x.columns == weight.count && weight.tableIndex == nil,
                "x is \(x.shape), the weight \(weight.shape): x must have a column for each number of a dense weight")
        else { return zeros(rows: x.rows, columns: weight.rows) }
        let weight = self(weight)
        let y = variable(rows: x.rows, columns: weight.rows)
        Kernel.blockProducts(x.matrix, weight.matrix, into: y.value)
        record(BlockProductsOperation(x: x, weight: weight, y: y))
        return y
    }
}

private struct BlockProductsOperation: Operation {
    let x: Variable
    let weight: Variable
    let y: Variable

    var cost: OperationCost {
        OperationCost(
            forward: Work(2 * x.count, floats: x.count + weight.count + y.count),
            backward: Work(4 * x.count, floats: 3 * x.count + 3 * weight.count + y.count))
    }

    func backward(on tape: Tape) {
        Kernel.blockProductsBackward(
            x.matrix, weight.matrix, dy: y.gradient, dx: x.gradient, dw: weight.gradient)
    }
}
