import Differentiation
import DistributedOptimizer
import Interactions
import KernelCore
import Recommenders

/// Computes the gradients of this rank's shards, one packed mini-batch a shard and step.
package final class ShardWorker {
    /// What the model computes on, begun anew for every mini-batch.
    package let tape: Tape
    let model: any Recommender
    /// What the model is trained for.
    package let objective: Objective
    private let readsOtherItems: Bool
    let recorder: GradientRecorder
    private var samplers: [any TrainingSampler]
    private let batch = PackedBatch()
    /// The mini-batches of each shard in the step that they were drawn for before it began.
    private var preparedBatches: [PackedBatch] = []
    private var preparedStep: Int?
    private let piece = PackedBatch()
    private let seed: UInt64
    /// What measures the phases of a step; nil: nothing does.
    package var phases: PhaseClock?
    /// Items of histories in the mini-batches so far.
    package private(set) var tokens = 0

    init(
        _ model: any Recommender, _ objective: Objective, data: TrainingData, configuration: TrainingConfiguration,
        parameters: ParameterValues, gradientLayout: GradientLayout
    ) {
        self.model = model
        self.objective = objective
        readsOtherItems = objective.additionalItems(samples: 1) > 0
        seed = configuration.seed
        recorder = GradientRecorder(gradientLayout)
        tape = Tape(parameters: parameters, gradients: recorder)
        samplers = data.store.shards.map { shard -> any TrainingSampler in
            guard data.shards.windows == nil else {
                return WindowSampler(
                    store: data.store, shards: data.shards, shard: shard, batchSize: configuration.batchSize,
                    negatives: objective.candidateNegatives, seed: configuration.seed)
            }
            switch configuration.sampling {
            case .epoch:
                return ShardSampler(
                    store: data.store, shards: data.shards, shard: shard, batchSize: configuration.batchSize,
                    negatives: objective.candidateNegatives, historyMax: configuration.options.historyMax,
                    seed: configuration.seed)
            case .users:
                return UserSampler(
                    store: data.store, shards: data.shards, shard: shard, batchSize: configuration.batchSize,
                    negatives: objective.candidateNegatives, historyMax: configuration.options.historyMax,
                    seed: configuration.seed)
            }
        }
    }

    /// Sets the order of the samples of an epoch, counted from 1.
    package func beginEpoch(_ epoch: Int) {
        preparedStep = nil
        for index in samplers.indices { samplers[index].beginEpoch(epoch) }
    }

    /// Forward and backward of every shard of this rank, one after another on the same tape.
    ///
    /// - Parameters:
    ///   - stepOfEpoch: the step within the epoch, from 0.
    ///   - step: the step of the training, from 1: it names the dropout masks.
    ///   - optimizer: has the parameters, and gets the gradients.
    /// - Throws: a mistake of the model; the gradients are of no use then.
    package func computeGradients(
        stepOfEpoch: Int, step: Int, into optimizer: any DistributedOptimizer
    ) throws(ModelError) {
        let propagator = optimizer.propagator
        // What the loss reads beyond the mini-batch is known when it is drawn, and may be everything.
        if readsOtherItems {
            phases?.begin(.propagation)
            propagator?.materializeAll()
        }
        tape.beginStep()
        defer { tape.endStep() }
        for (index, sampler) in samplers.enumerated() {
            try optimizer.recordGradient(ofShard: sampler.shard) { gradient throws(ModelError) in
                phases?.begin(.batch)
                let isPrepared = preparedStep == step
                let batch = isPrepared ? preparedBatches[index] : batch
                if !isPrepared { _ = sampler.fill(batch, stepOfEpoch: stepOfEpoch, step: step) }
                guard batch.count > 0 else {
                    gradient.sampleCount = 0
                    return
                }
                try record(batch, gradient, step: step, propagator)
                if let deferral = optimizer.deferral, deferral.waits(forRowsOf: gradient) {
                    throw ModelError(
                        "computeGradients", "the model reads rows of items or users that no mini-batch names",
                        recoverySuggestion: "train it with --row-updates every-step",
                        at: ModelSite(file: #fileID, line: #line))
                }
            }
        }
    }

    /// Draws the mini-batches of a step before it begins, and calls `body` with each, with the tape as in training on it.
    func prepareBatches(stepOfEpoch: Int, step: Int, _ body: (PackedBatch) -> Void) {
        if preparedBatches.isEmpty { preparedBatches = samplers.map { _ in PackedBatch() } }
        tape.beginStep()
        // What is drawn is drawn again in the step, and counts there.
        let profile = tape.profile
        tape.profile = nil
        defer {
            tape.endStep()
            tape.profile = profile
        }
        for (sampler, batch) in zip(samplers, preparedBatches)
        where sampler.fill(batch, stepOfEpoch: stepOfEpoch, step: step) > 0 {
            beginTape(batch, step: step)
            body(batch)
        }
        preparedStep = step
    }

    private func beginTape(_ batch: PackedBatch, step: Int) {
        tape.begin(
            .training(sampleNames: batch.sampleNames, seed: seed, step: UInt32(truncatingIfNeeded: step)),
            sampleCount: batch.count, targets: batch.tapeTargets)
    }

    /// Forward and backward of the mini-batch, whose gradient goes to `gradient`, where the optimizer wants it.
    private func record(
        _ batch: PackedBatch, _ gradient: GradientView, step: Int, _ propagator: Propagator?
    ) throws(ModelError) {
        recorder.begin(in: gradient)
        var loss = 0.0
        var first = 0
        while first < batch.count {
            let end = isComputedInPieces ? batch.endOfPiece(from: first) : batch.count
            if end - first == batch.count {
                loss = try add(batch, step: step, propagator)
            } else {
                piece.fill(first..<end, of: batch)
                loss += try add(piece, step: step, propagator)
            }
            first = end
        }
        // What the gradient calls samples are the targets: the loss is a sum over them, and the step divides by their number.
        // They are as many as the samples of the batch, but for windows.
        recorder.finish(sampleCount: batch.targetCount, loss: loss)
    }

    /// Whether a mini-batch may be cut: where samples are long, and none of them looks at another one.
    var isComputedInPieces: Bool { hasWindows && !objective.comparesSamplesOfMiniBatch }

    /// Forward and backward of some samples of the mini-batch, whose gradient is added to the one that is being recorded.
    ///
    /// - Returns: the sum of their losses.
    private func add(_ batch: PackedBatch, step: Int, _ propagator: Propagator?) throws(ModelError) -> Double {
        beginTape(batch, step: step)
        if let propagator {
            phases?.begin(.propagation)
            propagator.materialize(rowsOf: batch, for: model)
        }
        tokens += batch.histories.total
        phases?.begin(.forward)
        let loss = model.trainingLoss(of: batch, under: objective, on: tape)
        phases?.begin(.backward)
        tape.backward(from: loss)
        if let error = tape.error { throw error }
        return Double(loss.value[0])
    }

    /// The users of the mini-batch that a shard of this rank has in a step.
    func users(ofShard shard: Int, stepOfEpoch: Int, step: Int) -> [Int32]? {
        guard let sampler = samplers.first(where: { $0.shard == shard }) else { return nil }
        _ = sampler.fill(batch, stepOfEpoch: stepOfEpoch, step: step)
        return (0..<batch.count).map { batch.users[$0] }
    }

    /// Whether samples are windows with several targets.
    var hasWindows: Bool { samplers.first is WindowSampler }

    /// Mean number of rows of the windows of this rank; nil without windows.
    var meanWindowLength: Double? {
        let lengths = samplers.compactMap { ($0 as? WindowSampler)?.meanLength }
        return lengths.isEmpty ? nil : lengths.reduce(0, +) / Double(lengths.count)
    }

    /// Whether the gradients of shards are added as they come: where every mini-batch reads all items, so that each
    /// gradient is as large as their sum.
    package static func accumulatesOnArrival(_ configuration: TrainingConfiguration) -> Bool {
        configuration.objective.loss == .fullSoftmax
    }

    /// The most ids that a gradient can hold, of a mini-batch or of a sum over several: users, items of histories and
    /// candidates of the largest quota, and the items that the objective adds.
    package static func rowCapacity(_ configuration: TrainingConfiguration, _ objective: Objective) -> Int {
        // All users of a batch may belong to one shard where they are drawn; a sum is over all of them.
        let quota =
            configuration.sampling == .users || accumulatesOnArrival(configuration)
            ? configuration.batchSize
            : (configuration.batchSize + configuration.logicalShards - 1) / configuration.logicalShards
        let targets = configuration.targetsPerSample
        return quota * (configuration.options.historyMax + targets * (1 + objective.candidateNegatives) + 1)
            + objective.additionalItems(samples: quota * targets)
    }
}
