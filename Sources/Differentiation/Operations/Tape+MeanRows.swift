import KernelCore

extension Tape {
    /// The mean of the table rows that each segment names: `y_b = mean over l of segment b of parameter[rows_l]`; zeros
    /// for an empty segment.
    ///
    /// - Parameter rows: `[segments.total]`, valid until the tape begins anew.
    /// - Returns: `[segments.count, columns]`.
    public func meanRows(
        _ rows: UnsafePointer<Int32>, of parameter: Parameter, over segments: Segments, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        let site = ModelSite(file: file, line: line)
        guard
            accepts("meanRows", at: site),
            accepts("meanRows", at: site, "numbers", rows, count: segments.total, of: parameter)
        else { return zeros(rows: segments.count, columns: parameter.columns) }
        let y = variable(rows: segments.count, columns: parameter.columns)
        let table = parameters(parameter)
        for segment in 0..<segments.count {
            let sum = y.value + segment * y.columns
            Kernel.clear(sum, count: y.columns)
            let scale = 1 / Float(max(segments.length(segment), 1))
            for place in segments.start(segment)..<segments.start(segment) + segments.length(segment) {
                Kernel.accumulate(table + Int(rows[place]) * y.columns, times: scale, into: sum, count: y.columns)
            }
        }
        record(MeanRowsOperation(parameter: parameter, rows: rows, segments: segments, y: y))
        return y
    }
}

private struct MeanRowsOperation: Operation {
    let parameter: Parameter
    let rows: UnsafePointer<Int32>
    let segments: Segments
    let y: Variable

    var cost: OperationCost {
        let read = segments.total * y.columns
        return OperationCost(
            forward: Work(2 * read, floats: read + y.count), backward: Work(2 * read, floats: 2 * read + y.count))
    }

    func backward(on tape: Tape) {
        for segment in 0..<segments.count {
            let scale = 1 / Float(max(segments.length(segment), 1))
            for place in segments.start(segment)..<segments.start(segment) + segments.length(segment) {
                Kernel.accumulate(
                    y.gradient + segment * y.columns, times: scale, into: tape.gradientRow(parameter, rows[place]),
                    count: y.columns)
            }
        }
    }
}
