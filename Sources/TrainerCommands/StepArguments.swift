import ArgumentParser
import Interactions
import Training

/// The options that decide about a training step beside those of the model and of the objective.
struct StepArguments: ParsableArguments {
    @Option(
        help: "epoch: every sample once an epoch; users: a random user, then one of the user's samples.")
    var sampling = SamplingRule.epoch

    @Option(
        name: [.customLong("seed"), .customLong("random_seed"), .customLong("random-seed")],
        help: "Seed of all random numbers.")
    var seed: UInt64 = 0

    @Option(
        name: [.customLong("batch-size"), .customLong("batch_size")], help: "Samples of a step, over all ranks.")
    var batchSize = 256

    @Option(
        name: [.customLong("logical-shards"), .customLong("logical_shards")],
        help: "Parts of the users: the most ranks. Another number is another training.")
    var logicalShards = 8

    @Option(
        name: [.customLong("lr"), .customLong("learning-rate"), .customLong("learning_rate")],
        help: "Learning rate of Adam. (default: \(ModelStandards.learningRates))")
    var lr: Double?

    @Option(help: "L2 coefficient, added to the gradient.")
    var l2 = 0.0

    @Option(
        name: [.customLong("negatives"), .customLong("num_neg"), .customLong("num-neg")],
        help:
            "Negatives of a training sample. (default: 1; with --loss sampled-softmax \(ModelStandards.sharedNegatives))"
    )
    var negatives: Int?

    @Option(help: "How ranks exchange gradients; never changes a result.")
    var exchange = ExchangeKind.automatic

    /// Sets what these options are about, for a model and its loss.
    func apply(to configuration: inout TrainingConfiguration, by standards: ModelStandards) {
        configuration.sampling = sampling
        configuration.seed = seed
        configuration.batchSize = batchSize
        configuration.logicalShards = logicalShards
        configuration.optimizer = Adam.Settings(learningRate: lr ?? standards.learningRate, l2: l2)
        configuration.negatives = negatives ?? standards.negatives
        configuration.exchange = exchange
    }
}
