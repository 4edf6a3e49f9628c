import Evaluation
import Training

/// How a training step is measured.
public struct BenchmarkOptions: Sendable, Equatable {
    /// Steps before the clock starts.
    public var warmUpSteps = 20
    /// Steps of a pass.
    public var steps = 200
    /// Passes, of which the fastest counts.
    public var passes = 3
    /// Whether each operation of the tape is timed, in steps of their own after the passes.
    public var timesOperations = false
    /// Whether the exchange of gradients between the nodes is compared with others, in steps of their own.
    public var comparesExchange = false
    /// The protocol that the ranking of dev is measured by; nil: it is not.
    public var ranking: RankingProtocol?

    /// Three passes of 200 steps after 20 steps of warm-up, and no other measurement.
    public init() {}

    /// Refuses what is out of range, naming the option.
    func validate() throws(TrainingError) {
        func require(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(TrainingError) {
            guard !range.contains(value) else { return }
            throw TrainingError(
                .usage, "\(name) is \(value)", recoverySuggestion: "choose \(range.lowerBound) to \(range.upperBound)")
        }
        try require("--warm-up", warmUpSteps, 1...1_000_000)
        try require("--steps", steps, 1...1_000_000)
        try require("--passes", passes, 1...1000)
    }
}
