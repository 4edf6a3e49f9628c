import KernelCore

extension Tape {
    /// Vectors for pairs of positions that join keys and values; see ``KernelCore/RelativeRows``.
    public struct Relative: BitwiseCopyable {
        let slots: UnsafePointer<Int32>
        let keys: Variable
        let values: Variable

        /// - Parameters:
        ///   - slots: for each sequence a block `[queries, L]` of row numbers, valid until the tape begins anew.
        ///   - keys, values: `[rows, columns]`.
        public init(slots: UnsafePointer<Int32>, keys: Variable, values: Variable) {
            self.slots = slots
            self.keys = keys
            self.values = values
        }

        var rows: RelativeRows { RelativeRows(slots: slots, keys: keys.value, values: values.value) }
    }

    /// Scaled dot-product attention inside each sequence: `softmax(q k^T / sqrt(width)) v`, heads as contiguous slices
    /// of the columns.
    ///
    /// - Parameters:
    ///   - q: `[sequences.total, columns]`; with the queries `newest` one row a sequence.
    ///   - k, v: `[sequences.total, columns]`.
    ///   - relative: what is added to keys and values for pairs of positions.
    /// - Returns: of the shape of `q`.
    public func attention(
        q: Variable, k: Variable, v: Variable, relative: Relative? = nil, over sequences: JaggedOffsets, heads: Int,
        queries: AttentionQueries, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        let site = ModelSite(file: file, line: line)
        let plan = AttentionPlan(over: sequences, heads: heads, queries: queries)
        let asking = plan.queryCount
        let isSound =
            accepts(
                "attention", at: site,
                heads > 0 && q.columns % heads == 0 && k.columns == q.columns && v.columns == q.columns
                    && q.rows == asking && k.rows == sequences.total && v.rows == sequences.total,
                "q is \(q.shape), k \(k.shape), v \(v.shape), with \(heads) heads over \(sequences.text): \(asking) queries, "
                    + "k and v of all items, and one number of columns, which the heads divide, are needed")
            && (relative.map { accepts($0, for: q, over: sequences, queries: queries, at: site) } ?? true)
        guard isSound else { return zeros(rows: asking, columns: q.columns) }
        let y = variable(rows: q.rows, columns: q.columns)
        let weights = arena.allocate(Float.self, count: plan.weightCount)
        let operation = AttentionOperation(plan: plan, q: q, k: k, v: v, relative: relative, weights: weights, y: y)
        Kernel.attention(plan, operation.inputs, weights: weights, into: y.value)
        record(operation)
        return y
    }

    private func accepts(
        _ relative: Relative, for q: Variable, over sequences: JaggedOffsets, queries: AttentionQueries,
        at site: ModelSite
    ) -> Bool {
        let (keys, values) = (relative.keys, relative.values)
        return accepts(
            "attention", at: site,
            keys.columns == q.columns && values.columns == q.columns && keys.rows == values.rows
                && Kernel.firstOutside(relative.slots, count: queries.pairCount(in: sequences), bound: keys.rows)
                    == nil,
            "the vectors of pairs are \(keys.shape) for keys and \(values.shape) for values, q is \(q.shape): one number "
                + "of columns is needed, and a row for each slot")
    }

    /// The newest row of each sequence: `[sequences.count, columns]`, zeros for an empty sequence.
    public func newest(
        _ x: Variable, over sequences: JaggedOffsets, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "newest", at: ModelSite(file: file, line: line), x.rows == sequences.total,
                "x is \(x.shape), and must have a row for each item of \(sequences.text)")
        else { return zeros(rows: sequences.count, columns: x.columns) }
        let y = variable(rows: sequences.count, columns: x.columns)
        for sequence in 0..<sequences.count {
            let end = sequences.range(sequence).upperBound
            if sequences.length(sequence) > 0 {
                (y.value + sequence * x.columns).update(from: x.value + (end - 1) * x.columns, count: x.columns)
            } else {
                Kernel.clear(y.value + sequence * x.columns, count: x.columns)
            }
        }
        record(NewestOperation(x: x, sequences: sequences, y: y))
        return y
    }
}

private struct AttentionOperation: Operation {
    let plan: AttentionPlan
    let q: Variable
    let k: Variable
    let v: Variable
    let relative: Tape.Relative?
    let weights: UnsafeMutablePointer<Float>
    let y: Variable

    var inputs: AttentionInputs {
        AttentionInputs(q: q.matrix, k: k.value, v: v.value, relative: relative?.rows)
    }

    var cost: OperationCost {
        let (queries, heads) = (plan.queries, plan.heads)
        let pairs = queries.pairCount(in: plan.sequences)
        // Of the square of a sequence a causal query sees the half with the diagonal.
        let seen = queries == .causal ? (pairs + plan.sequences.total) / 2 : pairs
        let products = seen * q.columns * (relative == nil ? 1 : 2)
        let operands = 2 * q.count + 2 * k.count + (relative.map { $0.keys.count + $0.values.count } ?? 0)
        return OperationCost(
            forward: Work(4 * products + 4 * seen * heads, floats: operands + seen * heads),
            backward: Work(8 * products + 4 * seen * heads, floats: 3 * operands + seen * heads))
    }

    func backward(on tape: Tape) {
        Kernel.attentionBackward(
            plan, inputs, weights: weights, dy: y.gradient, scratch: tape.arena.allocate(count: plan.scratchCount),
            addingTo: AttentionGradients(
                q: q.gradient, k: k.gradient, v: v.gradient,
                relative: relative.map { ($0.keys.gradient, $0.values.gradient) }))
    }
}

private struct NewestOperation: Operation {
    let x: Variable
    let sequences: JaggedOffsets
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(0, floats: 2 * y.count), backward: Work(y.count, floats: 3 * y.count))
    }

    func backward(on tape: Tape) {
        for sequence in 0..<sequences.count where sequences.length(sequence) > 0 {
            let end = sequences.range(sequence).upperBound
            Kernel.accumulate(
                y.gradient + sequence * y.columns, into: x.gradient + (end - 1) * y.columns, count: y.columns)
        }
    }
}
