import KernelCore

extension Tape {
    /// Numbers for all pairs of a position and one that it sees, for ``causalAttention(q:k:v:bias:over:heads:activation:)``:
    /// `b_ij = distances[i - j] + times[bucket(t_i - t_j)]`, see ``TimeBuckets``.
    ///
    /// - Parameters:
    ///   - distances: a vector with at least as many numbers as the longest sequence has rows; the last one is of distance
    ///     0, the one before of distance 1, and so on.
    ///   - times: a vector of ``TimeBuckets/count`` numbers; nil: time takes no part.
    ///   - moments: `[sequences.total]`, the times, valid until the tape begins anew.
    /// - Returns: one column, for each sequence a block `[L, L]`, 0 where a position is not seen.
    public func relativeBias(
        distances: Parameter, times: Parameter?, of moments: UnsafePointer<Int64>, over sequences: JaggedOffsets,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        let pairs = CausalAttentionPlan(over: sequences, heads: 1).pairCount
        guard
            accepts(
                "relativeBias", at: ModelSite(file: file, line: line),
                distances.tableIndex == nil && times?.tableIndex == nil && distances.count >= sequences.longest
                    && (times?.count ?? TimeBuckets.count) == TimeBuckets.count,
                "\(distances.count) distances\(times.map { " and \($0.count) times" } ?? ""), over \(sequences.text): "
                    + "a number for each distance, \(TimeBuckets.count) times, both dense, are needed")
        else { return zeros(rows: pairs, columns: 1) }
        let distances = self(distances)
        let times = times.map { self($0) }
        let y = variable(rows: pairs, columns: 1)
        let buckets = times.map { _ in arena.allocate(UInt8.self, count: pairs) }
        if let buckets { TimeBuckets.fill(buckets, moments, over: sequences) }
        Kernel.relativeBias(
            distances: distances.value, count: distances.count, times: times?.value, buckets: buckets, over: sequences,
            into: y.value)
        record(RelativeBiasOperation(distances: distances, times: times, buckets: buckets, sequences: sequences, y: y))
        return y
    }
}

private struct RelativeBiasOperation: Operation {
    let distances: Variable
    let times: Variable?
    let buckets: UnsafeMutablePointer<UInt8>?
    let sequences: JaggedOffsets
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(y.count / 2, floats: y.count), backward: Work(y.count, floats: y.count))
    }

    func backward(on tape: Tape) {
        Kernel.relativeBiasBackward(
            dy: y.gradient, count: distances.count, buckets: buckets, over: sequences, ddistances: distances.gradient,
            dtimes: times?.gradient)
    }
}
