/// How long a step takes, by its parts, as the formulas have it.
public struct StepForecast: Sendable, Equatable {
    /// What a rank does in a step, in the order in which it names what limits.
    public enum Part: String, Sendable, CaseIterable {
        /// From the drawing of the samples to the gradients, the mean over the ranks.
        case computing
        /// For the rank with the longest histories.
        case slowestRank = "slowest rank"
        /// Latencies, and the processor's work for messages.
        case messages
        /// Bytes on the link of a host.
        case link
        /// Bytes on the uplink of a rack, beyond the time of the link.
        case uplink
        /// Adding up gradients, of the own host and of others.
        case addition
        /// Adam, as far as it is not hidden behind messages.
        case optimizer
        /// The barriers of a host's ranks.
        case barriers
    }

    /// Seconds of each part.
    public let seconds: [Part: Double]
    /// The messages of the step.
    public let exchange: Exchange
    /// Seconds that a rank needs for Adam, hidden or not.
    public let optimizerSeconds: Double

    /// Seconds of the step.
    public var total: Double { Part.allCases.reduce(0) { $0 + (seconds[$1] ?? 0) } }

    /// Barriers of the ranks of a node in a step: behind the gradients and behind the parameters.
    private static let barriers = 2.0

    /// - Parameters:
    ///   - shape: of the model and the catalogue that is asked for.
    ///   - calibration: of the machine, of which every host has the same.
    public init(
        _ shape: ModelShape, _ settings: StepSettings, _ cluster: Cluster, _ calibration: CalibratedCost
    ) {
        let hosts = cluster.hosts
        let rails = Double(cluster.ranksPerHost)
        let shards = Double((settings.logicalShards + cluster.ranks - 1) / cluster.ranks)
        var seconds: [Part: Double] = [:]
        seconds[.computing] = calibration.seconds(shards: shards, samples: settings.samplesOfShard)
        seconds[.slowestRank] =
            calibration.spread(shards: shards, samples: settings.samplesOfShard)
            * LargestOfNormals.expected(of: cluster.ranks)
        exchange = Exchange(shape, settings, cluster)
        // The gradients of a host's shards, of which each of its ranks reads its part.
        let inputs = settings.addsOnArrival ? 1 : shards
        let own = inputs * shape.gradientBytes(samples: settings.samplesOfShard, shards: 1) / calibration.additionRate
        let tables =
            settings.sharding == .rows || settings.optimizerSharding == .all
            ? Double(shape.tableCount) / Double(hosts) : Double(shape.tableCount)
        let dense = Double(shape.denseCount) / (settings.optimizerSharding == .none ? 1 : Double(hosts))
        func adam(of values: Double) -> Double {
            calibration.adamSeconds(
                values: values / rails * Double(settings.copies) / 3, ranks: cluster.ranksPerHost)
        }
        let deferred = Double(settings.deferredValues) / Double(settings.sharding == .rows ? hosts : 1)
        optimizerSeconds = min(
            adam(of: tables + dense),
            adam(of: tables + dense - deferred) + calibration.adamSecondsInCache(values: deferred / rails))
        // What is moved before it is sent cannot be hidden.
        let before =
            settings.optimizerSharding == .none || hosts == 1
            ? 0 : adam(of: dense + (settings.optimizerSharding == .all && settings.sharding == .none ? tables : 0))
        let rest = optimizerSeconds - before
        func time(_ rounds: ArraySlice<ExchangeRound>) -> ExchangeRound.Seconds {
            rounds.reduce(into: ExchangeRound.Seconds()) {
                $0 += $1.seconds(
                    cluster.network, rails: cluster.ranksPerHost, additionRate: calibration.additionRate)
            }
        }
        var sent = time(exchange.fetching[...])
        sent += time(exchange.reducing[...])
        let spreading = time(exchange.spreading[...])
        // While sums travel, Adam runs over those that are there, when the processor has nothing to do for messages; those
        // that come last it cannot begin with before.
        let isHidden = hosts > 1 && !settings.clipsGradient
        let behind =
            isHidden
            ? max(rest + spreading.handling - spreading.total, rest * (1 - Self.overlap(exchange, settings))) : rest
        sent += spreading
        seconds[.messages] = sent.messages
        seconds[.link] = sent.wire
        seconds[.addition] = own + sent.addition
        seconds[.uplink] = sent.uplink
        seconds[.optimizer] = before + behind
        let barriers = Self.barriers + (settings.clipsGradient ? 1 : 0)
        seconds[.barriers] = cluster.ranksPerHost > 1 ? barriers * calibration.barrier : 0
        self.seconds = seconds
    }

    /// The share of Adam that can be done before the last sums are there.
    ///
    /// With direct exchange a slice of the rail arrives after another, and the last one alone is left; with halving the
    /// last message brings half of all; where tables are sharded they do not travel back, and nothing waits for them.
    private static func overlap(_ exchange: Exchange, _ settings: StepSettings) -> Double {
        guard settings.sharding == .none else { return 1 }
        return settings.rounds == .direct ? 1 - exchange.shareAtHand : exchange.shareAtHand
    }
}
