extension ForecastResult {
    /// The messages and the computing of a step for each number of ranks, in each way to exchange, as lines of words for
    /// `cluster/forecast/exchange.c`:
    ///
    ///     step RANKS HOSTS direct|halving SECONDS-OF-THE-FORECAST
    ///     compute SECONDS
    ///     pack SECONDS
    ///     optimizer SECONDS
    ///     fetch|reduce|spread MESSAGES BYTES SECONDS
    ///     end
    ///
    /// A line of a round has the messages of a rank, the bytes of each, and the seconds that the rank then adds up for.
    public var schedule: String {
        points.map { point in
            zip(StepSettings.ExchangeRounds.allCases, point.ways).map { Self.schedule(of: $1, $0, point, calibration) }
                .joined()
        }.joined()
    }

    private static func schedule(
        of step: StepForecast, _ way: StepSettings.ExchangeRounds, _ point: Point, _ calibration: Calibration
    ) -> String {
        let exchange = step.exchange
        func adding(_ round: ExchangeRound) -> Double { round.addedBytes / calibration.additionRate }
        let all = exchange.fetching + exchange.reducing + exchange.spreading
        let pack = (step.seconds[.addition] ?? 0) - all.reduce(0) { $0 + adding($1) }
        let compute = [StepForecast.Part.computing, .slowestRank, .barriers].reduce(0) { $0 + (step.seconds[$1] ?? 0) }
        var lines = [
            "step \(point.cluster.ranks) \(point.cluster.hosts) \(way.rawValue) \(step.total)", "compute \(compute)",
            "pack \(max(pack, 0))", "optimizer \(step.optimizerSeconds)",
        ]
        for (name, rounds) in [
            ("fetch", exchange.fetching), ("reduce", exchange.reducing), ("spread", exchange.spreading),
        ] {
            lines += rounds.map { "\(name) \($0.messages) \(Int($0.bytes.rounded())) \(adding($0))" }
        }
        return (lines + ["end"]).map { $0 + "\n" }.joined()
    }
}
