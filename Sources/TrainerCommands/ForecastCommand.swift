import ArgumentParser
import Forecasting
import Options
import Recommenders
import Reporting
import Training

/// `trainer forecast`.
struct ForecastCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forecast",
        abstract: "Forecasts time, memory and traffic of training steps on clusters that are not there.",
        usage: """
            trainer forecast --model <model> --ranks <n,n,...> [<options>]
            mpirun -n <ranks of a host> trainer forecast --calibrate <file> ...
            """,
        discussion: """
            Measures this machine for about 20 seconds and computes by formulas what a step takes on more ranks and \
            hosts, what is first in the way, and the smallest batch that keeps 90 % efficiency. Efficiency is the \
            speed of a rank, in that of a rank of one full host.

              trainer forecast --model ComiRec --loss sampled-softmax \\
                --items 10000000 --users 5000000 --samples-per-rank 64 \\
                --ranks 64,256,1024 --ranks-per-host 16 --link 25gbit --latency 5us

            A calibration can be kept, and read instead of measuring. To be true for hosts that are full of ranks it \
            is measured with as many. On two hosts or more it has the network too.

              mpirun -n 2 trainer forecast --model ComiRec --calibrate machine.json
              trainer forecast --model ComiRec --machine machine.json \\
                --samples-per-rank 8 --ranks 16,64 --link 10gbit --latency 20us
            """)

    @Option(name: .field("model"), help: .field("model"))
    var model: String?

    @OptionGroup(title: "Data") var data: DataOptions

    @OptionGroup(title: "Data") var catalogue: CatalogueOptions

    @OptionGroup(title: "Cluster") var cluster: ClusterOptions

    @Option(help: "The stage of a model that has several. (default: the last one)")
    var stage: TrainingStage?

    @Option(
        name: .spellings(of: "samples-per-rank"),
        help:
            "Let the batch grow with the ranks: so many samples of each. (default: --batch-size for all; 32 where it is not given and too small)"
    )
    var samplesPerRank: Int?

    /// Samples of a rank where nobody says how many, and the default batch has not one for each.
    private static let samplesOfManyRanks = 32

    @Option(
        name: .spellings(of: "logical-shards"),
        help: "Parts of the users: the most ranks. (1 to 4096) (default: one of each rank)")
    var logicalShards: Int?

    @Option(help: "Write what this machine was measured to need.", completion: .file())
    var calibrate: String?

    @Option(help: "Read a file of --calibrate instead of measuring this machine.", completion: .file())
    var machine: String?

    @Option(help: "Write the messages of the steps for cluster/forecast.", completion: .file())
    var schedule: String?

    @OptionGroup(title: "Training step") var step: DeclaredOptions<ForecastStepGroup>

    @OptionGroup(title: "Model") var hyperparameters: DeclaredOptions<ModelGroup>

    @OptionGroup(title: "Objective") var objective: DeclaredOptions<ObjectiveGroup>

    @Flag(help: "Print the result object on standard output, and nothing else.")
    var json = false

    @Flag(name: .shortAndLong, help: "Only warnings and errors.")
    var quiet = false

    mutating func run() throws {
        let job = try makeJob()
        let printsJSON = json
        Launcher.run(isQuiet: quiet) { world, console in
            if let result = try job.run(world: world, console: console) {
                try StandardOutput.write(printsJSON ? result.json.pretty + "\n" : result.text)
            }
            return 0
        }
    }

    private func makeJob() throws -> ForecastJob {
        guard let model else {
            throw CommandError("--model is missing\nchoose one of these:\n\(ModelList.text)")
        }
        var texts = step.texts
        if samplesPerRank != nil, texts["batch-size"] != nil {
            throw CommandError("--samples-per-rank and --batch-size both say how many samples a step has\nchoose one")
        }
        // A batch of any size has one shard at least; how many there are is up to the numbers of ranks.
        texts["logical-shards"] = "1"
        let training = try TrainingConfiguration(
            commandLine: [texts, hyperparameters.texts, objective.texts], model: model, data: data)
        var options = ForecastOptions()
        catalogue.fill(&options)
        cluster.fill(&options)
        let isTooSmall = texts["batch-size"] == nil && options.ranks.contains { $0 > training.batchSize }
        options.samplesPerRank = samplesPerRank ?? (isTooSmall ? Self.samplesOfManyRanks : nil)
        options.calibration = machine
        options.calibrationOutput = calibrate
        options.schedule = schedule
        options.logicalShards = logicalShards
        do {
            return try ForecastJob(training, stage: stage, options: options)
        } catch {
            throw CommandError(exitCode: 64, error.description)
        }
    }
}

/// A training step as a forecast is asked for one: without what no time follows from, and with ways to exchange of its own.
enum ForecastStepGroup: DeclaredOptionGroup {
    private static let others: Set<String> = ["exchange", "exchange-rounds", "logical-shards", "table-sharding"]
    static var declarations: [OptionDeclaration] {
        StepGroup.declarations.filter { !others.contains($0.name) }
    }
}

/// The size of a catalogue that need not be there.
struct CatalogueOptions: ParsableArguments {
    @Option(help: "Items of the catalogue. (default: those of the data)") var items: Int?
    @Option(help: "Users of the catalogue. (default: those of the data)") var users: Int?
    @Option(help: "Interactions of all users. (default: 20 of each)") var interactions: Int?

    @Option(
        name: .spellings(of: "mean-history"),
        help: "Mean number of items of a history. (default: as in the data that are measured with)")
    var meanHistory: Double?

    @Option(
        help: "The item at rank r of popularity occurs in proportion to r^-zipf. (default: as in --dataset, or 1)")
    var zipf: Double?

    func fill(_ options: inout ForecastOptions) {
        options.items = items
        options.users = users
        options.interactions = interactions
        options.meanHistory = meanHistory
        options.popularityExponent = zipf
    }
}

/// The hosts and their network.
struct ClusterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Numbers of ranks.", valueName: "n,n,...")) var ranks: NumberList?
    @Option(help: "Hosts that the ranks are spread over.") var hosts: Int?

    @Option(
        name: .spellings(of: "ranks-per-host"),
        help: "Ranks of each host. (default: as many as were measured together)")
    var ranksPerHost: Int?

    @Option(
        help: ArgumentHelp(
            "Speed of a host's link, such as 25gbit. (default: as measured between hosts)", valueName: "rate"))
    var link: LinkRate?

    @Option(
        name: .spellings(of: "hosts-per-rack"),
        help: "Hosts of a rack, which stand in the order of the ranks; with --rack-link. (default: no racks)")
    var hostsPerRack: Int?

    @Option(
        name: .spellings(of: "rack-link"),
        help: ArgumentHelp(
            "Speed of a rack's uplink to all others, such as 100gbit; with --hosts-per-rack.", valueName: "rate"))
    var rackLink: LinkRate?

    @Option(
        help: ArgumentHelp(
            "Time of an empty message, such as 5us. (default: as measured between hosts)", valueName: "time"))
    var latency: TimeSpan?

    @Option(
        name: .spellings(of: "message-overhead"),
        help: ArgumentHelp(
            "Time that a message takes of a processor. (default: as measured between hosts, or 1us)",
            valueName: "time"))
    var messageOverhead: TimeSpan?

    @Option(
        name: .spellings(of: "host-memory"),
        help: ArgumentHelp("Memory of a host, such as 64GB: settings that need more are not chosen.", valueName: "size")
    )
    var hostMemory: MemorySize?

    @Option(
        name: .spellings(of: "table-sharding"),
        help: "Every host has all rows (none) or its part (rows); auto: the faster that fits.")
    var tableSharding = Choice(ForecastOptions.wholeTables)

    @Option(
        name: .spellings(of: "exchange-rounds"),
        help: "How gradients travel between hosts: direct, halving, or auto, the faster.")
    var exchangeRounds = Choice<StepSettings.ExchangeRounds>(nil)

    func fill(_ options: inout ForecastOptions) {
        options.ranks = ranks?.numbers ?? []
        options.hosts = hosts
        options.ranksPerHost = ranksPerHost
        options.linkBytesPerSecond = link.map { $0.value / 8 * Cluster.Network.payloadShare }
        options.hostsPerRack = hostsPerRack
        options.rackBytesPerSecond = rackLink.map { $0.value / 8 * Cluster.Network.payloadShare }
        options.latency = latency?.value
        options.messageOverhead = messageOverhead?.value
        options.hostMemory = hostMemory?.value
        options.sharding = tableSharding.value
        options.rounds = exchangeRounds.value
    }
}

/// One of several ways, or `auto`.
struct Choice<Way: RawRepresentable & CaseIterable>: ExpressibleByArgument where Way.RawValue == String {
    private static var automatic: String { "auto" }
    /// nil: whichever is best.
    let value: Way?

    init(_ value: Way?) { self.value = value }

    init?(argument: String) {
        guard argument != Self.automatic else {
            self.init(nil)
            return
        }
        guard let way = Way(rawValue: argument) else { return nil }
        self.init(way)
    }

    var defaultValueDescription: String { value?.rawValue ?? Self.automatic }
    static var allValueStrings: [String] { Way.allCases.map(\.rawValue) + [automatic] }
}
