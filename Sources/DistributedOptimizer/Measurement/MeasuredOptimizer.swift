/// What a benchmark asks of an optimizer beside its steps. None of it changes a result.
package protocol MeasuredOptimizer: DistributedOptimizer {
    /// What measures the phases of a step; nil: nothing does.
    var phases: PhaseClock? { get set }

    /// Adds up what this rank adds up in a step once more and drops the sums, where ``Adam`` takes them as they are made
    /// and the addition has no time of its own.
    ///
    /// - Returns: whether there was such an addition.
    func repeatAddition() -> Bool

    /// What sends the gradients of a step once more and in other ways, to be measured; nil where nothing is sent, since
    /// all ranks share memory.
    func messageTrial() -> MessageTrial?
}
