import KernelCore

extension Tape {
    /// The last state, or every one, of a gated recurrent unit over each sequence; see ``GatedRecurrence`` for the formula.
    ///
    /// - Parameters:
    ///   - x: `[sequences.total, 3 H]`, the projected inputs with their bias, gates in the order r, z, n.
    ///   - weight: `[3 H, H]`, bias: `[3 H]` of the recurrent projection.
    ///   - everyRow: whether the state after every row is wanted.
    /// - Returns: `[sequences.count, H]`; with `everyRow` `[sequences.total, H]`.
    public func gatedRecurrence(
        _ x: Variable, weight: Parameter, bias: Parameter, over sequences: JaggedOffsets, everyRow: Bool = false,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        let rows = everyRow ? sequences.total : sequences.count
        guard
            accepts(
                "gatedRecurrence", at: ModelSite(file: file, line: line),
                x.rows == sequences.total && x.columns == weight.rows && weight.rows == 3 * weight.columns
                    && bias.count == weight.rows && weight.tableIndex == nil && bias.tableIndex == nil,
                "x is \(x.shape), the weight \(weight.shape), the bias \(bias.shape), over \(sequences.text): "
                    + "[items, 3 H], [3 H, H] and 3 H are needed")
        else { return zeros(rows: rows, columns: weight.columns) }
        let bias = self(bias)
        let recurrence = GatedRecurrence(RecurrencePlan(sequences, in: arena), size: weight.columns, in: arena)
        let y = variable(rows: rows, columns: weight.columns)
        let final = everyRow ? arena.allocate(Float.self, count: sequences.count * weight.columns) : y.value
        recurrence.forward(
            x: x.value, transposed: transposed(weight), bias: bias.value, into: final, states: everyRow ? y.value : nil,
            scratch: arena)
        record(
            GatedRecurrenceOperation(
                x: x, weight: self(weight), bias: bias, recurrence: recurrence, everyRow: everyRow, y: y))
        return y
    }
}

private struct GatedRecurrenceOperation: Operation {
    let x: Variable
    let weight: Variable
    let bias: Variable
    let recurrence: GatedRecurrence
    let everyRow: Bool
    let y: Variable

    var cost: OperationCost {
        let size = y.columns
        var first = 0
        for sequence in 0..<recurrence.plan.sequences.count where recurrence.plan.sequences.length(sequence) > 0 {
            first += 1
        }
        let rows = recurrence.plan.sequences.total
        // The state before the first row is zero and takes no product.
        let products = 6 * (rows - first) * size * size
        return OperationCost(
            forward: Work(products + 18 * rows * size, floats: x.count + weight.count + 5 * rows * size),
            backward: Work(
                2 * products + 28 * rows * size, floats: 2 * x.count + 3 * weight.count + 8 * rows * size))
    }

    func backward(on tape: Tape) {
        recurrence.backward(
            dfinal: everyRow ? nil : y.gradient, dstates: everyRow ? y.gradient : nil, weight: weight.value,
            dx: x.gradientSum, dweight: weight.gradient, dbias: bias.gradient, scratch: tape.arena)
    }
}
