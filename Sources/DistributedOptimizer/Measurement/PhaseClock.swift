import Glibc

/// Adds up how long each phase lasts. While the clock runs the phases follow each other without a gap: their sum is the
/// time between ``restart()`` and ``finish()``, without what was between ``pause()`` and the next step.
package final class PhaseClock {
    private var times = [UInt64](repeating: 0, count: StepPhase.allCases.count)
    private var current: StepPhase? = .batch
    private var last = PhaseClock.now
    private var step: Timeline.Slot?
    /// What remembers the steps with their phases; nil: nothing does.
    package var timeline: Timeline?

    /// Whether a phase lasts.
    package var isRunning: Bool { current != nil }

    /// Stands in the phase `batch`, with all times zero.
    package init() {}

    /// Nanoseconds of the system's clock that never goes back.
    package static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    /// Sets all times to zero and begins with the phase `batch`.
    package func restart() {
        clear()
        current = .batch
        last = Self.now
    }

    /// Sets all times to zero; the clock stands or runs as before.
    package func clear() {
        for index in times.indices { times[index] = 0 }
    }

    /// Ends the phase that lasts and begins another, unless it is the same; nothing while the clock stands.
    ///
    /// - Returns: the one that has lasted; nil while the clock stands.
    @discardableResult
    package func begin(_ phase: StepPhase) -> StepPhase? {
        guard let ended = current, ended != phase else { return current }
        end(ended, at: Self.now)
        current = phase
        return ended
    }

    /// Begins a step with the phase `batch`, and ends the step before where the clock still runs.
    ///
    /// - Parameter number: counted from 1.
    package func beginStep(_ number: Int) {
        let now = Self.now
        endStep(at: now)
        step = timeline?.open(.step, number: number, at: now)
        current = .batch
        last = now
    }

    /// Ends the step, and lets the clock stand until the next one begins.
    package func pause() {
        endStep(at: Self.now)
        current = nil
    }

    private func endStep(at now: UInt64) {
        if let current { end(current, at: now) }
        if let step { timeline?.close(step, at: now) }
        step = nil
    }

    private func end(_ phase: StepPhase, at now: UInt64) {
        times[phase.rawValue] &+= now &- last
        timeline?.add(phase, from: last, to: now)
        last = now
    }

    /// Seconds of each phase so far, in the order of ``StepPhase/allCases``.
    package var seconds: [Double] { times.map { Double($0) * 1e-9 } }

    /// Ends the phase that lasts and begins `batch`.
    ///
    /// - Returns: seconds of each phase, in the order of ``StepPhase/allCases``.
    package func finish() -> [Double] {
        if let current { end(current, at: Self.now) }
        current = .batch
        return seconds
    }
}
