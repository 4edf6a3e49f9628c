import Differentiation
import DistributedOptimizer
import Foundation
import Synchronization

/// Writes checkpoints of rank 0, one at a time, while the training continues.
///
/// The training stops for a copy of its memory only. While a checkpoint is on its way to the disk, no other one begins,
/// nor before the training has continued for ``CheckpointPlan/pause(after:)``: the next step that is due then takes its
/// turn. An error ends the training at its next step.
final class CheckpointWriter {
    /// What checkpoints say of the training beside its numbers.
    let description: CheckpointDescription
    private let plan: CheckpointPlan
    private let work: Work
    private var lastStep: Int
    private var lastMoment = ContinuousClock.now
    /// What the last copy took.
    private var copySeconds = 0.0
    /// Checkpoints that were begun.
    private(set) var count = 0

    /// What is on the disk.
    struct Written {
        /// The step of the last checkpoint; nil: there is none yet.
        var step: Int?
        /// When it was there, in seconds since 1970.
        var time: Double?
        /// Writing so far, since ``CheckpointWriter/takeEvents()`` was called.
        var events: [Timeline.Event] = []
    }

    /// What the thread that writes needs, and what has become of its work.
    private final class Work: Sendable {
        let folder: CheckpointFolder
        let fence: RunFence
        let snapshot: CheckpointSnapshot
        let kept: Int
        let isBusy = Atomic(false)
        /// Nanoseconds of the processor that the last checkpoint took from this thread.
        let cost = Atomic(0)
        let failure = Mutex<(any Error)?>(nil)
        let written = Mutex(Written())
        let begin = DispatchSemaphore(value: 0)
        let isEnding = Atomic(false)
        private static let mostEvents = 64
        private let end = DispatchGroup()

        init(_ folder: CheckpointFolder, _ fence: RunFence, _ snapshot: CheckpointSnapshot, kept: Int) {
            self.folder = folder
            self.fence = fence
            self.snapshot = snapshot
            self.kept = kept
        }

        func write() throws {
            try snapshot.write(to: folder.file(step: snapshot.state.step)) { try fence.verify() }
            try folder.keepNewest(kept)
            written.withLock { ($0.step, $0.time) = (snapshot.state.step, Date().timeIntervalSince1970) }
        }

        func start() {
            isBusy.store(true, ordering: .releasing)
            end.enter()
            begin.signal()
        }

        func wait() { end.wait() }

        func run() {
            Self.lowerPriority()
            while true {
                begin.wait()
                if isEnding.load(ordering: .acquiring) { return }
                let processorStart = Self.processorTime
                let start = PhaseClock.now
                do { try write() } catch { failure.withLock { $0 = error } }
                let event = Timeline.Event(
                    .writing, number: snapshot.state.step, start: start, duration: PhaseClock.now - start)
                // Of those that nobody asks for, a few are enough.
                written.withLock { if $0.events.count < Self.mostEvents { $0.events.append(event) } }
                cost.store(Self.processorTime - processorStart, ordering: .relaxed)
                isBusy.store(false, ordering: .releasing)
                end.leave()
            }
        }

        private static var processorTime: Int {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return time.tv_sec * 1_000_000_000 + time.tv_nsec
        }

        /// Lets the ranks of this machine go first: nobody waits for a checkpoint that is written in passing.
        private static func lowerPriority() {
            #if os(Linux)
            // Of this thread alone, which is what 0 stands for.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
            #endif
        }
    }

    /// - Parameter step: of the checkpoint that the training is resumed from, 0 for none.
    init(
        _ plan: CheckpointPlan, _ description: CheckpointDescription, folder: CheckpointFolder, fence: RunFence,
        layout: ParameterLayout, lastStep: Int, hasAverage: Bool
    ) {
        self.description = description
        self.plan = plan
        self.lastStep = lastStep
        let snapshot = CheckpointSnapshot(layout, description, hasAverage: hasAverage)
        let work = Work(folder, fence, snapshot, kept: plan.kept)
        self.work = work
        if plan.isOn { Thread.detachNewThread { work.run() } }
    }

    deinit {
        work.isEnding.store(true, ordering: .releasing)
        work.begin.signal()
    }

    /// Whether a checkpoint is due after `step` and the one before it is written. Throws what went wrong with that.
    ///
    /// - Parameter endsEpoch: whether the step was the last one of its epoch, and dev is ranked.
    func isDue(step: Int, endsEpoch: Bool = false) throws -> Bool {
        guard plan.isOn else { return false }
        let isFirst = lastStep == 0
        let countsSeconds = isFirst || plan.everySeconds != nil
        guard
            plan.isDue(
                steps: step - lastStep, seconds: countsSeconds ? secondsSinceLast : 0, isFirst: isFirst,
                endsEpoch: endsEpoch),
            !work.isBusy.load(ordering: .acquiring)
        else { return false }
        if let failure = work.failure.withLock(\.self) { throw failure }
        let cost = copySeconds + Double(work.cost.load(ordering: .relaxed)) * 1e-9
        return secondsSinceLast >= plan.pause(after: cost)
    }

    /// The last checkpoint that is on the disk.
    var written: (step: Int?, time: Double?) { work.written.withLock { ($0.step, $0.time) } }

    /// What was written during the training, since the last call.
    func takeEvents() -> [Timeline.Event] {
        work.written.withLock { written in
            defer { written.events = [] }
            return written.events
        }
    }

    private var secondsSinceLast: Double { (ContinuousClock.now - lastMoment).inSeconds }

    /// Copies the training and begins to write it.
    func begin(
        _ state: TrainingState, parameters: ParameterValues, moments: (first: ParameterValues, second: ParameterValues),
        average: ParameterValues?, pending: PendingSteps?, best: ParameterStorage?
    ) throws {
        try take(state, parameters: parameters, moments: moments, average: average, pending: pending, best: best)
        work.start()
    }

    /// Writes the training and returns when it is on the disk.
    ///
    /// This thread does it itself: somebody waits for this checkpoint, perhaps only for seconds.
    func write(
        _ state: TrainingState, parameters: ParameterValues, moments: (first: ParameterValues, second: ParameterValues),
        average: ParameterValues?, pending: PendingSteps?, best: ParameterStorage?
    ) throws {
        try take(state, parameters: parameters, moments: moments, average: average, pending: pending, best: best)
        try work.write()
    }

    /// Notes that all ranks have written a checkpoint together, and keeps no more of them than are wanted.
    ///
    /// - Parameter seconds: what it took, in which no rank has trained.
    func noteShared(step: Int, seconds: Double) throws {
        lastStep = step
        lastMoment = .now
        copySeconds = seconds
        count += 1
        work.written.withLock { ($0.step, $0.time) = (step, Date().timeIntervalSince1970) }
        try work.folder.keepNewest(plan.kept)
    }

    /// Waits for the checkpoint that is on its way, before the training ends with an error.
    func finish() { work.wait() }

    private func take(
        _ state: TrainingState, parameters: ParameterValues, moments: (first: ParameterValues, second: ParameterValues),
        average: ParameterValues?, pending: PendingSteps?, best: ParameterStorage?
    ) throws {
        work.wait()
        if let failure = work.failure.withLock(\.self) { throw failure }
        lastStep = state.step
        lastMoment = .now
        count += 1
        work.snapshot.take(
            state, parameters: parameters, moments: moments, average: average, pending: pending, best: best)
        copySeconds = secondsSinceLast
    }
}
