import Foundation
import Synchronization

/// Tells of a sample that takes longer than a limit, from a thread of its own: a test that loops cannot be cancelled.
final class LoopWatch: Sendable {
    private struct State {
        var sample: Int?
        var begin = ContinuousClock.now
        var hasEnded = false
    }

    private let state = Mutex(State())

    /// - Parameter onExpiry: is given the sample, once.
    init(limit: Duration, onExpiry: @escaping @Sendable (_ sample: Int) -> Void) {
        let thread = Thread { [self] in
            while true {
                Thread.sleep(forTimeInterval: 0.1)
                let (late, hasEnded) = state.withLock { state in
                    (state.begin.duration(to: .now) > limit ? state.sample : nil, state.hasEnded)
                }
                if hasEnded { return }
                if let late { return onExpiry(late) }
            }
        }
        thread.start()
    }

    /// The next sample begins.
    func begin(_ sample: Int) {
        state.withLock {
            $0.sample = sample
            $0.begin = .now
        }
    }

    /// There is no further sample.
    func end() { state.withLock { $0.hasEnded = true } }
}
