/// What a step did, the same on every rank.
package struct StepSummary: BitwiseCopyable, Sendable, Equatable {
    /// Samples of all shards.
    package let sampleCount: Int
    /// Sum of the losses of the samples, added in the order of the shards.
    package let loss: Double
    /// Whether a rank has set the flag of the step.
    package let flag: Bool
    /// Whether the loss and all gradients are finite numbers; if not, the parameters are of no use any more.
    package internal(set) var isFinite: Bool

    /// Whether there is a step to take.
    var isUsable: Bool { isFinite && sampleCount > 0 }
}
