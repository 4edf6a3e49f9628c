import KernelCore

extension Tape {
    private var isTraining: Bool {
        if case .training = pass { true } else { false }
    }

    private var drawingText: String {
        isTraining ? targetCount.map { "with \($0) samples" } ?? "in training" : "in scoring"
    }

    /// The random streams of a training step for a purpose, and the names of the targets: without a step, of step 0.
    private func trainingStreams(
        _ purpose: RandomPurpose
    ) -> (streams: RandomStreams, sampleNames: UnsafePointer<UInt32>) {
        guard case .training(let sampleNames, let seed, let step) = pass else {
            preconditionFailure("only training draws by sample")
        }
        return (RandomStreams(seed: seed, purpose: purpose, iteration: step ?? 0), targets?.names ?? sampleNames)
    }

    /// One interest of every target of a training mini-batch, drawn from `softmax_k(temperature logits_bk)` by seed, step
    /// and sample. No gradient flows through the draw.
    ///
    /// - Parameters:
    ///   - logits: `[count, K]`.
    /// - Returns: `[count]`, valid until the tape begins anew.
    public func drawInterests(
        _ logits: UnsafePointer<Float>, count: Int, of groups: InterestGroups, temperature: Float,
        file: StaticString = #fileID, line: UInt = #line
    ) -> UnsafePointer<Int32> {
        if let givenInterests { return givenInterests }
        let interests = groups.perUser
        guard
            accepts(
                "drawInterests", at: ModelSite(file: file, line: line),
                isTraining && interests > 0 && (0...(targetCount ?? count)).contains(count),
                "\(count) draws among \(interests) interests, \(drawingText): one for each sample of a training "
                    + "mini-batch, and at least one interest are needed")
        else { return UnsafePointer(arena.allocateZeroed(Int32.self, count: max(count, 0))) }
        let choice = arena.allocate(Int32.self, count: count)
        let names = trainingStreams(.selection)
        Kernel.drawInterests(
            logits, count: count, of: groups, temperature: temperature, from: names.streams,
            sampleNames: names.sampleNames, into: choice)
        note("drawn interests", Work(4 * count * interests, floats: count * interests + count))
        return UnsafePointer(choice)
    }

    /// Items that all samples of a step share, whatever the mini-batch: drawn by seed and step.
    ///
    /// - Returns: `[count]`, valid until the tape begins anew, or until the end of the step where there is one.
    public func sampleNegatives(
        _ count: Int, from distribution: NegativeDistribution, file: StaticString = #fileID, line: UInt = #line
    ) -> UnsafePointer<Int32> {
        if let givenItems { return givenItems }
        guard
            accepts(
                "sampleNegatives", at: ModelSite(file: file, line: line), isTraining && count >= 0,
                "\(count) items, \(drawingText): items are drawn in training alone")
        else { return UnsafePointer(arena.allocateZeroed(Int32.self, count: max(count, 0))) }
        if let drawn = stepMemory.sampledNegatives, drawn.distribution == distribution, drawn.count == count {
            return drawn.items
        }
        let items = (stepMemory.isOpen ? stepMemory.arena : arena).allocate(Int32.self, count: count)
        var stream = trainingStreams(.sampledNegatives).streams[0]
        Kernel.sampleNegatives(count, from: distribution, with: &stream, into: items)
        if stepMemory.isOpen { stepMemory.sampledNegatives = (distribution, count, UnsafePointer(items)) }
        note("drawn items", Work(0, floats: count))
        return UnsafePointer(items)
    }

    /// Items that the samples of a mini-batch share, drawn by seed, step and the first of its targets: other mini-batches of
    /// the step have others.
    ///
    /// - Returns: `[count]`, valid until the tape begins anew.
    public func sampleNegatives(
        ofMiniBatch count: Int, from distribution: NegativeDistribution, file: StaticString = #fileID,
        line: UInt = #line
    ) -> UnsafePointer<Int32> {
        if let givenItems { return givenItems }
        guard
            accepts(
                "sampleNegatives", at: ModelSite(file: file, line: line),
                isTraining && count >= 0 && (targetCount ?? 1) > 0,
                "\(count) items, \(drawingText): items are drawn for the samples of a training mini-batch alone")
        else { return UnsafePointer(arena.allocateZeroed(Int32.self, count: max(count, 0))) }
        let items = arena.allocate(Int32.self, count: count)
        let names = trainingStreams(.sampledNegatives)
        var stream = names.streams[names.sampleNames[0]]
        Kernel.sampleNegatives(count, from: distribution, with: &stream, into: items)
        note("drawn items", Work(0, floats: count))
        return UnsafePointer(items)
    }

    /// Items for each target of a training mini-batch by itself, drawn by seed, step and sample.
    ///
    /// - Returns: `[sampleCount, count]`, valid until the tape begins anew.
    public func sampleNegatives(
        _ count: Int, sampleCount: Int, from distribution: NegativeDistribution, file: StaticString = #fileID,
        line: UInt = #line
    ) -> UnsafePointer<Int32> {
        guard
            accepts(
                "sampleNegatives", at: ModelSite(file: file, line: line),
                isTraining && count >= 0 && (0...(targetCount ?? sampleCount)).contains(sampleCount),
                "\(count) items for \(sampleCount) samples, \(drawingText): items are drawn for the samples of a training "
                    + "mini-batch alone")
        else { return UnsafePointer(arena.allocateZeroed(Int32.self, count: max(sampleCount, 0) * max(count, 0))) }
        let items = arena.allocate(Int32.self, count: sampleCount * count)
        let names = trainingStreams(.sampledNegatives)
        for sample in 0..<sampleCount {
            var stream = names.streams[names.sampleNames[sample]]
            Kernel.sampleNegatives(count, from: distribution, with: &stream, into: items + sample * count)
        }
        note("drawn items", Work(0, floats: sampleCount * count))
        return UnsafePointer(items)
    }
}
