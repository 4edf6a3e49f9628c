import KernelCore

extension Tape {
    /// Softmax over the rows of each segment, column by column: attention weights of each interest over a history.
    ///
    /// - Parameter x: `[segments.total, columns]`.
    public func segmentSoftmax(
        _ x: Variable, over segments: Segments, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "segmentSoftmax", at: ModelSite(file: file, line: line), x.rows == segments.total,
                "x is \(x.shape), and must have a row for each item of \(segments.text)")
        else { return zeros(rows: x.rows, columns: x.columns) }
        let y = variable(rows: x.rows, columns: x.columns)
        Kernel.segmentSoftmax(x.value, segments: segments, columns: x.columns, into: y.value)
        record(SegmentSoftmaxOperation(x: x, segments: segments, y: y))
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
        Kernel.rowSoftmax(x.value, rows: x.rows, columns: x.columns, into: y.value)
        record(RowSoftmaxOperation(x: x, y: y))
        return y
    }
}

private struct SegmentSoftmaxOperation: Operation {
    let x: Variable
    let segments: Segments
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(4 * y.count, floats: 2 * y.count), backward: Work(5 * y.count, floats: 4 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.segmentSoftmaxBackward(
            y: y.value, dy: y.gradient, segments: segments, columns: y.columns, dx: x.gradient)
    }
}

private struct RowSoftmaxOperation: Operation {
    let x: Variable
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(4 * y.count, floats: 2 * y.count), backward: Work(5 * y.count, floats: 4 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.rowSoftmaxBackward(y: y.value, dy: y.gradient, rows: y.rows, columns: y.columns, dx: x.gradient)
    }
}
