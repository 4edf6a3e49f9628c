/// When checkpoints are written, and how many are kept.
///
/// The first one of a training comes early: what is not saved yet would be lost as a whole. A training that is asked to
/// stop writes one in any case.
public struct CheckpointPlan: Sendable, Equatable {
    /// Steps from one checkpoint to the next; nil: steps do not count.
    public var everySteps: Int?
    /// Seconds from one checkpoint to the next; nil: time does not count.
    public var everySeconds: Double?
    /// How many checkpoints are kept, the newest ones.
    public var kept: Int

    /// A plan; without arguments a checkpoint every 300 seconds, of which the newest two are kept.
    public init(everySteps: Int? = nil, everySeconds: Double? = 300, kept: Int = 2) {
        self.everySteps = everySteps
        self.everySeconds = everySeconds
        self.kept = kept
    }

    /// Whether there are any but at a stop.
    var isOn: Bool { everySteps != nil || everySeconds != nil }

    /// The most seconds until the first checkpoint of a training; the end of its first epoch can be earlier.
    private static let secondsToFirst = 30.0

    /// - Parameters:
    ///   - steps, seconds: since the last checkpoint, or since the training began.
    ///   - isFirst: whether there is none yet.
    ///   - endsEpoch: whether an epoch is just over.
    package func isDue(steps: Int, seconds: Double, isFirst: Bool, endsEpoch: Bool) -> Bool {
        if isOn && isFirst && (endsEpoch || seconds >= Self.secondsToFirst) { return true }
        return (everySteps.map { steps >= $0 } ?? false) || (everySeconds.map { seconds >= $0 } ?? false)
    }

    /// Seconds from the beginning of a checkpoint to the next one, where steps are so fast that more of them would slow
    /// down the training: nobody misses what is computed in so short a time.
    ///
    /// - Parameter cost: seconds of a processor that the last one took. Ranks wait for each other, so what one of them
    ///   loses counts for all.
    package func pause(after cost: Double) -> Double { min(200 * cost, 0.5) }
}
