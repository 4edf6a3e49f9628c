import KernelCore

extension Tape {
    /// Turns the two halves of each head of each row by its place in its sequence: rotary positions, see
    /// ``KernelCore/RotaryAngles``. Products of two rows then depend on how far apart they are.
    ///
    /// - Parameters:
    ///   - x: `[sequences.total, heads * angles.width]`, or `[queries.count, heads * angles.width]`.
    ///   - angles: kept by whoever calls, at least as long as the tape does not begin anew.
    ///   - queries: those of causal attention, each turned as the item that it is behind, valid until the tape begins anew;
    ///     nil: `x` has a row for each item.
    /// - Returns: of the shape of `x`.
    public func rotate(
        _ x: Variable, by angles: RotaryAngles, over sequences: JaggedOffsets, heads: Int,
        queries: CausalQueries? = nil, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "rotate", at: ModelSite(file: file, line: line),
                x.rows == queries.map { $0.count } ?? sequences.total && x.columns == heads * angles.width
                    && angles.width % 2 == 0 && sequences.longest <= angles.positions
                    && (queries.map { $0.fit(sequences) } ?? true),
                "x is \(x.shape), with \(heads) heads of \(angles.width) columns and \(angles.positions) places, over "
                    + "\(sequences.text)\(queries.map { ", with \($0.text)" } ?? ""): a row for each "
                    + "\(queries == nil ? "item" : "query"), an even number of columns and a place for each item are needed"
            )
        else { return zeros(rows: x.rows, columns: x.columns) }
        let y = variable(rows: x.rows, columns: x.columns)
        let operation = RotateOperation(
            x: x, angles: Unmanaged.passUnretained(angles), sequences: sequences, queries: queries, heads: heads, y: y)
        operation.rotate(x.matrix, backwards: false, into: y.value, accumulate: false)
        record(operation)
        return y
    }
}

private struct RotateOperation: Operation {
    let x: Variable
    let angles: Unmanaged<RotaryAngles>
    let sequences: JaggedOffsets
    let queries: CausalQueries?
    let heads: Int
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(3 * y.count, floats: 3 * y.count), backward: Work(4 * y.count, floats: 4 * y.count))
    }

    func backward(on tape: Tape) {
        rotate(y.gradientMatrix, backwards: true, into: x.gradient, accumulate: true)
    }

    func rotate(_ x: MatrixView, backwards: Bool, into y: UnsafeMutablePointer<Float>, accumulate: Bool) {
        angles._withUnsafeGuaranteedRef { angles in
            if let queries {
                Kernel.rotate(
                    x, by: angles, at: queries, heads: heads, backwards: backwards, into: y, accumulate: accumulate)
            } else {
                Kernel.rotate(
                    x, by: angles, over: sequences, heads: heads, backwards: backwards, into: y, accumulate: accumulate)
            }
        }
    }
}
