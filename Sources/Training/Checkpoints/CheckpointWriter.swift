import Differentiation
import Dispatch
import Foundation
import Reporting
import Synchronization

/// Writes checkpoints of rank 0, one at a time, while the training goes on.
///
/// The training stops for a copy of its memory only. While a checkpoint is on its way to the disk, no other one begins:
/// the next step that is due after it takes its turn. An error ends the training at its next step.
final class CheckpointWriter {
    private let plan: CheckpointPlan
    private let folder: CheckpointFolder
    private let fence: RunFence
    private let snapshot: CheckpointSnapshot
    private let queue = DispatchQueue(label: "checkpoints", qos: .utility)
    private let outcome = Outcome()
    private var lastStep: Int
    private var lastMoment = ContinuousClock.now
    /// Checkpoints that were begun.
    private(set) var count = 0

    /// What has become of the last checkpoint.
    private final class Outcome: Sendable {
        let value = Mutex<(isBusy: Bool, failure: (any Error)?)>((false, nil))
    }

    /// - Parameter step: of the checkpoint that the training goes on from, 0 for none.
    init(
        _ plan: CheckpointPlan, folder: CheckpointFolder, fence: RunFence, layout: ParameterLayout, lastStep: Int,
        configuration: String, data: String, processor: String
    ) {
        self.plan = plan
        self.folder = folder
        self.fence = fence
        self.lastStep = lastStep
        snapshot = CheckpointSnapshot(layout)
        snapshot.configuration = configuration
        snapshot.data = data
        snapshot.processor = processor
    }

    /// Whether a checkpoint is due after `step` and the one before it is written. Throws what went wrong with that.
    func isDue(step: Int) throws -> Bool {
        guard plan.isOn, plan.isDue(steps: step - lastStep, seconds: secondsSinceLast) else { return false }
        return try outcome.value.withLock { outcome in
            if let failure = outcome.failure { throw failure }
            return !outcome.isBusy
        }
    }

    private var secondsSinceLast: Double {
        plan.everySeconds == nil ? 0 : (ContinuousClock.now - lastMoment).inSeconds
    }

    /// Copies the training and begins to write it.
    func begin(
        _ state: TrainingState, parameters: ParameterValues, moments: (first: ParameterValues, second: ParameterValues),
        best: ParameterStorage?
    ) throws {
        try waitForLast()
        lastStep = state.step
        lastMoment = .now
        count += 1
        let layout = snapshot.layout
        snapshot.parameters.values.copy(from: parameters, layout)
        snapshot.first.values.copy(from: moments.first, layout)
        snapshot.second.values.copy(from: moments.second, layout)
        snapshot.best = best
        snapshot.state = state
        outcome.value.withLock { $0.isBusy = true }
        let path = folder.file(step: state.step)
        queue.async { [snapshot, folder, fence, plan, outcome] in
            let result = Result {
                try snapshot.write(to: path) { try fence.verify() }
                try folder.keepNewest(plan.kept)
            }
            outcome.value.withLock {
                $0.isBusy = false
                if case .failure(let error) = result { $0.failure = error }
            }
        }
    }

    /// Waits until the last checkpoint is on the disk. Throws what went wrong with it.
    func waitForLast() throws {
        queue.sync {}
        try outcome.value.withLock { outcome in
            if let failure = outcome.failure { throw failure }
        }
    }
}
