/// What a forecast says for some numbers of ranks.
public struct ForecastResult: Sendable {
    /// What was asked of the steps of a number of ranks.
    public struct Point: Sendable {
        /// The hosts.
        public let cluster: Cluster
        /// How the step is divided and exchanged.
        public let settings: StepSettings
        /// Its time.
        public let step: StepForecast
        /// Samples a second of a rank, in those of a rank of one full host.
        public let efficiency: Double
        /// Samples a second of a rank, in those of one that computes very large mini-batches and does nothing else.
        public let usefulShare: Double
        /// Of the host of rank 0.
        public let memory: MemoryForecast
        /// What takes the most of the time, or what a host lacks.
        public let limit: Limit
        /// The smallest batch that keeps the wanted efficiency, with the settings that do; nil: no batch of those tried.
        public let smallest: Advice?
        /// The smallest batch that keeps as much of ``usefulShare``.
        public let smallestUseful: Advice?

        /// The same step in each way to exchange.
        public let ways: [StepForecast]

        /// Samples a second, of all ranks.
        public var samplesPerSecond: Double { Double(settings.batchSize) / step.total }
    }

    /// What stands in the way.
    public enum Limit: Sendable, Equatable {
        /// A host has not so much memory.
        case memory
        /// Most of the step's time.
        case part(StepForecast.Part)

        /// In a table.
        public var name: String {
            switch self {
            case .memory: "memory of a host"
            case .part(let part): part.rawValue
            }
        }
    }

    /// Settings that keep the wanted efficiency.
    public struct Advice: Sendable {
        /// The hosts.
        public let cluster: Cluster
        /// The settings.
        public let settings: StepSettings
        /// What they keep.
        public let efficiency: Double
        /// Seconds of a step.
        public let seconds: Double

        /// Seconds of all hosts together for a million samples.
        public var hostSecondsPerMillion: Double {
            Double(cluster.hosts) * seconds / Double(settings.batchSize) * 1e6
        }
    }

    /// What is first in the way when there are more ranks than one host has.
    public struct Break: Sendable {
        /// Ranks with which it is.
        public let ranks: Int
        /// What it is: for lack of efficiency, the part that has grown most.
        public let limit: Limit
        /// What is left of the efficiency there.
        public let efficiency: Double
    }

    /// Efficiency that is kept by what is advised.
    public static let wantedEfficiency = 0.9

    /// Name of the model.
    public let model: String
    /// Users of the catalogue.
    public let users: Int
    /// Items of the catalogue.
    public let items: Int
    /// Values of all parameters.
    public let parameters: Int
    /// Mean number of items of a history.
    public let meanHistory: Double
    /// Whether every rank has the same number of samples, whatever the number of ranks; otherwise the batch is the same.
    public let isWeak: Bool
    /// Bytes of memory of a host; nil: nobody has said.
    public let hostMemory: Double?
    /// The network.
    public let network: Cluster.Network
    /// By number of ranks, as asked.
    public let points: [Point]
    /// The settings for one of these numbers of ranks that keep the wanted efficiency with the least time of hosts for a
    /// sample, with the batch that was asked for; nil: there are none that fit.
    public let cheapest: Advice?
    /// The first that is in the way with the samples and settings that were asked for; nil: nothing up to the most ranks
    /// tried.
    public let firstBreak: Break?
    /// The most ranks that were tried.
    public let mostRanks: Int
    /// What the machine was measured to need.
    public let calibration: Calibration
    /// Computing of a mini-batch as asked, in those that were measured: 1 where the shape is the same.
    public let scale: Double
    /// What of it is an assumption, for people.
    public let assumptions: [String]

}
