/// What a rank does in a training step, one thing at a time.
public enum StepPhase: Int, Sendable, CaseIterable {
    /// Drawing samples and negatives, packing them into a mini-batch.
    case batch
    /// Spreading tables over a graph, there and back, for a model that does so.
    case propagation
    /// From the mini-batch to the loss.
    case forward
    /// From the loss to the gradients of the shards.
    case backward
    /// Packing, sending and adding gradients that travel as messages; in shared memory finding them.
    case exchange
    /// Adam. In shared memory the gradients of the shards are added on the way, block by block.
    case optimizer
    /// Waiting for the slowest rank, and for messages that are under way.
    case waiting

    /// As in JSON.
    public var name: String { "\(self)" }
}
