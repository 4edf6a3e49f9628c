import KernelCore

extension Tape {
    /// The mean of each row and those before it in its sequence: `y_l = mean over j <= l of x_j`.
    ///
    /// - Parameter x: `[sequences.total, columns]`.
    /// - Returns: of the shape of `x`.
    public func prefixMeans(
        _ x: Variable, over sequences: JaggedOffsets, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "prefixMeans", at: ModelSite(file: file, line: line), x.rows == sequences.total,
                "x is \(x.shape), and must have a row for each item of \(sequences.text)")
        else { return zeros(rows: x.rows, columns: x.columns) }
        let y = variable(rows: x.rows, columns: x.columns)
        Kernel.prefixMeans(x.matrix, over: sequences, into: y.value)
        record(PrefixMeansOperation(x: x, sequences: sequences, y: y))
        return y
    }

    /// Weighted means of each row and those before it in its sequence, by the softmax of logits:
    /// `y_lk = sum over j <= l of softmax_j(logits_jk) x_j`. What the newest row of a history gets is what
    /// ``pool(_:weights:over:)`` makes of the whole history with ``sequenceSoftmax(_:over:)``.
    ///
    /// - Parameters:
    ///   - x: `[T, d]`, logits: `[T, K]`.
    /// - Returns: `[T * K, d]`, the K means of a row one after another.
    public func prefixPool(
        _ x: Variable, logits: Variable, over sequences: JaggedOffsets, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "prefixPool", at: ModelSite(file: file, line: line),
                x.rows == sequences.total && logits.rows == x.rows,
                "x is \(x.shape), the logits are \(logits.shape), over \(sequences.text): both must have a row for each "
                    + "item")
        else { return zeros(rows: x.rows * logits.columns, columns: x.columns) }
        let y = variable(rows: x.rows * logits.columns, columns: x.columns)
        let shares = arena.allocate(Float.self, count: logits.count)
        Kernel.prefixShares(logits.matrix, over: sequences, into: shares)
        let operation = PrefixPoolOperation(x: x, logits: logits, shares: shares, sequences: sequences, y: y)
        Kernel.prefixPool(x.matrix, shares: operation.shareMatrix, over: sequences, into: y.value)
        record(operation)
        return y
    }
}

private struct PrefixMeansOperation: Operation {
    let x: Variable
    let sequences: JaggedOffsets
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(3 * y.count, floats: 2 * y.count), backward: Work(3 * y.count, floats: 3 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.prefixMeansBackward(
            dy: y.gradientMatrix, over: sequences, sum: tape.arena.allocate(count: y.columns), dx: x.gradient)
    }
}

private struct PrefixPoolOperation: Operation {
    let x: Variable
    let logits: Variable
    let shares: UnsafeMutablePointer<Float>
    let sequences: JaggedOffsets
    let y: Variable

    var shareMatrix: MatrixView { MatrixView(shares, rows: logits.rows, columns: logits.columns) }

    var cost: OperationCost {
        OperationCost(
            forward: Work(3 * y.count + 5 * logits.count, floats: x.count + 2 * logits.count + y.count),
            backward: Work(8 * y.count, floats: 3 * x.count + 3 * logits.count + 2 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.prefixPoolBackward(
            x.matrix, shares: shareMatrix, over: sequences, y: y.value, dy: y.gradient,
            scratch: tape.arena.allocate(count: y.columns), dlogits: logits.gradient, dx: x.gradient)
    }
}
