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

/// Adds up how long each phase lasts. The phases follow each other without a gap: their sum is the time between
/// ``restart()`` and ``finish()``.
package final class PhaseClock {
    private var times = [Duration](repeating: .zero, count: StepPhase.allCases.count)
    private var current = StepPhase.batch
    private var last = ContinuousClock.now

    /// Begins with the phase `batch`, now.
    package init() {}

    /// Sets all times to zero and begins with the phase `batch`.
    package func restart() {
        for index in times.indices { times[index] = .zero }
        current = .batch
        last = .now
    }

    /// Ends the phase that lasts and begins another.
    ///
    /// - Returns: the one that has ended.
    @discardableResult
    func begin(_ phase: StepPhase) -> StepPhase {
        let now = ContinuousClock.now
        times[current.rawValue] += now - last
        last = now
        defer { current = phase }
        return current
    }

    /// Ends the phase that lasts.
    ///
    /// - Returns: seconds of each phase, in the order of ``StepPhase/allCases``.
    package func finish() -> [Double] {
        begin(.batch)
        return times.map(\.inSeconds)
    }
}
