import KernelCore

extension Tape {
    /// Standard normal numbers for every row of packed histories, without a gradient.
    ///
    /// In training they are drawn anew for every step and sample; in scoring, and in training without a step, a user
    /// has the same ones each time. A longer history keeps the numbers of its places.
    ///
    /// - Parameters:
    ///   - columns: numbers of a row.
    ///   - users: `[segments.count]`, whose histories these are.
    /// - Returns: `[columns, segments.total]`, valid until the tape begins anew.
    public func standardNormals(
        columns: Int, over segments: Segments, users: UnsafePointer<Int32>, file: StaticString = #fileID,
        line: UInt = #line
    ) -> UnsafeMutablePointer<Float> {
        let count = max(columns, 0) * segments.total
        guard
            accepts(
                "standardNormals", at: ModelSite(file: file, line: line),
                columns >= 0 && segments.count <= sampleCount ?? segments.count,
                "\(columns) columns over \(segments.text), with \(sampleCount ?? 0) samples: a history for each sample "
                    + "is needed")
        else { return arena.allocateZeroed(count: count) }
        let numbers = arena.allocate(Float.self, count: count)
        if let givenNormals {
            numbers.update(from: givenNormals, count: count)
            return numbers
        }
        var elements = UnsafeRawPointer(users).assumingMemoryBound(to: UInt32.self)
        var iteration: UInt32 = 0
        let key: UInt64
        switch pass {
        case .scoring(let seed), .training(_, let seed, nil): key = seed
        case .training(let samples, let seed, let step?):
            key = seed
            iteration = step
            elements = samples
        }
        Kernel.standardNormals(
            seed: key, purpose: .routing, iteration: iteration, elements: elements, site: nextNormalSite(),
            segments: segments, columns: columns, into: numbers)
        note("standard normal numbers", Work(0, floats: count))
        return numbers
    }
}
