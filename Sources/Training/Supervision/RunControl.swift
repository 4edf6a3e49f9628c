import FileIO

/// What decides about how a training runs, never about its result.
public struct RunControl: Sendable {
    /// Whether to resume what is in the run's folder; without anything there, the training begins.
    public var resumes = false
    /// Whether other options may decide now when the training ends.
    public var extends = false
    /// Whether a training that could be resumed, or the result of another one, may be thrown away.
    public var overwrites = false
    /// When checkpoints are written, and how many are kept.
    public var checkpoints = CheckpointPlan()
    /// What ends the training before its end, behind a step and with a checkpoint.
    public var stop = StopRequest()
    /// Seconds without progress after which the training is ended; nil: never.
    public var stallLimit: Double? = 1800

    /// Whether the run's folder gets event files of TensorBoard.
    public var writesTensorBoard = false
    /// A file of numbers in the text format of Prometheus, replaced while the training runs; nil: none.
    public var metricsFile: String?
    /// A file of timelines of all ranks in the Trace Event Format; nil: none.
    public var trace: String?

    /// When the command began, for the time until the first step. (default: now)
    public var begin = ContinuousClock.now

    /// A training from the beginning that throws nothing away, with the default checkpoints and no limit of time.
    public init() {}
}

/// How a training ended.
public enum RunOutcome: Sendable {
    /// With a result, at rank 0.
    case finished(FinishedRun?)
    /// Before its end, with a checkpoint of this step.
    case stopped(StopReason, step: Int)
}

/// What a training has found, now or when it ran.
public struct FinishedRun: Sendable {
    /// `result.json`.
    public let json: JSONValue
    /// The test metrics beside those of the popularity baseline, for people.
    public let text: String

    init(_ result: TrainingResult) {
        json = result.json
        text = result.text
    }

    /// - Parameter json: a `result.json`.
    init(stored json: JSONValue) {
        self.json = json
        text = TrainingResult.text(of: json)
    }
}
