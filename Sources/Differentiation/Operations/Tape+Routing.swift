import KernelCore

extension Tape {
    /// Dynamic routing; see ``Kernel/route(_:_:logits:absent:keeping:into:)``. The weights count as constants: the
    /// gradient flows through the sums of the last iteration alone.
    ///
    /// - Parameters:
    ///   - x: `[sequences.total, d]`, or `[sequences.total, K d]` where every interest has rows of its own.
    ///   - logits: `[K, sequences.total]`, overwritten.
    ///   - absent: `[sequences.count, K]`, the sum of the exponentials of logits without a row, for a softmax over
    ///     positions; nil: there are none.
    /// - Returns: `[B * K, d]`, the interests of a user one after another.
    public func route(
        _ x: Variable, by plan: RoutingPlan, logits: UnsafeMutablePointer<Float>, absent: UnsafePointer<Float>? = nil,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "route", at: ModelSite(file: file, line: line),
                x.rows == plan.sequences.total && x.columns == plan.rowWidth && plan.iterations > 0,
                "x is \(x.shape), with \(plan.iterations) iterations over \(plan.sequences.text): "
                    + "[\(plan.sequences.total), \(plan.rowWidth)] and an iteration are needed")
        else { return zeros(rows: plan.sequences.count * plan.interests, columns: plan.columns) }
        let y = variable(rows: plan.sequences.count * plan.interests, columns: plan.columns)
        let kept = RoutingState(
            weights: arena.allocate(count: plan.weightCount), sums: arena.allocate(count: plan.interestCount))
        Kernel.route(plan, x.value, logits: logits, absent: absent, keeping: kept, into: y.value)
        record(RoutingOperation(x: x, plan: plan, kept: kept, y: y))
        return y
    }
}

private struct RoutingOperation: Operation {
    let x: Variable
    let plan: RoutingPlan
    let kept: RoutingState
    let y: Variable

    var cost: OperationCost {
        let products = plan.weightCount * plan.columns
        return OperationCost(
            forward: Work(
                (4 * plan.iterations - 2) * products + 4 * plan.iterations * plan.weightCount
                    + 4 * plan.iterations * plan.interestCount,
                floats: x.count + 2 * plan.weightCount + y.count),
            backward: Work(2 * products + 8 * y.count, floats: 2 * x.count + plan.weightCount + 2 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.routeBackward(
            plan, kept: kept, dv: y.gradient, scratch: tape.arena.allocate(count: plan.scratchCount), dx: x.gradient)
    }
}
