import KernelCore

extension Tape {
    /// `weight` times the routing regularization of REMI, summed over the histories; see
    /// ``Kernel/routingRegularization(_:over:size:variances:)``.
    ///
    /// - Parameters:
    ///   - attention: `[sequences.total, K]`.
    ///   - size: d, the size of an item's vector.
    /// - Returns: `[1, 1]`.
    public func routingRegularization(
        _ attention: Variable, over sequences: JaggedOffsets, size: Int, weight: Float, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "routingRegularization", at: ModelSite(file: file, line: line), attention.rows == sequences.total,
                "the attention is \(attention.shape), and must have a row for each item of \(sequences.text)")
        else { return zeros(rows: 1, columns: 1) }
        let loss = variable(rows: 1, columns: 1)
        let variances = arena.allocate(Float.self, count: sequences.count * attention.columns)
        loss.value[0] =
            weight
            * Kernel.routingRegularization(attention.matrix, over: sequences, size: size, variances: variances)
        record(
            RoutingRegularizationOperation(
                attention: attention, sequences: sequences, size: size, weight: weight, variances: variances, loss: loss
            ))
        return loss
    }

    /// `weight` times `relu(mean over pairs of cos(x_bj, x_bk) - margin)`, summed over the users.
    ///
    /// - Parameters:
    ///   - x: `[B * K, d]`.
    /// - Returns: `[1, 1]`.
    public func interestSimilarity(
        _ x: Variable, _ groups: InterestGroups, margin: Float, weight: Float, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        let groupSize = groups.perUser
        guard
            accepts(
                "interestSimilarity", at: ModelSite(file: file, line: line), groupSize > 0 && x.rows % groupSize == 0,
                "the interests are \(x.shape) in groups of \(groupSize): whole groups are needed")
        else { return zeros(rows: 1, columns: 1) }
        let loss = variable(rows: 1, columns: 1)
        let directions = arena.allocate(Float.self, count: x.count)
        let excesses = arena.allocate(Float.self, count: x.rows / groupSize)
        loss.value[0] =
            weight
            * Kernel.interestSimilarity(
                x.matrix, groups, margin: margin, directions: directions, excesses: excesses)
        record(
            InterestSimilarityOperation(
                x: x, groups: groups, weight: weight, directions: directions, excesses: excesses, loss: loss))
        return loss
    }

    /// `weight` times how far the rows of a parameter vary together; see ``Kernel/rowCovariance(_:centred:scratch:)``.
    ///
    /// - Parameter parameter: dense, `[rows, d]`.
    /// - Returns: `[1, 1]`.
    public func rowCovariance(
        of parameter: Parameter, weight: Float, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "rowCovariance", at: ModelSite(file: file, line: line),
                parameter.columns > 0 && parameter.tableIndex == nil,
                "the parameter is \(parameter.shape), and must be dense, with a column")
        else { return zeros(rows: 1, columns: 1) }
        let x = self(parameter)
        let loss = variable(rows: 1, columns: 1)
        let centred = arena.allocate(Float.self, count: x.count)
        loss.value[0] =
            weight * Kernel.rowCovariance(x.matrix, centred: centred, scratch: arena.allocate(count: x.rows))
        record(RowCovarianceOperation(x: x, weight: weight, centred: centred, loss: loss))
        return loss
    }
}

private struct RoutingRegularizationOperation: Operation {
    let attention: Variable
    let sequences: JaggedOffsets
    let size: Int
    let weight: Float
    let variances: UnsafeMutablePointer<Float>
    let loss: Variable

    var cost: OperationCost {
        OperationCost(
            forward: Work(3 * attention.count, floats: attention.count),
            backward: Work(3 * attention.count, floats: 3 * attention.count))
    }

    func backward(on tape: Tape) {
        Kernel.routingRegularizationBackward(
            attention.matrix, over: sequences, size: size, variances: variances, gradient: weight * loss.gradient[0],
            dattention: attention.gradient)
    }
}

private struct InterestSimilarityOperation: Operation {
    let x: Variable
    let groups: InterestGroups
    let weight: Float
    let directions: UnsafeMutablePointer<Float>
    let excesses: UnsafeMutablePointer<Float>
    let loss: Variable

    var cost: OperationCost {
        // By the sum of the directions, not by pairs.
        OperationCost(
            forward: Work(5 * x.count, floats: 2 * x.count), backward: Work(9 * x.count, floats: 4 * x.count))
    }

    func backward(on tape: Tape) {
        Kernel.interestSimilarityBackward(
            x.matrix, groups, directions: directions, excesses: excesses, gradient: weight * loss.gradient[0],
            scratch: tape.arena.allocate(count: x.columns), dx: x.gradient)
    }
}

private struct RowCovarianceOperation: Operation {
    let x: Variable
    let weight: Float
    let centred: UnsafeMutablePointer<Float>
    let loss: Variable

    var cost: OperationCost {
        let products = x.count * x.rows
        return OperationCost(
            forward: Work(products + 2 * x.count, floats: 2 * x.count),
            backward: Work(4 * products, floats: 3 * x.count))
    }

    func backward(on tape: Tape) {
        Kernel.rowCovarianceBackward(
            centred: MatrixView(centred, rows: x.rows, columns: x.columns), gradient: weight * loss.gradient[0],
            scratch: tape.arena.allocate(count: x.rows), dx: x.gradient)
    }
}
