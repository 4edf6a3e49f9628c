import KernelCore

extension Tape {
    /// Turns the two halves of each head of each row by its place in its sequence: rotary positions, see
    /// ``KernelCore/RotaryAngles``. Products of two rows then depend on how far apart they are.
    ///
    /// - Parameters:
    ///   - x: `[sequences.total, heads * angles.width]`.
    ///   - angles: kept by whoever calls, at least as long as the tape does not begin anew.
    /// - Returns: of the shape of `x`.
    public func rotate(
        _ x: Variable, by angles: RotaryAngles, over sequences: JaggedOffsets, heads: Int,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "rotate", at: ModelSite(file: file, line: line),
                x.rows == sequences.total && x.columns == heads * angles.width && angles.width % 2 == 0
                    && sequences.longest <= angles.positions,
                "x is \(x.shape), with \(heads) heads of \(angles.width) columns and \(angles.positions) places, over "
                    + "\(sequences.text): a row for each item, an even number of columns and a place for each item are "
                    + "needed")
        else { return zeros(rows: x.rows, columns: x.columns) }
        let y = variable(rows: x.rows, columns: x.columns)
        Kernel.rotate(
            x.matrix, by: angles, over: sequences, heads: heads, backwards: false, into: y.value, accumulate: false)
        record(
            RotateOperation(x: x, angles: Unmanaged.passUnretained(angles), sequences: sequences, heads: heads, y: y))
        return y
    }
}

private struct RotateOperation: Operation {
    let x: Variable
    let angles: Unmanaged<RotaryAngles>
    let sequences: JaggedOffsets
    let heads: Int
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(3 * y.count, floats: 3 * y.count), backward: Work(4 * y.count, floats: 4 * y.count))
    }

    func backward(on tape: Tape) {
        angles._withUnsafeGuaranteedRef {
            Kernel.rotate(
                y.gradientMatrix, by: $0, over: sequences, heads: heads, backwards: true, into: x.gradient,
                accumulate: true)
        }
    }
}
