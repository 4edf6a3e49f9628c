import Testing
import TrainerSupport

/// The number of ranks never changes a result, nor does the way in which gradients travel.
@Suite struct RankIndependenceTests {
    private func train(
        _ command: TrainingCommand, _ launch: Launch, _ more: [String] = [], in workspace: Workspace, as name: String
    ) async throws -> FinishedRun {
        let arguments = command.arguments(dataRoot: try await SmallData.root()) + more
        try await launch.successfulTrainer(arguments + ["--out", workspace(name)])
        return try FinishedRun(folder: workspace(name))
    }

    /// Numbers of ranks, and how they exchange gradients.
    private struct Parallel {
        let ranks: Int
        let exchange: String
        var rounds = "auto"
        var sharding = "none"
        var moments = "none"

        static let all = [
            (1, "shared"), (2, "shared"), (3, "shared"), (5, "shared"), (7, "shared"), (8, "shared"), (1, "messages"),
            (2, "messages"), (3, "messages"), (6, "messages"), (8, "messages"), (4, "groups-2"), (5, "groups-2"),
            (8, "groups-3"),
        ].map { Parallel(ranks: $0.0, exchange: $0.1) }
    }

    private func compare(
        _ command: TrainingCommand, _ parallel: [Parallel], _ more: [String] = []
    ) async throws {
        let workspace = try Workspace()
        let reference = try await train(
            command, .alone, more + ["--row-updates", "every-step"], in: workspace, as: "alone")
        expectComplete(reference)
        for (index, parallel) in parallel.enumerated() {
            let launch = Launch.ranks(parallel.ranks)
            let run = try await train(
                command, launch,
                more + ["--exchange", parallel.exchange, "--exchange-rounds", parallel.rounds]
                    + ["--table-sharding", parallel.sharding, "--optimizer-sharding", parallel.moments]
                    + ["--row-updates", index.isMultiple(of: 3) ? "every-step" : "when-read"],
                in: workspace, as: "\(index)")
            #expect(run.result["ranks"] == .integer(parallel.ranks))
            expectSame(
                run, as: reference,
                "\(launch) through \(parallel.exchange), \(parallel.rounds), moments \(parallel.moments)")
        }
    }

    @Test(arguments: TrainingCommand.everyModel(.withTransformer))
    func `every model is the same on 1 to 8 ranks through shared memory, messages and both`(
        command: TrainingCommand
    ) async throws {
        try await compare(command, Parallel.all)
    }

    @Test(arguments: TrainingCommand.everyModel(.withoutTransformer))
    func `every model is the same where the shards are no power of two`(command: TrainingCommand) async throws {
        let parallel = [(2, "shared"), (3, "messages"), (5, "shared"), (6, "messages")]
        try await compare(command, parallel.map { Parallel(ranks: $0.0, exchange: $0.1) })
    }

    /// Ranks that each keep some of the rows of items and users.
    private static let divided = [(2, "direct"), (3, "halving"), (5, "direct"), (8, "halving")].map {
        Parallel(ranks: $0.0, exchange: "auto", rounds: $0.1, sharding: "rows")
    }

    @Test(arguments: TrainingCommand.everyModel(.withTransformer).filter { $0.model != "LightGCN" })
    func `every model is the same where ranks divide the rows of its tables`(command: TrainingCommand) async throws {
        try await compare(command, Self.divided)
    }

    @Test(
        arguments: TrainingCommand.everyObjective.filter {
            $0.model != "LightGCN" && !$0.setting.arguments.contains("full-softmax")
                && !$0.setting.arguments.contains("mixture")
        })
    func `every selection and every loss is the same where ranks divide rows`(command: TrainingCommand) async throws {
        try await compare(command, Array(Self.divided.suffix(1)))
    }

    @Test(
        arguments: [
            ["--score", "cosine", "--loss", "sampled-softmax"], ["--history-scores", "zero"],
            ["--clip-norm", "0.1", "--loss", "sampled-softmax"],
        ])
    func `ranks that divide rows find the same positions among all items`(options: [String]) async throws {
        let command = TrainingCommand(model: "SASRec", stage: nil, setting: .withTransformer)
        try await compare(command, Self.divided, options + ["--evaluation", "full", "--average", "0.9"])
    }

    /// Ranks of which only one has the moments of a parameter: nodes of one rank and of several, with whole tables and with
    /// divided ones.
    private static let ownMoments = [
        Parallel(ranks: 2, exchange: "messages", rounds: "direct", moments: "all"),
        Parallel(ranks: 3, exchange: "messages", rounds: "halving", moments: "dense"),
        Parallel(ranks: 4, exchange: "groups-2", rounds: "direct", moments: "all"),
        Parallel(ranks: 4, exchange: "groups-3", rounds: "halving", moments: "dense"),
        Parallel(ranks: 4, exchange: "messages", rounds: "halving", moments: "all"),
        Parallel(ranks: 3, exchange: "shared", moments: "all"),
    ]
    private static let ownMomentsOfDividedTables = [
        Parallel(ranks: 2, exchange: "auto", rounds: "halving", sharding: "rows", moments: "dense"),
        Parallel(ranks: 4, exchange: "auto", rounds: "direct", sharding: "rows", moments: "all"),
    ]

    @Test(
        arguments: ["TiMiRec", "BPRMF", "KuaiFormer"],
        [
            [], ["--average", "0.9", "--l2", "1e-4"],
            ["--clip-norm", "0.05", "--average", "0.99", "--weight-decay", "0.1"],
        ])
    func `a training is the same where the owners of slices have the moments`(
        model: String, options: [String]
    ) async throws {
        let command = TrainingCommand(
            model: model, stage: model == "TiMiRec" ? "both" : nil, setting: .withTransformer)
        try await compare(command, Self.ownMoments + Self.ownMomentsOfDividedTables, options)
    }

    @Test(
        arguments: TrainingCommand.everyObjective.filter {
            $0.model != "LightGCN" && $0.setting.arguments.contains("full-softmax")
        })
    func `a full softmax is the same where the owners of slices have the moments`(command: TrainingCommand) async throws
    {
        try await compare(command, Array(Self.ownMoments.prefix(3)), ["--clip-norm", "0.5"])
    }

    @Test(arguments: ["BPRMF", "ComiRec", "TiMiRec"])
    func `batches of random users are the same on several ranks`(model: String) async throws {
        let command = TrainingCommand(
            model: model, stage: model == "TiMiRec" ? "both" : nil, setting: .randomUsers)
        let parallel = [(2, "shared"), (3, "messages"), (5, "groups-2"), (7, "messages")]
        try await compare(command, parallel.map { Parallel(ranks: $0.0, exchange: $0.1) })
    }

    @Test(arguments: TrainingCommand.everyObjective)
    func `every selection and every loss is the same on several ranks`(command: TrainingCommand) async throws {
        let parallel = [(2, "shared"), (3, "messages"), (5, "groups-3"), (8, "messages")]
        try await compare(command, parallel.map { Parallel(ranks: $0.0, exchange: $0.1) })
    }

    /// Five nodes and eight, and nodes of several ranks, not all of the same number. LightGCN propagates, and its gradients
    /// are clipped.
    @Test(
        arguments: [TrainingCommand(model: "TiMiRec", stage: "both", setting: .withTransformer)]
            + TrainingCommand.everyObjective.filter { $0.model == "LightGCN" })
    func `an exchange by halving is the same on any number of nodes`(command: TrainingCommand) async throws {
        let parallel = [(5, "messages"), (8, "messages"), (7, "groups-2"), (8, "groups-3")]
        try await compare(command, parallel.map { Parallel(ranks: $0.0, exchange: $0.1, rounds: "halving") })
    }

    @Test(arguments: TrainingCommand.everySelection)
    func `every selection of every backbone is the same on several ranks`(command: TrainingCommand) async throws {
        try await compare(command, [(2, "shared"), (3, "groups-2")].map { Parallel(ranks: $0.0, exchange: $0.1) })
    }

    @Test func `sixteen shards are the same on up to 16 ranks`() async throws {
        let command = TrainingCommand(model: "TiMiRec", stage: "pretrain", setting: .sixteenShards)
        let parallel = [(16, "shared"), (13, "messages"), (16, "groups-5")]
        try await compare(command, parallel.map { Parallel(ranks: $0.0, exchange: $0.1) })
    }

    @Test(arguments: TrainingCommand.everyFirstStage(.withTransformer))
    func `a first stage alone is the same on several ranks`(command: TrainingCommand) async throws {
        let parallel = [(2, "shared"), (3, "messages"), (7, "shared")]
        try await compare(command, parallel.map { Parallel(ranks: $0.0, exchange: $0.1) })
    }

    @Test(arguments: TrainingCommand.everyFirstStage(.withTransformer))
    func `a first stage alone is what both stages together begin with`(command: TrainingCommand) async throws {
        let workspace = try Workspace()
        let alone = try await train(command, .alone, in: workspace, as: "first")
        let both = TrainingCommand(model: command.model, stage: "both", setting: command.setting)
        _ = try await train(both, .alone, in: workspace, as: "both")
        expectSame(try FinishedRun(folder: workspace("both/pretrain")), as: alone, "of the first stage")
    }

    @Test(arguments: TrainingCommand.everyModel(.withTransformer).filter { $0.model != "POP" })
    func `two runs of one command agree and another seed does not`(command: TrainingCommand) async throws {
        let workspace = try Workspace()
        let reference = try await train(command, .alone, in: workspace, as: "first")
        expectSame(try await train(command, .alone, in: workspace, as: "second"), as: reference, "of the second run")
        let other = try await train(command, .alone, ["--seed", "1"], in: workspace, as: "other")
        #expect(other.digest != reference.digest)
        #expect(other.metrics != reference.metrics)
        #expect(other.model != reference.model)
    }
}
