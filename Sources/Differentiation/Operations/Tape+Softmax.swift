import KernelCore

extension Tape {
    /// Softmax over the rows of each sequence, column by column: attention weights of each interest over a history.
    ///
    /// - Parameter x: `[sequences.total, columns]`.
    public func sequenceSoftmax(
        _ x: Variable, over sequences: JaggedOffsets, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "sequenceSoftmax", at: ModelSite(file: file, line: line), x.rows == sequences.total,
                "x is \(x.shape), and must have a row for each item of \(sequences.text)")
        else { return zeros(rows: x.rows, columns: x.columns) }
        let y = variable(rows: x.rows, columns: x.columns)
        Kernel.sequenceSoftmax(x.matrix, over: sequences, into: y.value)
        record(SequenceSoftmaxOperation(x: x, sequences: sequences, y: y))
        return y
    }

    /// Softmax of each row.
    public func rowSoftmax(_ x: Variable, file: StaticString = #fileID, line: UInt = #line) -> Variable {
        guard
            accepts(
                "rowSoftmax", at: ModelSite(file: file, line: line), x.columns > 0,
                "x is \(x.shape), and must have a column")
        else { return zeros(rows: x.rows, columns: x.columns) }
        let y = variable(rows: x.rows, columns: x.columns)
        Kernel.rowSoftmax(x.matrix, into: y.value)
        record(RowSoftmaxOperation(x: x, y: y))
        return y
    }
}

private struct SequenceSoftmaxOperation: Operation {
    let x: Variable
    let sequences: JaggedOffsets
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(4 * y.count, floats: 2 * y.count), backward: Work(5 * y.count, floats: 4 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.sequenceSoftmaxBackward(y: y.matrix, over: sequences, dy: y.gradient, dx: x.gradient)
    }
}

private struct RowSoftmaxOperation: Operation {
    let x: Variable
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(4 * y.count, floats: 2 * y.count), backward: Work(5 * y.count, floats: 4 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.rowSoftmaxBackward(y: y.matrix, dy: y.gradient, dx: x.gradient)
    }
}
