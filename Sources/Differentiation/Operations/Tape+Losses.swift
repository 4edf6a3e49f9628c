import KernelCore

extension Tape {
    /// The ranking loss "BPR-max" summed over the samples; see ``Kernel/rankingLoss(_:posterior:)``.
    ///
    /// - Parameter scores: `[B, 1 + N]`, the positive first, N at least 1.
    /// - Returns: `[1, 1]`.
    public func rankingLoss(
        _ scores: Variable, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "rankingLoss", at: ModelSite(file: file, line: line), scores.columns >= 2,
                "the scores are \(scores.shape): the positive and at least one negative are needed for each sample")
        else { return zeros(rows: 1, columns: 1) }
        let loss = variable(rows: 1, columns: 1)
        let posterior = arena.allocate(Float.self, count: scores.rows * (scores.columns - 1))
        loss.value[0] = Kernel.rankingLoss(scores.matrix, posterior: posterior)
        record(RankingLossOperation(scores: scores, posterior: posterior, loss: loss))
        return loss
    }

    /// The distillation loss of TiMiRec summed over the samples; see
    /// ``Kernel/distillationLoss(target:logits:temperature:difference:)``.
    ///
    /// - Parameters:
    ///   - target: `[B, K]` numbers without a gradient.
    ///   - logits: `[B, K]`.
    /// - Returns: `[1, 1]`.
    public func distillationLoss(
        target: UnsafePointer<Float>, logits: Variable, temperature: Float, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "distillationLoss", at: ModelSite(file: file, line: line), logits.columns > 0 && temperature > 0,
                "the logits are \(logits.shape), the temperature is \(temperature): a logit for each interest and a "
                    + "temperature above 0 are needed")
        else { return zeros(rows: 1, columns: 1) }
        let loss = variable(rows: 1, columns: 1)
        let difference = arena.allocate(Float.self, count: logits.count)
        loss.value[0] = Kernel.distillationLoss(
            target: target, logits: logits.matrix, temperature: temperature, difference: difference)
        record(DistillationLossOperation(logits: logits, difference: difference, loss: loss))
        return loss
    }
}

private struct RankingLossOperation: Operation {
    let scores: Variable
    let posterior: UnsafeMutablePointer<Float>
    let loss: Variable

    var cost: OperationCost {
        OperationCost(
            forward: Work(12 * scores.count, floats: 2 * scores.count),
            backward: Work(8 * scores.count, floats: 4 * scores.count))
    }

    func backward(on tape: Tape) {
        Kernel.rankingLossBackward(
            scores.matrix, posterior: posterior, gradient: loss.gradient[0], dscores: scores.gradient)
    }
}

private struct DistillationLossOperation: Operation {
    let logits: Variable
    let difference: UnsafeMutablePointer<Float>
    let loss: Variable

    var cost: OperationCost {
        OperationCost(
            forward: Work(14 * logits.count, floats: 3 * logits.count),
            backward: Work(2 * logits.count, floats: 3 * logits.count))
    }

    func backward(on tape: Tape) {
        Kernel.accumulate(difference, times: loss.gradient[0], into: logits.gradient, count: logits.count)
    }
}
