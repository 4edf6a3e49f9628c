import KernelCore

extension Tape {
    /// Inverted dropout in training, the identity in scoring.
    ///
    /// - Parameters:
    ///   - x: `[B, d]`, one row a sample, or `[segments.total, d]` when `segments` are given.
    ///   - rate: probability to drop, in 0..<1.
    public func dropout(
        _ x: Variable, rate: Float, over segments: Segments? = nil, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "dropout", at: ModelSite(file: file, line: line),
                (0..<1).contains(rate) && (segments.map { $0.total == x.rows } ?? (x.rows <= sampleCount ?? x.rows))
                    && (segments?.count ?? 0) <= sampleCount ?? .max,
                "x is \(x.shape), the rate \(rate), \(segments.map { "over \($0.text)" } ?? "without segments"), "
                    + "\(sampleCount.map { "with \($0) samples" } ?? "with samples of no known number"): a row for each "
                    + "sample, or for each item of the segments, and a rate from 0 to below 1 are needed")
        else { return zeros(rows: x.rows, columns: x.columns) }
        guard rate > 0, case .training(let samples, let seed, let step?) = pass else { return x }
        let y = variable(rows: x.rows, columns: x.columns)
        let multipliers = arena.allocate(Float.self, count: x.count)
        let site = nextDropoutSite()
        if let segments {
            let owners = arena.allocate(Int32.self, count: x.rows)
            for segment in 0..<segments.count {
                for row in segments.start(segment)..<segments.start(segment) + segments.length(segment) {
                    owners[row] = Int32(segment)
                }
            }
            Kernel.dropout(
                x.value, rows: x.rows, columns: x.columns, rate: rate, seed: seed, step: step, site: site,
                sample: { row in (samples[Int(owners[row])], row - segments.start(Int(owners[row]))) },
                multipliers: multipliers, into: y.value)
        } else {
            Kernel.dropout(
                x.value, rows: x.rows, columns: x.columns, rate: rate, seed: seed, step: step, site: site,
                sample: { row in (samples[row], 0) }, multipliers: multipliers, into: y.value)
        }
        record(DropoutOperation(x: x, multipliers: multipliers, y: y))
        return y
    }
}

private struct DropoutOperation: Operation {
    let x: Variable
    let multipliers: UnsafeMutablePointer<Float>
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(y.count, floats: 3 * y.count), backward: Work(2 * y.count, floats: 4 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.addProduct(y.gradient, multipliers, into: x.gradient, count: y.count)
    }
}
