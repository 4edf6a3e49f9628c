/// Gives the samples of one logical shard to the steps of a training.
///
/// What a step gets is a function of the seed and of a name of the step, so that no sampler has to remember anything: of
/// the epoch and the step within it (``ShardSampler``), or of the step of the training (``UserSampler``).
public protocol TrainingSampler {
    /// The shard whose samples these are.
    var shard: Int { get }

    /// Prepares for the steps of an epoch.
    mutating func beginEpoch(_ epoch: Int)

    /// Fills a batch with the shard's samples of a step: the true item and the negatives as candidates.
    ///
    /// - Parameters:
    ///   - stepOfEpoch: the step within the epoch, from 0.
    ///   - step: the step of the training, from 1.
    /// - Returns: the number of samples, 0 when the shard has none in this step.
    func fill(_ batch: PackedBatch, stepOfEpoch: Int, step: Int) -> Int
}

/// How the samples of a step are chosen.
public enum SamplingRule: String, Sendable, Codable, CaseIterable {
    /// In every epoch each sample once, in random order.
    case epoch
    /// For every slot of a batch a user, all alike, and one of the user's samples, all alike: users with a short
    /// sequence count as much as those with a long one (the training of BaM and of its predecessors).
    case users
}
