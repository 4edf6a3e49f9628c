import KernelCore

extension Tape {
    /// Causal attention of all positions inside each sequence, or of queries of their own behind some of them, heads as
    /// contiguous slices of the columns; see ``Kernel/causalAttention(_:_:scratch:into:)``. What the newest position gets is
    /// what ``attention(q:k:v:relative:over:heads:queries:)`` gives it, but for the rounding.
    ///
    /// - Parameters:
    ///   - q: `[sequences.total, columns]`, or `[queries.count, columns]`.
    ///   - k, v: `[sequences.total, columns]`.
    ///   - bias: for each sequence a block `[L, L]`, or one row for each of its queries, added to the scores of every head,
    ///     as one column.
    ///   - queries: which queries there are, groups of them behind positions, valid until the tape begins anew; nil: those of
    ///     all positions.
    /// - Returns: of the shape of `q`; zeros behind an empty sequence.
    public func causalAttention(
        q: Variable, k: Variable, v: Variable, bias: Variable? = nil, over sequences: JaggedOffsets, heads: Int,
        activation: AttentionActivation = .softmax, queries: CausalQueries? = nil, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Variable {
        let plan = CausalAttentionPlan(over: sequences, heads: heads, activation: activation, queries: queries)
        guard
            accepts(
                "causalAttention", at: ModelSite(file: file, line: line),
                heads > 0 && q.columns % heads == 0 && k.columns == q.columns && v.columns == q.columns
                    && q.rows == plan.queryCount && k.rows == sequences.total && v.rows == sequences.total
                    && (queries.map { $0.fit(sequences) } ?? true)
                    && (bias.map { $0.count == plan.pairCount } ?? true),
                "q is \(q.shape), k \(k.shape), v \(v.shape)\(bias.map { ", the bias \($0.shape)" } ?? ""), with \(heads) "
                    + "heads over \(sequences.text)\(queries.map { ", and \($0.text)" } ?? ""): a row for each item and "
                    + "query, queries behind items that there are, one number of columns, which the heads divide, and a "
                    + "bias for each pair of a sequence are needed")
        else { return zeros(rows: plan.queryCount, columns: q.columns) }
        let y = variable(rows: q.rows, columns: q.columns)
        let operation = CausalAttentionOperation(
            plan: plan, q: q, k: k, v: v, bias: bias, weights: arena.allocate(count: plan.weightCount),
            scores: plan.keepsScores ? arena.allocate(count: plan.weightCount) : nil, y: y)
        Kernel.causalAttention(
            plan, operation.inputs, scratch: arena.allocate(count: plan.scratchCount(columns: q.columns)), into: y.value
        )
        record(operation)
        return y
    }
}

private struct CausalAttentionOperation: Operation {
    let plan: CausalAttentionPlan
    let q: Variable
    let k: Variable
    let v: Variable
    let bias: Variable?
    let weights: UnsafeMutablePointer<Float>
    let scores: UnsafeMutablePointer<Float>?
    let y: Variable

    var inputs: CausalAttentionInputs {
        CausalAttentionInputs(
            q: q.value, k: k.value, v: v.value, columns: q.columns, bias: bias.map { UnsafePointer($0.value) },
            weights: weights, scores: scores)
    }

    var cost: OperationCost {
        let seen = plan.seenCount
        let products = seen * q.columns
        let weights = seen * plan.heads
        let operands = 2 * q.count + 2 * k.count
        return OperationCost(
            forward: Work(4 * products + 4 * weights, floats: operands + weights),
            backward: Work(8 * products + 4 * weights, floats: 3 * operands + weights))
    }

    func backward(on tape: Tape) {
        Kernel.causalAttentionBackward(
            plan, inputs, dy: y.gradient,
            scratch: tape.arena.allocate(count: plan.scratchCount(columns: q.columns)),
            addingTo: CausalAttentionGradients(
                q: q.gradient, k: k.gradient, v: v.gradient, bias: bias.map { $0.gradient }))
    }
}
