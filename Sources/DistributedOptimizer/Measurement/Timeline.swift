/// What a rank did when, in memory of a fixed size: nothing is allocated while events are added.
///
/// Events lie in the order of their beginnings. Those that hold others (``Kind/epoch``, ``Kind/step``) are opened before
/// and closed after them. Where there is no more room for steps and phases, they are counted and left out; the other
/// kinds have room of their own.
package final class Timeline {
    /// What an event is about.
    package enum Kind: Int, Sendable, CaseIterable {
        // As in StepPhase.
        case batch, propagation, forward, backward, exchange, optimizer, waiting
        /// A step with its phases; its number is that of the step.
        case step
        /// The steps of an epoch, or what a process took of them; its number is that of the epoch.
        case epoch
        /// Ranking dev or test; its number is that of the epoch.
        case evaluation
        /// Copying the training for a checkpoint, or all of it where somebody waits; its number is that of the step.
        case checkpoint
        /// Writing a checkpoint during the training; its number is that of the step.
        case writing

        /// As it is shown.
        package var name: String { "\(self)" }

        /// Whether it is of one step: of these there are many.
        package var isOfStep: Bool { rawValue <= Kind.step.rawValue }
    }

    /// Something that lasted.
    package struct Event: BitwiseCopyable, Sendable, Equatable {
        /// Nanoseconds of ``PhaseClock/now``.
        package var start: UInt64
        /// Nanoseconds.
        package var duration: UInt64
        /// What it was; nil for a number that is none.
        package var kind: Kind? { Kind(rawValue: Int(code & 0xFF)) }
        /// The number of the step or of the epoch; 0 for a phase.
        package var number: Int { Int(code >> 8) }
        private let code: UInt64

        /// An event of a kind.
        package init(_ kind: Kind, number: Int, start: UInt64, duration: UInt64) {
            self.start = start
            self.duration = duration
            code = UInt64(truncatingIfNeeded: number) << 8 | UInt64(kind.rawValue)
        }

        fileprivate init(_ words: ArraySlice<UInt64>, at index: Int) {
            start = words[index]
            duration = words[index + 1]
            code = words[index + 2]
        }

        /// Numbers of 64 bits that an event is sent as.
        fileprivate static let width = MemoryLayout<Event>.size / MemoryLayout<UInt64>.size
    }

    /// Which event has been opened.
    package struct Slot { let index: Int }

    /// Phases that lasted less are left out: nobody sees them, and there are many.
    package static let shortestPhase: UInt64 = 1000
    /// Events of other kinds than steps and phases that there is room for between two calls of ``take()``.
    private static let reserve = 64

    private let memory: UnsafeMutableBufferPointer<Event>
    private let capacity: Int
    private var count = 0
    /// Steps and phases that may still come, over all.
    private var rest: Int
    /// Steps and phases for which there was no room.
    package private(set) var droppedCount = 0

    /// - Parameters:
    ///   - capacity: steps and phases that there is room for between two calls of ``take()``.
    ///   - limit: the most steps and phases over all.
    package init(capacity: Int, limit: Int) {
        self.capacity = capacity
        rest = limit
        memory = .allocate(capacity: capacity + Self.reserve)
        // A page is the first to be touched now, not in a step.
        memory.initialize(repeating: Event(.step, number: 0, start: 0, duration: 0))
    }

    deinit { memory.deallocate() }

    /// Begins an event that holds those added until it is closed.
    ///
    /// - Returns: nil where there is no room for it.
    package func open(_ kind: Kind, number: Int, at start: UInt64 = PhaseClock.now) -> Slot? {
        guard append(Event(kind, number: number, start: start, duration: 0), isOfStep: kind.isOfStep) else {
            return nil
        }
        return Slot(index: count - 1)
    }

    /// Ends an event that was opened, unless ``take()`` was called since.
    package func close(_ slot: Slot, at end: UInt64 = PhaseClock.now) {
        guard slot.index < count else { return }
        memory[slot.index].duration = end &- memory[slot.index].start
    }

    /// Adds a phase that has ended.
    package func add(_ phase: StepPhase, from start: UInt64, to end: UInt64) {
        guard end &- start >= Self.shortestPhase, let kind = Kind(rawValue: phase.rawValue) else { return }
        _ = append(Event(kind, number: 0, start: start, duration: end &- start), isOfStep: true)
    }

    private func append(_ event: Event, isOfStep: Bool) -> Bool {
        if isOfStep {
            guard count < capacity, rest > 0 else {
                droppedCount += 1
                return false
            }
            rest -= 1
        }
        guard count < memory.count else { return false }
        memory[count] = event
        count += 1
        return true
    }

    /// The events since the last call, of which none must be open, as numbers to be sent: see ``events(_:)``.
    package func take() -> [UInt64] {
        defer { count = 0 }
        return UnsafeMutableRawBufferPointer(memory).withMemoryRebound(to: UInt64.self) {
            Array($0[..<(count * Event.width)])
        }
    }

    /// What ``take()`` has made of events.
    package static func events(_ words: ArraySlice<UInt64>) -> some Sequence<Event> {
        stride(from: words.startIndex, to: words.endIndex - Event.width + 1, by: Event.width).lazy.map {
            Event(words, at: $0)
        }
    }
}
