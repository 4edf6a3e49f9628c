import Foundation

/// Lets as many processes run at a time as there are cores; the others wait in the order of their coming.
///
/// Tests run in parallel by default, and ranks that share a core with those of another run spend their time waiting for
/// each other: everything is slower and timeouts lose their meaning.
actor LaunchGate {
    static let shared = LaunchGate(slots: ProcessInfo.processInfo.activeProcessorCount)

    private let slots: Int
    private var free: Int
    private var waiting: [(slots: Int, continuation: CheckedContinuation<Void, Never>)] = []

    init(slots: Int) {
        self.slots = slots
        free = slots
    }

    /// Runs `body` when `processes` slots are free; a program with more processes than there are slots has the
    /// machine to itself.
    func withSlots<Result: Sendable>(
        for processes: Int, _ body: @Sendable () async throws -> Result
    ) async rethrows -> Result {
        let wanted = min(max(processes, 1), slots)
        if waiting.isEmpty && free >= wanted {
            free -= wanted
        } else {
            await withCheckedContinuation { waiting.append((wanted, $0)) }
        }
        defer { release(wanted) }
        return try await body()
    }

    private func release(_ count: Int) {
        free += count
        while let first = waiting.first, free >= first.slots {
            free -= first.slots
            waiting.removeFirst().continuation.resume()
        }
    }
}
