import KernelCore

extension Tape {
    /// Products of the rows of each history with the vectors of its user: `y[l, k] = <x_l, v_bk>`.
    ///
    /// - Parameters:
    ///   - x: `[T, d]`, v: `[B * K, d]`, the vectors of a user one after another.
    ///   - count: K.
    /// - Returns: `[T, K]`.
    public func sequenceProducts(
        _ x: Variable, with v: Variable, perSequence count: Int, over sequences: JaggedOffsets,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "sequenceProducts", at: ModelSite(file: file, line: line),
                count > 0 && x.rows == sequences.total && v.rows == sequences.count * count && x.columns == v.columns,
                "x is \(x.shape), the vectors are \(v.shape), \(count) each, over \(sequences.text): a row for each item, "
                    + "and the vectors of each history, of as many columns, are needed")
        else { return zeros(rows: x.rows, columns: count) }
        let y = variable(rows: x.rows, columns: count)
        Kernel.sequenceProducts(x.matrix, v.matrix, perSequence: count, over: sequences, into: y.value)
        record(SequenceProductsOperation(x: x, v: v, sequences: sequences, y: y))
        return y
    }

    /// Weighted sums of the vectors of a user for each row of the history: `y_l = sum_k weights[l, k] v_bk`, the other way
    /// round than ``pool(_:weights:over:file:line:)``.
    ///
    /// - Parameters:
    ///   - v: `[B * K, d]`, weights: `[T, K]`.
    /// - Returns: `[T, d]`.
    public func spread(
        _ v: Variable, weights: Variable, over sequences: JaggedOffsets, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "spread", at: ModelSite(file: file, line: line),
                weights.columns > 0 && weights.rows == sequences.total
                    && v.rows == sequences.count * weights.columns,
                "the vectors are \(v.shape), the weights are \(weights.shape), over \(sequences.text): weights for each "
                    + "item, and for each history a vector for each of their columns are needed")
        else { return zeros(rows: weights.rows, columns: v.columns) }
        let y = variable(rows: weights.rows, columns: v.columns)
        Kernel.spread(
            v.matrix, weights: weights.value, perSequence: weights.columns, over: sequences, into: y.value)
        record(SpreadOperation(v: v, weights: weights, sequences: sequences, y: y))
        return y
    }
}

private struct SequenceProductsOperation: Operation {
    let x: Variable
    let v: Variable
    let sequences: JaggedOffsets
    let y: Variable

    var cost: OperationCost {
        let products = y.count * x.columns
        return OperationCost(
            forward: Work(2 * products, floats: x.count + v.count + y.count),
            backward: Work(4 * products, floats: 3 * x.count + 3 * v.count + y.count))
    }

    func backward(on tape: Tape) {
        Kernel.sequenceProductsBackward(
            x.matrix, v.matrix, perSequence: y.columns, over: sequences, dy: y.gradient, dx: x.gradient, dv: v.gradient)
    }
}

private struct SpreadOperation: Operation {
    let v: Variable
    let weights: Variable
    let sequences: JaggedOffsets
    let y: Variable

    var cost: OperationCost {
        let products = weights.count * v.columns
        return OperationCost(
            forward: Work(2 * products, floats: v.count + weights.count + y.count),
            backward: Work(4 * products, floats: 3 * v.count + 3 * weights.count + y.count))
    }

    func backward(on tape: Tape) {
        Kernel.spreadBackward(
            v.matrix, weights: weights.value, perSequence: weights.columns, over: sequences, dy: y.gradientMatrix,
            dweights: weights.gradient, dv: v.gradient)
    }
}
