import KernelCore

extension Tape {
    /// The mean of the table rows that each sequence names: `y_b = mean over l of sequence b of parameter[rows_l]`; zeros
    /// for an empty sequence.
    ///
    /// - Parameter rows: `[sequences.total]`, valid until the tape begins anew.
    /// - Returns: `[sequences.count, columns]`.
    public func meanRows(
        _ rows: UnsafePointer<Int32>, of parameter: Parameter, over sequences: JaggedOffsets,
        file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        let site = ModelSite(file: file, line: line)
        guard
            accepts("meanRows", at: site),
            accepts("meanRows", at: site, "numbers", rows, count: sequences.total, of: parameter)
        else { return zeros(rows: sequences.count, columns: parameter.columns) }
        let y = variable(rows: sequences.count, columns: parameter.columns)
        let table = parameters(parameter)
        for sequence in 0..<sequences.count {
            let sum = y.value + sequence * y.columns
            Kernel.clear(sum, count: y.columns)
            let scale = 1 / Float(max(sequences.length(sequence), 1))
            for index in sequences.range(sequence) {
                if index + Kernel.rowsAhead < sequences.total {
                    Kernel.prefetch(table + Int(rows[index + Kernel.rowsAhead]) * y.columns, count: y.columns)
                }
                Kernel.accumulate(table + Int(rows[index]) * y.columns, times: scale, into: sum, count: y.columns)
            }
        }
        record(MeanRowsOperation(parameter: parameter, rows: rows, sequences: sequences, y: y))
        return y
    }
}

private struct MeanRowsOperation: Operation {
    let parameter: Parameter
    let rows: UnsafePointer<Int32>
    let sequences: JaggedOffsets
    let y: Variable

    var cost: OperationCost {
        let read = sequences.total * y.columns
        return OperationCost(
            forward: Work(2 * read, floats: read + y.count), backward: Work(2 * read, floats: 2 * read + y.count))
    }

    func backward(on tape: Tape) {
        for sequence in 0..<sequences.count {
            let scale = 1 / Float(max(sequences.length(sequence), 1))
            for index in sequences.range(sequence) {
                Kernel.accumulate(
                    y.gradient + sequence * y.columns, times: scale, into: tape.gradientRow(parameter, rows[index]),
                    count: y.columns)
            }
        }
    }
}
