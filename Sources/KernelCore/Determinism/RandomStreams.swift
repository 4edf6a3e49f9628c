/// The random streams of one seed, purpose and iteration: one for each element, which completes the name.
public struct RandomStreams: BitwiseCopyable, Sendable {
    /// The seed of the run.
    public let seed: UInt64
    /// What the numbers are drawn for.
    public let purpose: RandomPurpose
    /// Epoch or step.
    public let iteration: UInt32

    /// - Parameter iteration: epoch or step.
    @inlinable
    public init(seed: UInt64, purpose: RandomPurpose, iteration: UInt32) {
        self.seed = seed
        self.purpose = purpose
        self.iteration = iteration
    }

    /// The stream of a sample, item, user or shard.
    @inlinable
    public subscript(element: UInt32) -> RandomStream {
        RandomStream(seed: seed, purpose: purpose, iteration: iteration, element: element)
    }

    /// The key of ``Philox4x32`` that all of the streams have.
    var key: (UInt32, UInt32) { (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)) }
}
