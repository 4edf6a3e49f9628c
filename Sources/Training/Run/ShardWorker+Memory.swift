import Differentiation
import Interactions
import KernelCore

/// What a step takes from memory beside parameters and gradients: the values of the operations of a mini-batch, and the
/// gradients of these.
extension ShardWorker {
    /// The bytes that a mini-batch takes at least, before any is trained on; nil where the model makes a mistake, which the
    /// first step tells.
    ///
    /// Every sample adds as much as every other one of its length. So the model is run forward on a few made-up samples and on
    /// twice as many, and the difference counts for the samples of a mini-batch. Their histories have the mean length of this rank's
    /// samples: attention grows faster than the length, so that real ones need more on the average. What the backward pass
    /// adds is left out too: whoever has less memory than this cannot train.
    ///
    /// - Parameter layout: of the gradient of a mini-batch.
    func leastBytes(
        _ configuration: TrainingConfiguration, data: TrainingData, gradientLayout layout: GradientLayout
    ) -> Int? {
        let historyMax = configuration.options.historyMax
        guard
            let mean = data.shards.windows == nil
                ? data.store.meanHistoryLength(data.kind, historyMax: historyMax) : meanWindowLength
        else { return 0 }
        let quota = configuration.batchSize / configuration.logicalShards
        let length = max(Int(mean), data.kind == .everyInteraction ? 0 : 1)
        let most = isComputedInPieces ? max(PackedBatch.rowsOfPiece / length, 1) : quota
        let samples = min(quota, most, data.store.shards.map { data.shards.sampleCount(of: $0) }.max() ?? 0)
        // Hardly anything of it is written: nothing is recorded on the way forward. A training needs no more than what is
        // there already, so that nothing follows where this cannot be had.
        guard let memory = LargeMemory.allocateIfPossible(byteCount: layout.byteCount), let base = memory.baseAddress
        else { return nil }
        defer { LargeMemory.deallocate(memory) }
        let gradient = GradientView(layout, at: base)
        let probe = Tape(parameters: tape.parameters, gradients: recorder)
        guard let few = bytes(ofSamples: Self.few, length, on: probe, gradient, configuration.seed),
            let more = bytes(ofSamples: 2 * Self.few, length, on: probe, gradient, configuration.seed)
        else { return nil }
        let (rest, overflow) = max(more - few, 0).multipliedReportingOverflow(by: samples - Self.few)
        return overflow ? .max : max(few + rest / Self.few, 0)
    }

    /// So many samples that no float of them shares a line of the arena with what is not theirs.
    private static let few = LargeMemory.alignment / MemoryLayout<Float>.stride

    /// Runs the model forward, with parameters that have no values yet.
    private func bytes(
        ofSamples count: Int, _ length: Int, on probe: Tape, _ gradient: GradientView, _ seed: UInt64
    ) -> Int? {
        let batch = PackedBatch()
        let candidates = [Int32](repeating: 1, count: 1 + objective.candidateNegatives)
        let users = [Int32](repeating: 1, count: count)
        let histories = [[Int32]](repeating: [Int32](repeating: 1, count: length), count: count)
        let gaps = [Int64](repeating: 1, count: count)
        if hasWindows {
            let everywhere = [[Int32]](repeating: candidates, count: length)
            batch.fill(
                users: users, histories: histories, candidates: [[[Int32]]](repeating: everywhere, count: count),
                smallestTimeGaps: gaps)
        } else {
            batch.fill(
                users: users, histories: histories, candidates: [[Int32]](repeating: candidates, count: count),
                smallestTimeGaps: gaps)
        }
        probe.beginStep()
        defer { probe.endStep() }
        probe.begin(
            .training(sampleNames: batch.sampleNames, seed: seed, step: 1), sampleCount: count,
            targets: batch.tapeTargets)
        recorder.begin(in: gradient)
        _ = model.trainingLoss(of: batch, under: objective, on: probe)
        return probe.error == nil ? probe.bytesInUse : nil
    }
}
