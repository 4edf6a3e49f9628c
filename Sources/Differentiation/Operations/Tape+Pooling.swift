import KernelCore

extension Tape {
    /// Weighted sums over each history: `y[b, k] = sum_l weights[l, k] x_l`.
    ///
    /// - Parameters:
    ///   - x: `[T, d]`, weights: `[T, K]`.
    /// - Returns: `[B * K, d]`, the interests of a user one after another.
    public func pool(
        _ x: Variable, weights: Variable, over sequences: JaggedOffsets, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "pool", at: ModelSite(file: file, line: line), x.rows == sequences.total && weights.rows == x.rows,
                "x is \(x.shape), the weights are \(weights.shape), over \(sequences.text): both must have a row for each "
                    + "item")
        else { return zeros(rows: sequences.count * weights.columns, columns: x.columns) }
        let y = variable(rows: sequences.count * weights.columns, columns: x.columns)
        Kernel.pool(x.matrix, weights: weights.matrix, over: sequences, into: y.value)
        record(PoolOperation(x: x, weights: weights, sequences: sequences, y: y))
        return y
    }

    /// `y_b = sum_k weights[b, k] x_bk`.
    ///
    /// - Parameters:
    ///   - x: `[B * K, d]`, weights: `[B, K]`.
    /// - Returns: `[B, d]`.
    public func mix(
        _ x: Variable, weights: Variable, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "mix", at: ModelSite(file: file, line: line), x.rows == weights.count,
                "x is \(x.shape), the weights are \(weights.shape): x must have a row for each weight")
        else { return zeros(rows: weights.rows, columns: x.columns) }
        let y = variable(rows: weights.rows, columns: x.columns)
        Kernel.mix(x.matrix, weights: weights.matrix, into: y.value)
        record(MixOperation(x: x, weights: weights, y: y))
        return y
    }

    /// One vector of each group of `size`: `y_b = x[b * size + choice_b]`. No gradient flows through the choice.
    ///
    /// - Returns: `[B, d]`.
    public func select(
        _ choice: UnsafePointer<Int32>, from x: Variable, perUser size: Int, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        let count = size > 0 ? x.rows / size : 0
        guard
            accepts(
                "select", at: ModelSite(file: file, line: line),
                size > 0 && x.rows % size == 0 && Kernel.firstOutside(choice, count: count, bound: size) == nil,
                "x is \(x.shape) in groups of \(size): whole groups, and for each of them a number below \(size) are needed"
            )
        else { return zeros(rows: count, columns: x.columns) }
        let y = variable(rows: count, columns: x.columns)
        for index in 0..<count {
            (y.value + index * y.columns).update(
                from: x.value + (index * size + Int(choice[index])) * x.columns, count: x.columns)
        }
        record(SelectOperation(x: x, choice: choice, size: size, y: y))
        return y
    }
}

private struct PoolOperation: Operation {
    let x: Variable
    let weights: Variable
    let sequences: JaggedOffsets
    let y: Variable

    var cost: OperationCost {
        let products = weights.count * x.columns
        return OperationCost(
            forward: Work(2 * products, floats: x.count + weights.count + y.count),
            backward: Work(4 * products + weights.count, floats: 3 * x.count + 3 * weights.count + y.count))
    }

    func backward(on tape: Tape) {
        let dweights = tape.arena.allocate(Float.self, count: weights.count)
        Kernel.poolBackward(
            x.matrix, weights: weights.matrix, over: sequences, dy: y.gradient, dweights: dweights, dx: x.gradient)
        Kernel.accumulate(dweights, into: weights.gradient, count: weights.count)
    }
}

private struct MixOperation: Operation {
    let x: Variable
    let weights: Variable
    let y: Variable

    var cost: OperationCost {
        OperationCost(
            forward: Work(2 * x.count, floats: x.count + weights.count + y.count),
            backward: Work(4 * x.count, floats: 3 * x.count + 3 * weights.count + y.count))
    }

    func backward(on tape: Tape) {
        Kernel.mixBackward(
            x.matrix, weights: weights.matrix, dy: y.gradient, dweights: weights.gradient, dx: x.gradient)
    }
}

private struct SelectOperation: Operation {
    let x: Variable
    let choice: UnsafePointer<Int32>
    let size: Int
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(0, floats: 2 * y.count), backward: Work(y.count, floats: 3 * y.count))
    }

    func backward(on tape: Tape) {
        for index in 0..<y.rows {
            Kernel.accumulate(
                y.gradient + index * y.columns, into: x.gradient + (index * size + Int(choice[index])) * x.columns,
                count: x.columns)
        }
    }
}
