import KernelCore

extension Tape {
    /// Standard normal numbers for every row of packed histories, without a gradient.
    ///
    /// In training they are drawn anew for every step and sample; in scoring, and in training without a step, a user
    /// has the same ones each time. A longer history keeps the numbers of its oldest items.
    ///
    /// - Parameters:
    ///   - columns: numbers of a row.
    ///   - users: `[sequences.count]`, whose histories these are.
    /// - Returns: `[columns, sequences.total]`, valid until the tape begins anew.
    public func standardNormals(
        columns: Int, over sequences: JaggedOffsets, users: UnsafePointer<Int32>, file: StaticString = #fileID,
        line: UInt = #line
    ) -> UnsafeMutablePointer<Float> {
        let count = max(columns, 0) * sequences.total
        guard
            accepts(
                "standardNormals", at: ModelSite(file: file, line: line),
                columns >= 0 && sequences.count <= sampleCount ?? sequences.count,
                "\(columns) columns over \(sequences.text), with \(sampleCount ?? 0) samples: a history for each sample "
                    + "is needed")
        else { return arena.allocateZeroed(count: count) }
        let numbers = arena.allocate(Float.self, count: count)
        if let givenNormals {
            numbers.update(from: givenNormals, count: count)
            return numbers
        }
        var elements = UnsafeRawPointer(users).assumingMemoryBound(to: UInt32.self)
        var iteration: UInt32 = 0
        let drawSeed: UInt64
        switch pass {
        case .scoring(let seed), .training(_, let seed, nil): drawSeed = seed
        case .training(let sampleNames, let seed, let step?):
            drawSeed = seed
            iteration = step
            elements = sampleNames
        }
        Kernel.standardNormals(
            from: RandomStreams(seed: drawSeed, purpose: .routing, iteration: iteration), site: nextNormalSite(),
            elements: elements, over: sequences, columns: columns, into: numbers)
        note("standard normal numbers", Work(0, floats: count))
        return numbers
    }
}
