import KernelCore

extension Tape {
    /// Inverted dropout in training, the identity in scoring.
    ///
    /// - Parameters:
    ///   - x: one row a target, or `[sequences.total, d]` when `sequences`, one a sample, are given.
    ///   - rate: probability to drop, in 0..<1.
    ///   - size: rows of a target, one after another; without sequences.
    public func dropout(
        _ x: Variable, rate: Float, over sequences: JaggedOffsets? = nil, inGroupsOf size: Int = 1,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard
            accepts(
                "dropout", at: ModelSite(file: file, line: line),
                (0..<1).contains(rate) && size > 0
                    && (sequences.map { $0.total == x.rows && size == 1 }
                        ?? (x.rows % size == 0 && targetCount.map { x.rows <= $0 * size } ?? true))
                    && (sequences?.count ?? 0) <= sampleCount ?? .max,
                "x is \(x.shape), the rate \(rate), \(sequences.map { "over \($0.text)" } ?? "without sequences"), "
                    + (size == 1 ? "" : "in groups of \(size), ")
                    + "\(sampleCount.map { "with \($0) samples" } ?? "with samples of no known number"): a row for each "
                    + "sample, or for each item of the sequences, and a rate from 0 to below 1 are needed")
        else { return zeros(rows: x.rows, columns: x.columns) }
        guard rate > 0, case .training(let sampleNames, let seed, let step?) = pass else { return x }
        let y = variable(rows: x.rows, columns: x.columns)
        let kept = arena.allocate(
            UInt16.self, count: Kernel.dropoutWordCount(rows: x.rows, columns: x.columns))
        let site = nextDropoutSite()
        let streams = RandomStreams(seed: seed, purpose: .dropout, iteration: step)
        let targetNames = targets?.names ?? sampleNames
        if let sequences {
            let owners = arena.allocate(Int32.self, count: x.rows)
            for sequence in 0..<sequences.count {
                for row in sequences.range(sequence) { owners[row] = Int32(sequence) }
            }
            Kernel.dropout(
                x.matrix, rate: rate, streams: streams, site: site, kept: kept, into: y.value
            ) { row in
                (sampleNames[Int(owners[row])], row - sequences.start(Int(owners[row])))
            }
        } else {
            Kernel.dropout(
                x.matrix, rate: rate, streams: streams, site: site, kept: kept, into: y.value
            ) { row in
                (targetNames[row / size], row % size)
            }
        }
        record(DropoutOperation(x: x, rate: rate, kept: UnsafePointer(kept), y: y))
        return y
    }
}

private struct DropoutOperation: Operation {
    let x: Variable
    let rate: Float
    let kept: UnsafePointer<UInt16>
    let y: Variable

    var cost: OperationCost {
        OperationCost(forward: Work(y.count, floats: 2 * y.count), backward: Work(2 * y.count, floats: 3 * y.count))
    }

    func backward(on tape: Tape) {
        Kernel.dropoutBackward(dy: y.gradientMatrix, rate: rate, kept: kept, dx: x.gradientSum)
    }
}
