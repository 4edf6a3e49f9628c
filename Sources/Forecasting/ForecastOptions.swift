import DistributedOptimizer
import Training

/// What is asked of a forecast, beside the training.
public struct ForecastOptions: Sendable, Equatable {
    /// The tables are whole on every host.
    public static let wholeTables = TableSharding.none

    /// The catalogue that is asked for; nil: that of the data set, or of the data that are made up.
    public var items: Int?
    /// The users; nil as for the items.
    public var users: Int?
    /// Interactions of the data set; nil: 20 of each user.
    public var interactions: Int?
    /// Mean number of items of a history; nil: as in the data that were measured with.
    public var meanHistory: Double?
    /// The item at rank r of popularity occurs in proportion to `r ^ -exponent`; nil: as in the data set, or 1.
    public var popularityExponent: Double?
    /// Numbers of ranks; empty: nothing is forecast.
    public var ranks: [Int] = []
    /// Hosts, of which each has the same number of ranks; nil: by ``ranksPerHost``.
    public var hosts: Int?
    /// Ranks of a host; nil: as many as were measured together.
    public var ranksPerHost: Int?
    /// Bytes a second of a host's link; nil: as measured.
    public var linkBytesPerSecond: Double?
    /// Seconds of an empty message; nil: as measured.
    public var latency: Double?
    /// Seconds of a processor for a message; nil: as measured, or a microsecond.
    public var messageOverhead: Double?
    /// Hosts of a rack; nil: there is no bottleneck between the links of the hosts.
    public var hostsPerRack: Int?
    /// Bytes a second between a rack and all others; nil as for the hosts.
    public var rackBytesPerSecond: Double?
    /// Bytes of memory that a host has; nil: nobody knows.
    public var hostMemory: Double?
    /// Samples of a rank, the same for all numbers of ranks; nil: the batch is.
    public var samplesPerRank: Int?
    /// Mini-batches of a rank for every number of ranks; nil: by the logical shards that were asked for.
    public var logicalShards: Int?
    /// Where rows lie; nil: the faster that fits.
    public var sharding: TableSharding? = Self.wholeTables
    /// How gradients travel; nil: the faster.
    public var rounds: StepSettings.ExchangeRounds?
    /// A file to read a calibration from; nil: the machine is measured now.
    public var calibration: String?
    /// A file to write the calibration to.
    public var calibrationOutput: String?
    /// A file to write the messages of the forecast steps to.
    public var schedule: String?

    /// One full host, measured now.
    public init() {}

    /// Ten, twenty and so on: what a user has where nobody says it.
    static let interactionsOfUser = 20.0
    /// Seconds of a processor for a message where none was measured, at a guess.
    static let assumedOverhead = 1e-6
    /// Most ranks that a forecast is made for.
    static let mostRanks = 1 << 16

    /// Refuses what is out of range or does not go together, naming the option.
    func validate() throws(TrainingError) {
        func refuse(_ problem: String, _ recoverySuggestion: String) -> TrainingError {
            TrainingError(.usage, problem, recoverySuggestion: recoverySuggestion)
        }
        func require(_ name: String, _ value: Int?, _ range: ClosedRange<Int>) throws(TrainingError) {
            guard let value, !range.contains(value) else { return }
            throw refuse("\(name) is \(value)", "choose \(range.lowerBound) to \(range.upperBound)")
        }
        let mostRows = Int(Int32.max) - 8
        try require("--items", items, 1...mostRows)
        try require("--users", users, 1...mostRows)
        try require("--interactions", interactions, 1...1_000_000_000_000)
        try require("--hosts", hosts, 1...Self.mostRanks)
        try require("--ranks-per-host", ranksPerHost, 1...4096)
        try require("--hosts-per-rack", hostsPerRack, 1...Self.mostRanks)
        try require("--logical-shards", logicalShards, 1...ForecastSearch.mostShards)
        try require("--samples-per-rank", samplesPerRank, 1...1_000_000)
        for count in ranks { try require("--ranks", count, 1...Self.mostRanks) }
        if let meanHistory, !(meanHistory >= 1 && meanHistory <= 1e6) {
            throw refuse("--mean-history is \(meanHistory)", "choose 1 to 1000000")
        }
        if let popularityExponent, !(popularityExponent >= 0 && popularityExponent <= 4) {
            throw refuse("--zipf is \(popularityExponent)", "choose 0, all items alike, to 4")
        }
        guard ranks.isEmpty || Set(ranks).count == ranks.count else {
            throw refuse("--ranks has a number twice", "give each number of ranks once")
        }
        guard !ranks.isEmpty || calibrationOutput != nil else {
            throw refuse("--ranks is missing", "name numbers of ranks: --ranks 16,64,256")
        }
        guard calibration == nil || calibrationOutput == nil else {
            throw refuse("--machine reads what --calibrate writes", "choose one")
        }
        guard !ranks.isEmpty || schedule == nil else {
            throw refuse("--schedule is about numbers of ranks", "name them: --ranks 16,64,256")
        }
        guard hosts == nil || ranksPerHost == nil else {
            throw refuse("--hosts and --ranks-per-host both say where ranks are", "choose one")
        }
        guard (hostsPerRack == nil) == (rackBytesPerSecond == nil) else {
            throw refuse(
                "--hosts-per-rack and --rack-link belong together",
                "give both: --hosts-per-rack 16 --rack-link 100gbit")
        }
        if let hosts {
            for count in ranks where count % hosts != 0 {
                throw refuse("\(count) ranks on \(hosts) hosts", "every host has the same number of ranks")
            }
        }
    }

    /// Ranks of a host.
    ///
    /// - Parameter measured: that were measured together.
    func ranksPerHost(measured: Int) -> Int {
        if let hosts, let count = ranks.max() { return count / hosts }
        return ranksPerHost ?? measured
    }
}
