import KernelCore

extension Tape {
    /// `y = a + b`, of the same shape.
    public func add(
        _ a: Variable, _ b: Variable, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "add", at: ModelSite(file: file, line: line), a.rows == b.rows && a.columns == b.columns,
                "\(a.shape) and \(b.shape) must have one shape")
        else { return zeros(rows: a.rows, columns: a.columns) }
        let y = variable(rows: a.rows, columns: a.columns)
        Kernel.add(a.value, b.value, into: y.value, count: y.count)
        record(AddOperation(a: a, b: b, y: y))
        return y
    }

    /// The sums of each row of `x` with each row of `z`: `y_(i n + k) = x_i + z_k`.
    ///
    /// - Parameters:
    ///   - x: `[m, columns]`, z: `[n, columns]`.
    /// - Returns: `[m n, columns]`, the n sums of a row of `x` one after another.
    public func outerSum(
        _ x: Variable, _ z: Variable, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "outerSum", at: ModelSite(file: file, line: line), x.columns == z.columns,
                "\(x.shape) and \(z.shape) must have one number of columns")
        else { return zeros(rows: x.rows * z.rows, columns: x.columns) }
        let y = variable(rows: x.rows * z.rows, columns: x.columns)
        Kernel.outerSum(x.matrix, z.matrix, into: y.value)
        record(OuterSumOperation(x: x, z: z, y: y))
        return y
    }

    /// `y = tanh(x)`.
    public func hyperbolicTangent(
        _ x: Variable, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard accepts("hyperbolicTangent", at: ModelSite(file: file, line: line)) else {
            return zeros(rows: x.rows, columns: x.columns)
        }
        let y = variable(rows: x.rows, columns: x.columns)
        Kernel.hyperbolicTangent(x.value, into: y.value, count: y.count)
        record(HyperbolicTangentOperation(x: x, y: y))
        return y
    }

    /// `y = max(0, x)`.
    public func relu(_ x: Variable, file: StaticString = #fileID, line: UInt = #line) -> Variable {
        guard accepts("relu", at: ModelSite(file: file, line: line)) else {
            return zeros(rows: x.rows, columns: x.columns)
        }
        let y = variable(rows: x.rows, columns: x.columns)
        Kernel.relu(x.value, into: y.value, count: y.count)
        record(ReluOperation(x: x, y: y))
        return y
    }
}

private struct AddOperation: Operation {
    let a: Variable
    let b: Variable
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(y.count, floats: 3 * y.count), backward: Work(2 * y.count, floats: 5 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.accumulate(y.gradient, into: a.gradientSum, count: y.count)
        Kernel.accumulate(y.gradient, into: b.gradientSum, count: y.count)
    }
}

private struct OuterSumOperation: Operation {
    let x: Variable
    let z: Variable
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(y.count, floats: 3 * y.count), backward: Work(2 * y.count, floats: 5 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.outerSumBackward(dy: y.gradientMatrix, count: z.rows, dx: x.gradient, dz: z.gradient)
    }
}

private struct HyperbolicTangentOperation: Operation {
    let x: Variable
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(y.count, floats: 2 * y.count), backward: Work(4 * y.count, floats: 4 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.hyperbolicTangentBackward(y: y.value, dy: y.gradient, dx: x.gradientSum, count: y.count)
    }
}

private struct ReluOperation: Operation {
    let x: Variable
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(y.count, floats: 2 * y.count), backward: Work(y.count, floats: 4 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.reluBackward(y: y.value, dy: y.gradient, dx: x.gradientSum, count: y.count)
    }
}
