/// Adds up how long each phase lasts. The phases follow each other without a gap: their sum is the time between
/// ``restart()`` and ``finish()``.
package final class PhaseClock {
    private var times = [Duration](repeating: .zero, count: StepPhase.allCases.count)
    private var current = StepPhase.batch
    private var last = ContinuousClock.now

    /// Stands in the phase `batch`, with all times zero.
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
    package func begin(_ phase: StepPhase) -> StepPhase {
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
        return times.map { $0 / .seconds(1) }
    }
}
