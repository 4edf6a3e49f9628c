import KernelCore

extension Tape {
    private var isTraining: Bool {
        if case .training = pass { true } else { false }
    }

    private var drawingText: String {
        isTraining ? sampleCount.map { "with \($0) samples" } ?? "in training" : "in scoring"
    }

    /// What names the random numbers of the samples of a training mini-batch: without a step, step 0.
    private var trainingNames: (samples: UnsafePointer<UInt32>, seed: UInt64, step: UInt32) {
        guard case .training(let samples, let seed, let step) = pass else {
            preconditionFailure("only training draws by sample")
        }
        return (samples, seed, step ?? 0)
    }

    /// One interest of every sample of a training mini-batch, drawn from `softmax_k(temperature logits_bk)` by seed, step
    /// and sample. No gradient flows through the draw.
    ///
    /// - Parameters:
    ///   - logits: `[count, interests]`.
    ///   - counts: `[count]`, only the first of a sample's interests take part; nil: all.
    /// - Returns: `[count]`, valid until the tape begins anew.
    public func drawInterests(
        _ logits: UnsafePointer<Float>, count: Int, interests: Int, counts: UnsafePointer<Int32>? = nil,
        temperature: Float, file: StaticString = #fileID, line: UInt = #line
    ) -> UnsafePointer<Int32> {
        if let givenInterests { return givenInterests }
        guard
            accepts(
                "drawInterests", at: ModelSite(file: file, line: line),
                isTraining && interests > 0 && (0...(sampleCount ?? count)).contains(count),
                "\(count) draws among \(interests) interests, \(drawingText): one for each sample of a training "
                    + "mini-batch, and at least one interest are needed")
        else { return UnsafePointer(arena.allocateZeroed(Int32.self, count: max(count, 0))) }
        let choice = arena.allocate(Int32.self, count: count)
        let names = trainingNames
        Kernel.drawInterests(
            logits, count: count, interests: interests, counts: counts, temperature: temperature, seed: names.seed,
            iteration: names.step, samples: names.samples, into: choice)
        note("drawn interests", Work(4 * count * interests, floats: count * interests + count))
        return UnsafePointer(choice)
    }

    /// Items that all samples of a step share, whatever the mini-batch: drawn by seed and step.
    ///
    /// - Returns: `[count]`, valid until the tape begins anew, or until the end of the step where there is one.
    public func sampleNegatives(
        _ count: Int, from proposal: NegativeDistribution, file: StaticString = #fileID, line: UInt = #line
    ) -> UnsafePointer<Int32> {
        if let givenItems { return givenItems }
        guard
            accepts(
                "sampleNegatives", at: ModelSite(file: file, line: line), isTraining && count >= 0,
                "\(count) items, \(drawingText): items are drawn in training alone")
        else { return UnsafePointer(arena.allocateZeroed(Int32.self, count: max(count, 0))) }
        if let drawn = stepMemory.sampledNegatives, drawn.proposal == proposal, drawn.count == count {
            return drawn.items
        }
        let items = (stepMemory.isOpen ? stepMemory.arena : arena).allocate(Int32.self, count: count)
        let names = trainingNames
        var stream = RandomStream(seed: names.seed, purpose: .sampledNegatives, iteration: names.step, element: 0)
        Kernel.sampleNegatives(count, from: proposal, with: &stream, into: items)
        if stepMemory.isOpen { stepMemory.sampledNegatives = (proposal, count, UnsafePointer(items)) }
        note("drawn items", Work(0, floats: count))
        return UnsafePointer(items)
    }

    /// Items for each sample of a training mini-batch by itself, drawn by seed, step and sample.
    ///
    /// - Returns: `[samples, count]`, valid until the tape begins anew.
    public func sampleNegatives(
        _ count: Int, samples: Int, from proposal: NegativeDistribution, file: StaticString = #fileID,
        line: UInt = #line
    ) -> UnsafePointer<Int32> {
        guard
            accepts(
                "sampleNegatives", at: ModelSite(file: file, line: line),
                isTraining && count >= 0 && (0...(sampleCount ?? samples)).contains(samples),
                "\(count) items for \(samples) samples, \(drawingText): items are drawn for the samples of a training "
                    + "mini-batch alone")
        else { return UnsafePointer(arena.allocateZeroed(Int32.self, count: max(samples, 0) * max(count, 0))) }
        let items = arena.allocate(Int32.self, count: samples * count)
        let names = trainingNames
        for sample in 0..<samples {
            var stream = RandomStream(
                seed: names.seed, purpose: .sampledNegatives, iteration: names.step, element: names.samples[sample])
            Kernel.sampleNegatives(count, from: proposal, with: &stream, into: items + sample * count)
        }
        note("drawn items", Work(0, floats: samples * count))
        return UnsafePointer(items)
    }
}
