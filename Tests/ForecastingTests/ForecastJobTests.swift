import Differentiation
import DistributedOptimizer
import Forecasting
import Recommenders
import Testing
import Training

/// Forecasts of real models, by a calibration that is made up.
@Suite struct ForecastJobTests {
    static let network = (link: 1e9, latency: 1e-5)

    static func options(ranks: [Int] = [16, 64], samplesPerRank: Int? = 8) -> ForecastOptions {
        var options = ForecastOptions()
        options.items = 50_000
        options.users = 20_000
        options.ranks = ranks
        options.ranksPerHost = 4
        options.samplesPerRank = samplesPerRank
        options.linkBytesPerSecond = network.link
        options.latency = network.latency
        return options
    }

    static func configuration(
        _ model: String = "ComiRec", _ change: (inout TrainingConfiguration) -> Void = { _ in }
    ) -> TrainingConfiguration {
        var configuration = TrainingConfiguration(model: model, dataRoot: "data", dataset: "", output: "")
        configuration.logicalShards = 1
        change(&configuration)
        return configuration
    }

    private func forecast(
        _ configuration: TrainingConfiguration = configuration(), _ options: ForecastOptions = options()
    ) throws -> ForecastResult {
        try ForecastJob(configuration, stage: nil, options: options).forecast(by: FormulaTests.calibration(ranks: 4))
    }

    @Test(arguments: ["ComiRec", "TiMiRec", "SASRec", "BPRMF", "MIND", "GRU4Rec"])
    func `parameters and moments are those of the plan of a training`(model: String) throws {
        let result = try forecast(Self.configuration(model))
        let entry = try #require(RecommenderCatalogue.entry(named: model))
        let layout = ParameterLayout()
        let configuration = Self.configuration(model)
        _ = entry.model(
            ModelContext(
                configuration.options, stage: entry.stages.last, userCount: 20_000, itemCount: 50_000,
                itemCounts: [Int32](repeating: 0, count: 50_001)), in: layout.root)
        #expect(result.parameters >= layout.parameterCount && result.parameters < layout.parameterCount + 5_000)
        for point in result.points {
            // A shard of 8 samples: users, histories, and candidates, as ShardWorker.rowCapacity has it.
            let capacity = 8 * (configuration.options.historyMax + 1 + configuration.negatives + 1)
            let gradients = GradientLayout(layout, rowCapacity: capacity)
            let ranks = point.cluster.ranks
            let plan = OptimizerPlan(
                layout: layout, gradientLayout: gradients, adam: configuration.optimizer, shardCount: ranks,
                ownedShards: (0..<ranks).map { $0..<$0 + 1 }, propagation: nil, accumulatesOnArrival: false)
            let bytes = (0..<4).map { plan.byteCount(ofRank: $0, among: [0, 1, 2, 3]) }
            #expect(point.memory.optimizer == Double(bytes.reduce(0) { $0 + $1.own + $1.shared }), "\(model)")
            #expect(point.memory.total > point.memory.optimizer)
        }
    }

    @Test(arguments: [OptimizerSharding.dense, .all])
    func `hosts need less memory where the moments are sharded`(sharding: OptimizerSharding) throws {
        let whole = try forecast()
        let sharded = try forecast(Self.configuration { $0.optimizerSharding = sharding })
        for (one, other) in zip(whole.points, sharded.points) {
            #expect(other.settings.optimizerSharding == sharding)
            #expect(other.memory.optimizer < one.memory.optimizer)
            // No copy of a checkpoint.
            #expect(5 * other.memory.copies == one.memory.copies)
        }
    }

    @Test func `what a sample touches is found by running the model`() throws {
        func draws(_ configuration: TrainingConfiguration) throws -> [String: RowDraws] {
            let entry = try #require(RecommenderCatalogue.entry(named: configuration.model))
            var configuration = configuration
            configuration.stage = entry.stages.last
            let shape = try ModelProbe(configuration, entry: entry, meanHistory: 12).shape(
                users: 20_000, items: 50_000, popularity: RowPopularity(zipf: 1, count: 50_000))
            return Dictionary(uniqueKeysWithValues: shape.tables.map { ($0.name, $0.draws) })
        }
        let items = "i_embeddings.weight"
        let bpr = try #require(try draws(Self.configuration { $0.negatives = 3 })[items])
        #expect(bpr.popularPerSample == 13 && bpr.uniformPerSample == 3 && bpr.uniformPerStep == 0)
        let shared = try #require(
            try draws(
                Self.configuration {
                    $0.negatives = 100
                    $0.objective.loss = .sampledSoftmax
                })[items])
        #expect(shared.popularPerSample == 13 && shared.uniformPerSample == 0 && shared.uniformPerStep == 100)
        let full = try #require(try draws(Self.configuration { $0.objective.loss = .fullSoftmax })[items])
        #expect(full.isComplete)
        let users = try draws(Self.configuration("BPRMF"))
        #expect(users.values.contains { $0.uniformPerSample == 1 && $0.popularPerSample == 0 }, "\(users)")
    }

    @Test func `the full softmax computes in proportion to the items`() throws {
        let configuration = Self.configuration { $0.objective.loss = .fullSoftmax }
        var options = Self.options()
        options.items = 100_000
        let large = try forecast(configuration, options)
        options.items = 10_000
        let small = try forecast(configuration, options)
        #expect(large.scale / small.scale > 9 && large.scale / small.scale < 10.1)
    }

    @Test func `with the samples of a rank the batch grows, otherwise it stays`() throws {
        let weak = try forecast()
        #expect(weak.isWeak && weak.points.map(\.settings.batchSize) == [128, 512])
        let fixed = try forecast(Self.configuration { $0.batchSize = 512 }, Self.options(samplesPerRank: nil))
        #expect(!fixed.isWeak && fixed.points.map(\.settings.batchSize) == [512, 512])
        #expect(fixed.points.allSatisfy { $0.settings.logicalShards == $0.cluster.ranks })
        #expect(fixed.points[1].efficiency < fixed.points[0].efficiency)
    }

    @Test func `one full host is the measure of efficiency`() throws {
        let result = try forecast(Self.configuration(), Self.options(ranks: [4]))
        #expect(result.points[0].efficiency == 1 && result.points[0].step.exchange.reducing.isEmpty)
    }

    @Test func `the faster exchange is chosen, unless one is asked for`() throws {
        let free = try forecast()
        for point in free.points { #expect(point.step.total == point.ways.map(\.total).min()) }
        var options = Self.options()
        for rounds in StepSettings.ExchangeRounds.allCases {
            options.rounds = rounds
            #expect(try forecast(Self.configuration(), options).points.allSatisfy { $0.settings.rounds == rounds })
        }
    }

    @Test func `a host that lacks memory is told, and sharded tables need less`() throws {
        var options = Self.options()
        options.items = 10_000_000
        options.hostMemory = 8e9
        let whole = try forecast(Self.configuration(), options)
        #expect(whole.points.allSatisfy { $0.limit == .memory } && whole.firstBreak?.limit == .memory)
        options.sharding = .rows
        let sharded = try forecast(Self.configuration(), options)
        for (one, other) in zip(sharded.points, whole.points) { #expect(one.memory.total < other.memory.total / 2) }
    }

    @Test func `an advised batch keeps what is wanted, and the next smaller one does not`() throws {
        var options = Self.options()
        options.linkBytesPerSecond = 1e7
        let result = try forecast(Self.configuration(), options)
        for point in result.points {
            guard let advice = point.smallest, advice.settings.batchSize > point.cluster.ranks else { continue }
            #expect(advice.efficiency >= ForecastResult.wantedEfficiency)
            options.ranks = [point.cluster.ranks]
            options.samplesPerRank = advice.settings.batchSize / point.cluster.ranks / 2
            #expect(try forecast(Self.configuration(), options).points[0].efficiency < ForecastResult.wantedEfficiency)
        }
    }

    @Test func `the messages of a step are written for each way to exchange`() throws {
        let lines = try forecast().schedule.split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("step ") }.count == 4 && lines.last == "end")
        // 4 hosts: one round each way, and two; 16 hosts: one, and four.
        #expect(lines.filter { $0.hasPrefix("reduce ") }.count == 1 + 2 + 1 + 4)
        #expect(lines.first { $0.hasPrefix("step ") }?.hasPrefix("step 16 4 direct ") == true)
    }

    @Test func `text and JSON name every number of ranks`() throws {
        let result = try forecast()
        #expect(result.text.contains("a forecast, not a measurement") && result.text.contains("weak scaling"))
        for point in result.points {
            #expect(result.text.contains("   \(point.cluster.ranks)  "))
        }
        guard case .array(let points)? = result.json["points"] else {
            Issue.record("no points")
            return
        }
        #expect(points.map { $0["ranks"] } == [.integer(16), .integer(64)])
    }

    @Test func `hosts hold all of the numbers of ranks, spread evenly`() throws {
        var options = Self.options()
        options.ranks = [8, 16, 64]
        (options.ranksPerHost, options.hosts) = (nil, 8)
        let points = try forecast(Self.configuration(), options).points
        #expect(points.map(\.cluster.ranksPerHost) == [1, 2, 8] && points.allSatisfy { $0.cluster.hosts == 8 })
    }

    static let refusals: [(String, @Sendable (inout ForecastOptions) -> Void)] = [
        ("--ranks is missing", { $0.ranks = [] }), ("--ranks is 0", { $0.ranks = [0] }),
        ("--ranks has a number twice", { $0.ranks = [4, 4] }), ("--items is 0", { $0.items = 0 }),
        ("--hosts and --ranks-per-host", { $0.hosts = 2 }), ("--zipf is 9", { $0.popularityExponent = 9 }),
        ("--mean-history is 0", { $0.meanHistory = 0 }), ("--samples-per-rank is 0", { $0.samplesPerRank = 0 }),
        ("16 ranks for 8 logical shards", { $0.logicalShards = 8 }),
        ("8192 ranks for 8192 logical shards", { $0.ranks = [8192] }),
        (
            "16 ranks on 3 hosts",
            {
                $0.ranks = [16]
                $0.ranksPerHost = nil
                $0.hosts = 3
            }
        ),
        (
            "a batch of 256 samples for 1024 logical shards",
            {
                $0.samplesPerRank = nil
                $0.ranks = [1024]
            }
        ),
        (
            "--machine reads what --calibrate writes",
            {
                $0.calibration = "a"
                $0.calibrationOutput = "b"
            }
        ),
    ]

    @Test(arguments: refusals.indices) func `a wrong option is refused by name`(index: Int) {
        let (problem, change) = Self.refusals[index]
        var options = Self.options()
        change(&options)
        let error = #expect(throws: TrainingError.self) {
            try ForecastJob(Self.configuration(), stage: nil, options: options)
        }
        #expect(error?.kind == .usage && error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
    }

    @Test func `models and losses that are not forecast are refused`() throws {
        func refusal(_ configuration: TrainingConfiguration, _ options: ForecastOptions = Self.options()) -> String {
            let error = #expect(throws: TrainingError.self) {
                try ForecastJob(configuration, stage: nil, options: options)
            }
            return error?.problem ?? ""
        }
        #expect(refusal(Self.configuration("LightGCN")).contains("graph"))
        #expect(refusal(Self.configuration("POP")).contains("not trained"))
        var sharded = Self.options()
        sharded.sharding = .rows
        let full = Self.configuration { $0.objective.loss = .fullSoftmax }
        #expect(refusal(full, sharded).contains("--table-sharding rows"))
        var unknown = Self.options()
        unknown.linkBytesPerSecond = nil
        let error = #expect(throws: TrainingError.self) { try forecast(Self.configuration(), unknown) }
        #expect(error?.problem.contains("network") == true)
    }
}
