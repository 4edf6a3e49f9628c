/// What a machine was measured to need for the parts of a training step.
///
/// All ranks of a host are measured at the same time, so that they share caches and memory as in a training.
public struct Calibration: Sendable, Equatable {
    /// Messages between nodes.
    public struct Network: Sendable, Equatable {
        /// Seconds of an empty message between two nodes.
        public let latency: Double
        /// Seconds of a rank's processor for each message that it sends and receives among others (the overhead of LogP,
        /// Culler and others 1993).
        public let overhead: Double
        /// Seconds that each byte adds.
        public let secondsPerByte: Double

        /// What was measured.
        public init(latency: Double, overhead: Double, secondsPerByte: Double) {
            self.latency = latency
            self.overhead = overhead
            self.secondsPerByte = secondsPerByte
        }
    }

    /// A pass of Adam over values without gradient.
    public struct AdamPass: Sendable, Equatable {
        /// Values that a rank moves.
        public let values: Int
        /// Seconds, the mean over the ranks.
        public let seconds: Double

        /// A measurement.
        public init(values: Int, seconds: Double) {
            self.values = values
            self.seconds = seconds
        }
    }

    /// The largest instruction set of the processor, and its name where the system tells it.
    public let machine: String
    /// Ranks that were measured at the same time.
    public let ranks: Int
    /// Name of the model.
    public let model: String
    /// Its stage; empty for a model without stages.
    public let stage: String
    /// Users of the data that were measured with.
    public let users: Int
    /// Items of the data that were measured with.
    public let items: Int
    /// Mean number of items of a history, or of rows of a window.
    public let meanHistory: Double
    /// Standard deviation of that number, of its mean.
    public let historyDeviation: Double
    /// Steps of several sizes.
    public let steps: [StepTimeFit.Point]
    /// Useful operations of a mini-batch of the model, as it was measured.
    public let operations: ModelShape.Line
    /// Passes of Adam, by rising size.
    public let adam: [AdamPass]
    /// Bytes a second of gradients that a rank reads to add them up into a message.
    public let additionRate: Double
    /// Seconds of a barrier of the ranks of a host; nil where there was one rank.
    public let barrier: Double?
    /// Nil where all ranks share memory.
    public let network: Network?

    /// What was measured.
    public init(
        machine: String, ranks: Int, model: String, stage: String, users: Int, items: Int, meanHistory: Double,
        historyDeviation: Double, steps: [StepTimeFit.Point], operations: ModelShape.Line, adam: [AdamPass],
        additionRate: Double, barrier: Double?, network: Network?
    ) {
        self.machine = machine
        self.ranks = ranks
        self.model = model
        self.stage = stage
        self.users = users
        self.items = items
        self.meanHistory = meanHistory
        self.historyDeviation = historyDeviation
        self.steps = steps
        self.operations = operations
        self.adam = adam
        self.additionRate = additionRate
        self.barrier = barrier
        self.network = network
    }

    /// Seconds of a barrier of two ranks or more where none was measured: at a guess, that of shared memory.
    public static let assumedBarrier = 2e-6

    /// Seconds that a rank needs for Adam over so many values: between two passes by a straight line in the logarithms of
    /// their sizes, so that caches count; beyond them at the rate of the nearest one.
    public func adamSeconds(values: Double) -> Double {
        guard values > 0, let first = adam.first, let last = adam.last else { return 0 }
        func rate(_ pass: AdamPass) -> Double { pass.seconds / Double(pass.values) }
        guard values > Double(first.values) else { return values * rate(first) }
        for (low, high) in zip(adam, adam.dropFirst()) where values <= Double(high.values) {
            let part = Self.logarithmicPart(of: values, from: Double(low.values), to: Double(high.values))
            return values * (rate(low) + part * (rate(high) - rate(low)))
        }
        return values * rate(last)
    }
}
