import KernelCore

extension Tape {
    /// Vectors for pairs of positions that join keys and values; see ``KernelCore/RelativeRows``.
    public struct Relative: BitwiseCopyable {
        let slots: UnsafePointer<Int32>
        let keys: Variable
        let values: Variable

        /// - Parameters:
        ///   - slots: for each segment a block `[queries, L]` of row numbers, valid until the tape begins anew.
        ///   - keys, values: `[rows, columns]`.
        public init(slots: UnsafePointer<Int32>, keys: Variable, values: Variable) {
            self.slots = slots
            self.keys = keys
            self.values = values
        }

        var rows: RelativeRows { RelativeRows(slots: slots, keys: keys.value, values: values.value) }
    }

    /// Scaled dot-product attention inside each segment: `softmax(q k^T / sqrt(width)) v`, heads as contiguous slices
    /// of the columns.
    ///
    /// - Parameters:
    ///   - q: `[segments.total, columns]`; with the queries `newest` one row a segment.
    ///   - k, v: `[segments.total, columns]`.
    ///   - relative: what is added to keys and values for pairs of positions.
    /// - Returns: of the shape of `q`.
    public func attention(
        q: Variable, k: Variable, v: Variable, relative: Relative? = nil, over segments: Segments, heads: Int,
        queries: AttentionQueries, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        let site = ModelSite(file: file, line: line)
        let asking = queries == .newest ? segments.count : segments.total
        let isSound =
            accepts(
                "attention", at: site,
                heads > 0 && q.columns % heads == 0 && k.columns == q.columns && v.columns == q.columns
                    && q.rows == asking && k.rows == segments.total && v.rows == segments.total,
                "q is \(q.shape), k \(k.shape), v \(v.shape), with \(heads) heads over \(segments.text): \(asking) queries, "
                    + "k and v of all items, and one number of columns, which the heads divide, are needed")
            && (relative.map { accepts($0, for: q, over: segments, queries: queries, at: site) } ?? true)
        guard isSound else { return zeros(rows: asking, columns: q.columns) }
        let y = variable(rows: q.rows, columns: q.columns)
        let weights = arena.allocate(
            Float.self, count: Kernel.attentionWeightCount(segments: segments, heads: heads, queries: queries))
        Kernel.attention(
            q: q.value, k: k.value, v: v.value, relative: relative?.rows, segments: segments, columns: q.columns,
            heads: heads, queries: queries, weights: weights, into: y.value)
        record(
            AttentionOperation(
                q: q, k: k, v: v, relative: relative, segments: segments, heads: heads, queries: queries,
                weights: weights, y: y))
        return y
    }

    private func accepts(
        _ relative: Relative, for q: Variable, over segments: Segments, queries: AttentionQueries, at site: ModelSite
    ) -> Bool {
        let (keys, values) = (relative.keys, relative.values)
        return accepts(
            "attention", at: site,
            keys.columns == q.columns && values.columns == q.columns && keys.rows == values.rows
                && Kernel.firstOutside(
                    relative.slots,
                    count: Kernel.attentionWeightCount(segments: segments, heads: 1, queries: queries),
                    bound: keys.rows) == nil,
            "the vectors of pairs are \(keys.shape) for keys and \(values.shape) for values, q is \(q.shape): one number "
                + "of columns is needed, and a row for each slot")
    }

    /// The newest row of each segment: `[segments.count, columns]`, zeros for an empty segment.
    public func newest(
        _ x: Variable, over segments: Segments, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "newest", at: ModelSite(file: file, line: line), x.rows == segments.total,
                "x is \(x.shape), and must have a row for each item of \(segments.text)")
        else { return zeros(rows: segments.count, columns: x.columns) }
        let y = variable(rows: segments.count, columns: x.columns)
        for segment in 0..<segments.count {
            let end = segments.start(segment) + segments.length(segment)
            if segments.length(segment) > 0 {
                (y.value + segment * x.columns).update(from: x.value + (end - 1) * x.columns, count: x.columns)
            } else {
                Kernel.clear(y.value + segment * x.columns, count: x.columns)
            }
        }
        record(NewestOperation(x: x, segments: segments, y: y))
        return y
    }
}

private struct AttentionOperation: Operation {
    let q: Variable
    let k: Variable
    let v: Variable
    let relative: Tape.Relative?
    let segments: Segments
    let heads: Int
    let queries: AttentionQueries
    let weights: UnsafeMutablePointer<Float>
    let y: Variable

    var cost: OperationCost {
        let pairs = Kernel.attentionWeightCount(segments: segments, heads: 1, queries: queries)
        // Of the square of a segment a causal query sees the half with the diagonal.
        let seen = queries == .causal ? (pairs + segments.total) / 2 : pairs
        let products = seen * q.columns * (relative == nil ? 1 : 2)
        let operands = 2 * q.count + 2 * k.count + (relative.map { $0.keys.count + $0.values.count } ?? 0)
        return OperationCost(
            forward: Work(4 * products + 4 * seen * heads, floats: operands + seen * heads),
            backward: Work(8 * products + 4 * seen * heads, floats: 3 * operands + seen * heads))
    }

    func backward(on tape: Tape) {
        var longest = 0
        for segment in 0..<segments.count { longest = max(longest, segments.length(segment)) }
        Kernel.attentionBackward(
            q: q.value, k: k.value, v: v.value, relative: relative?.rows, weights: weights, dy: y.gradient,
            segments: segments, columns: q.columns, heads: heads, queries: queries,
            scratch: tape.arena.allocate(count: queries == .newest ? longest : longest * longest),
            dq: q.gradient, dk: k.gradient, dv: v.gradient,
            drelative: relative.map { ($0.keys.gradient, $0.values.gradient) })
    }
}

private struct NewestOperation: Operation {
    let x: Variable
    let segments: Segments
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(0, floats: 2 * y.count), backward: Work(y.count, floats: 3 * y.count))
    }

    func backward(on tape: Tape) {
        for segment in 0..<segments.count where segments.length(segment) > 0 {
            let end = segments.start(segment) + segments.length(segment)
            Kernel.accumulate(
                y.gradient + segment * y.columns, into: x.gradient + (end - 1) * y.columns, count: y.columns)
        }
    }
}
