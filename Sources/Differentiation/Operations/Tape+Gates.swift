import KernelCore

extension Tape {
    /// `y = x sigmoid(x)`, SiLU.
    public func sigmoidLinear(_ x: Variable, file: StaticString = #fileID, line: UInt = #line) -> Variable {
        guard accepts("sigmoidLinear", at: ModelSite(file: file, line: line)) else {
            return zeros(rows: x.rows, columns: x.columns)
        }
        let y = variable(rows: x.rows, columns: x.columns)
        Kernel.sigmoidLinear(x.value, into: y.value, count: y.count)
        record(SigmoidLinearOperation(x: x, y: y))
        return y
    }

    /// `y = a * b`, element by element.
    public func multiply(
        _ a: Variable, _ b: Variable, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard accepts("multiply", at: ModelSite(file: file, line: line), a, b) else {
            return zeros(rows: a.rows, columns: a.columns)
        }
        let y = variable(rows: a.rows, columns: a.columns)
        Kernel.multiply(a.value, b.value, into: y.value, count: y.count)
        record(MultiplyOperation(a: a, b: b, y: y))
        return y
    }

    /// `y = SiLU(gate) * x`, element by element: what SwiGLU does between its products (Shazeer 2020).
    public func swiglu(
        gate: Variable, _ x: Variable, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard accepts("swiglu", at: ModelSite(file: file, line: line), gate, x) else {
            return zeros(rows: x.rows, columns: x.columns)
        }
        let y = variable(rows: x.rows, columns: x.columns)
        Kernel.swiglu(gate: gate.value, x.value, into: y.value, count: y.count)
        record(SwigluOperation(gate: gate, x: x, y: y))
        return y
    }

    /// `y = x + sigmoid(gate) * f`, element by element: a gated residual.
    public func gatedSum(
        _ x: Variable, gate: Variable, _ f: Variable, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard accepts("gatedSum", at: ModelSite(file: file, line: line), x, gate, f) else {
            return zeros(rows: x.rows, columns: x.columns)
        }
        let y = variable(rows: x.rows, columns: x.columns)
        Kernel.gatedSum(x.value, gate: gate.value, f.value, into: y.value, count: y.count)
        record(GatedSumOperation(x: x, gate: gate, f: f, y: y))
        return y
    }

    /// `y_i = sigmoid(gates[i]) x_i`: a gate for each row.
    ///
    /// - Parameters:
    ///   - x: `[rows, columns]`.
    ///   - gates: a number for each row of `x`, in any shape.
    public func gateRows(
        _ x: Variable, gates: Variable, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "gateRows", at: ModelSite(file: file, line: line), gates.count == x.rows,
                "x is \(x.shape), the gates are \(gates.shape): there must be a gate for each row")
        else { return zeros(rows: x.rows, columns: x.columns) }
        let y = variable(rows: x.rows, columns: x.columns)
        Kernel.gateRows(x.matrix, gates: gates.value, into: y.value)
        record(GateRowsOperation(x: x, gates: gates, y: y))
        return y
    }

    /// Whether matrices have one shape.
    private func accepts(
        _ operation: StaticString, at site: ModelSite, _ a: Variable, _ b: Variable, _ c: Variable? = nil
    ) -> Bool {
        let c = c ?? b
        return accepts(
            operation, at: site,
            a.rows == b.rows && a.columns == b.columns && a.rows == c.rows && a.columns == c.columns,
            "\(a.shape), \(b.shape) and \(c.shape) must have one shape")
    }
}

private struct SigmoidLinearOperation: Operation {
    let x: Variable
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(4 * y.count, floats: 2 * y.count), backward: Work(8 * y.count, floats: 4 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.sigmoidLinearBackward(x.value, dy: y.gradient, dx: x.gradientSum, count: y.count)
    }
}

private struct MultiplyOperation: Operation {
    let a: Variable
    let b: Variable
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(y.count, floats: 3 * y.count), backward: Work(4 * y.count, floats: 7 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.addProduct(y.gradient, b.value, into: a.gradientSum, count: y.count)
        Kernel.addProduct(y.gradient, a.value, into: b.gradientSum, count: y.count)
    }
}

private struct SwigluOperation: Operation {
    let gate: Variable
    let x: Variable
    let y: Variable

    var cost: OperationCost {
        OperationCost(
            forward: Work(5 * y.count, floats: 3 * y.count), backward: Work(12 * y.count, floats: 7 * y.count))
    }

    func backward(on tape: Tape) {
        // In the order in which the kernel adds to them: they may be one.
        let dx = x.gradientSum
        let dgate = gate.gradientSum
        Kernel.swigluBackward(gate: gate.value, x.value, dy: y.gradient, dgate: dgate, dx: dx, count: y.count)
    }
}

private struct GatedSumOperation: Operation {
    let x: Variable
    let gate: Variable
    let f: Variable
    let y: Variable

    var cost: OperationCost {
        OperationCost(
            forward: Work(5 * y.count, floats: 4 * y.count), backward: Work(10 * y.count, floats: 9 * y.count))
    }

    func backward(on tape: Tape) {
        // As for SwiGLU.
        let dx = x.gradientSum
        let df = f.gradientSum
        let dgate = gate.gradientSum
        Kernel.gatedSumBackward(gate: gate.value, f.value, dy: y.gradient, dx: dx, dgate: dgate, df: df, count: y.count)
    }
}

private struct GateRowsOperation: Operation {
    let x: Variable
    let gates: Variable
    let y: Variable

    var cost: OperationCost {
        OperationCost(
            forward: Work(y.count + 4 * y.rows, floats: 2 * y.count + y.rows),
            backward: Work(4 * y.count + 6 * y.rows, floats: 4 * y.count + 3 * y.rows))
    }

    func backward(on tape: Tape) {
        Kernel.gateRowsBackward(
            x.matrix, gates: gates.value, dy: y.gradient, dx: x.gradient, dgates: gates.gradient)
    }
}
