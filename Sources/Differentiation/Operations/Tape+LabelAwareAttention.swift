import KernelCore

extension Tape {
    /// The interests of each user weighted by their products with the positive item:
    /// `u_b = sum_k softmax_k(scale <x_bk, parameter[positive_b]>^p) x_bk`; see
    /// ``Kernel/labelAwareAttention(_:_:keeping:into:)``.
    /// The gradient flows through the weights too, to interests and positives.
    ///
    /// - Parameters:
    ///   - x: `[B * K, d]`.
    ///   - positives: rows of `parameter`.
    ///   - power: p, above 0, finite; scale: of what the softmax is taken of, finite.
    /// - Returns: `[B, d]`.
    public func labelAwareAttention(
        _ x: Variable, _ groups: InterestGroups, positives: PositiveItems, in parameter: Parameter, power: Float,
        scale: Float = 1, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        let groupSize = groups.perUser
        let site = ModelSite(file: file, line: line)
        let isSound =
            accepts(
                "labelAwareAttention", at: site,
                x.columns == parameter.columns && groupSize > 0 && x.rows % groupSize == 0 && power > 0
                    && power.isFinite,
                "the interests are \(x.shape) in groups of \(groupSize), the items \(parameter.shape), the power \(power): "
                    + "one number of columns, whole groups and a power above 0 are needed")
            && accepts(
                "labelAwareAttention", at: site, "positives", positives.candidates, count: x.rows / groupSize,
                stride: positives.stride, of: parameter)
        guard isSound else { return zeros(rows: groups.users(rows: x.rows), columns: x.columns) }
        let y = variable(rows: x.rows / groupSize, columns: x.columns)
        let kept = LabelAwareWeights(
            products: arena.allocate(Float.self, count: x.rows), weights: arena.allocate(Float.self, count: x.rows))
        let attention = LabelAwareAttention(
            groups, positives: positives, table: parameters(parameter), power: power, scale: scale)
        Kernel.labelAwareAttention(attention, x.matrix, keeping: kept, into: y.value)
        record(
            LabelAwareAttentionOperation(x: x, attention: attention, positives: .rows(parameter), kept: kept, y: y))
        return y
    }

    /// The same for positives that are on the tape: `u_b = sum_k softmax_k(scale <x_bk, positives_b>^p) x_bk`.
    ///
    /// - Parameters:
    ///   - x: `[B * K, d]`, positives: `[B, d]`.
    ///   - power: p, above 0, finite; scale: of what the softmax is taken of, finite.
    /// - Returns: `[B, d]`.
    public func labelAwareAttention(
        _ x: Variable, _ groups: InterestGroups, positives: Variable, power: Float = 1, scale: Float = 1,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        let groupSize = groups.perUser
        guard
            accepts(
                "labelAwareAttention", at: ModelSite(file: file, line: line),
                x.columns == positives.columns && x.rows == positives.rows * groupSize && groupSize > 0 && power > 0
                    && power.isFinite,
                "the interests are \(x.shape) in groups of \(groupSize), the positives \(positives.shape), the power "
                    + "\(power): one number of columns, a group for each positive and a power above 0 are needed")
        else { return zeros(rows: positives.rows, columns: x.columns) }
        let y = variable(rows: positives.rows, columns: x.columns)
        let kept = LabelAwareWeights(
            products: arena.allocate(Float.self, count: x.rows), weights: arena.allocate(Float.self, count: x.rows))
        let rows = arena.allocate(Int32.self, count: positives.rows)
        for row in 0..<positives.rows { rows[row] = Int32(row) }
        let attention = LabelAwareAttention(
            groups, positives: PositiveItems(UnsafePointer(rows)), table: UnsafePointer(positives.value), power: power,
            scale: scale)
        Kernel.labelAwareAttention(attention, x.matrix, keeping: kept, into: y.value)
        record(
            LabelAwareAttentionOperation(x: x, attention: attention, positives: .matrix(positives), kept: kept, y: y))
        return y
    }
}

/// Whose rows the positives are.
private enum PositiveRows: BitwiseCopyable {
    case rows(Parameter)
    case matrix(Variable)
}

private struct LabelAwareAttentionOperation: Operation {
    let x: Variable
    let attention: LabelAwareAttention
    let positives: PositiveRows
    let kept: LabelAwareWeights
    let y: Variable

    var cost: OperationCost {
        OperationCost(
            forward: Work(4 * x.count + 8 * x.rows, floats: x.count + 2 * y.count),
            backward: Work(8 * x.count + 8 * x.rows, floats: 3 * x.count + 4 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.labelAwareAttentionBackward(
            attention, x.matrix, kept: kept, dy: y.gradient,
            scratch: tape.arena.allocate(count: attention.groups.perUser), dx: x.gradient
        ) { row in
            switch positives {
            case .rows(let parameter): tape.gradientRow(parameter, row)
            case .matrix(let matrix): matrix.gradient + Int(row) * matrix.columns
            }
        }
    }
}
