import KernelCore

extension Tape {
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
        temperature: Float
    ) -> UnsafePointer<Int32> {
        if let givenInterests { return givenInterests }
        let choice = arena.allocate(Int32.self, count: count)
        let names = trainingNames
        Kernel.drawInterests(
            logits, count: count, interests: interests, counts: counts, temperature: temperature, seed: names.seed,
            moment: names.step, samples: names.samples, into: choice)
        return UnsafePointer(choice)
    }
}
