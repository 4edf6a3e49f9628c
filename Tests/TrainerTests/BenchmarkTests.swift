import FileIO
import Foundation
import Testing
import TrainerSupport

/// What `trainer benchmark` tells: the same steps as `trainer train`, and where their time goes.
@Suite struct BenchmarkTests {
    static let launches = [Launch.alone, .ranks(2)]

    private static let options = ["--embedding-size", "8", "--logical-shards", "4", "--batch-size", "9"]

    private func result(
        _ launch: Launch, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> JSONValue {
        let result = try await launch.successfulTrainer(
            ["benchmark", "--json", "--quiet"] + arguments, environment: environment)
        return try JSONValue(parsing: result.standardOutput)
    }

    private func number(_ object: JSONValue?, _ key: String) throws -> Double {
        try #require(object?[key]?.double, "\(key) is no number")
    }

    @Test(arguments: launches) func `the phases are the whole step`(launch: Launch) async throws {
        let finished = try await FinishedRuns.workspace()
        let result = try await result(
            launch,
            [
                "--model", "ComiRec", "--data-root", finished("data"), "--dataset", FinishedRuns.dataset, "--steps",
                "7",
                "--passes", "2", "--evaluation", "full",
            ] + Self.options)
        let seconds = try number(result, "seconds")
        guard case .object(let phases) = result["phases"] else {
            Issue.record("no phases: \(result.compact)")
            return
        }
        #expect(
            phases.map(\.key) == ["batch", "propagation", "forward", "backward", "exchange", "optimizer", "waiting"])
        let times = phases.compactMap(\.value.double)
        #expect(times.count == phases.count && times.allSatisfy { $0 >= 0 })
        #expect(times.reduce(0, +) <= seconds * (1 + 1e-9))
        if launch == .alone { #expect(times.reduce(0, +) >= seconds * (1 - 1e-9)) }

        guard case .array(let passes) = result["pass_seconds"] else {
            Issue.record("no passes: \(result.compact)")
            return
        }
        #expect(passes.count == 2 && passes.compactMap(\.double).min() == seconds)
        #expect(abs(try number(result, "steps_per_second") * seconds - 7) < 1e-6)
        #expect(try number(result, "tokens_per_second") > number(result, "samples_per_second"))
        for key in ["forward", "backward", "optimizer", "total"] {
            #expect(try number(result["work"]?[key], "operations") > 0)
            #expect(try number(result["work"]?[key], "bytes") > 0)
        }
        for key in [
            "fma_operations_per_second", "sgemm_operations_per_second", "copy_bytes_per_second",
            "triad_bytes_per_second", "second_cache_triad_bytes_per_second", "third_cache_triad_bytes_per_second",
        ] {
            #expect(try number(result["machine"]?[key], "one_rank") > 0)
            #expect(try number(result["machine"]?[key], "all_ranks") > 0)
        }
        let limit = try number(result["machine"]?["fma_operations_per_second"], "all_ranks")
        let share = try number(result, "share_of_fma")
        let operations = try number(result, "operations_per_second")
        #expect(share > 0 && abs(share * limit / operations - 1) < 1e-6)
        #expect(try number(result["ranking"], "rows") == Double(SmallTables.users))
        #expect(try number(result["ranking"], "rows_per_second") > 0)
        #expect(result["operations"] == nil)
    }

    @Test(arguments: launches) func `all operations of a model are listed`(launch: Launch) async throws {
        let finished = try await FinishedRuns.workspace()
        let result = try await result(
            launch,
            [
                "--model", "ComiRec", "--data-root", finished("data"), "--dataset", FinishedRuns.dataset, "--steps",
                "3",
                "--passes", "1", "--operations",
            ] + Self.options)
        guard case .array(let operations) = result["operations"] else {
            Issue.record("no operations: \(result.compact)")
            return
        }
        var counts: [String: Double] = [:]
        for operation in operations {
            counts[operation["operation"]?.string ?? ""] = try number(operation, "count")
            #expect(try number(operation, "forward_seconds") > 0)
        }
        // Three steps of four shards, or of the two that the first of two ranks has.
        let batches = launch == .alone ? 12.0 : 6
        #expect(
            counts == [
                "Rows": 2 * batches, "positions": batches, "Add": batches, "Linear": 2 * batches,
                "HyperbolicTangent": batches, "SequenceSoftmax": batches, "Pool": batches,
                "hardest interests": batches, "Select": batches, "Scores": batches, "RankingLoss": batches,
            ])
    }

    @Test(arguments: [
        ["--model", "ComiRec"], ["--model", "LightGCN", "--l2", "1e-3"], ["--model", "TiMiRec", "--stage", "pretrain"],
        ["--model", "GRU4Rec", "--exchange", "messages", "--loss", "full-softmax"],
    ])
    func `the steps are those of a training, bit by bit`(model: [String]) async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        let options =
            model + Self.options + ["--data-root", finished("data"), "--dataset", FinishedRuns.dataset, "--seed", "5"]
        let measured = try await result(
            .ranks(2), options + ["--warm-up", "1", "--passes", "2", "--steps", "2", "--operations"])
        try await Launch.alone.successfulTrainer(
            ["train", "--quiet", "--max-steps", "5", "--epochs", "1", "--out", workspace("run")] + options)
        let trained = try FinishedRun(folder: workspace("run"))
        #expect(trained.result["steps"] == .integer(5))
        #expect(measured["parameters_sha256"] == trained.result["parameters_sha256"])
    }

    @Test(arguments: [
        (ranks: 2, exchange: "messages"), (ranks: 4, exchange: "groups-2"), (ranks: 3, exchange: "messages"),
    ])
    func `the exchange is compared with others and stays what it is`(ranks: Int, exchange: String) async throws {
        // Messages of several pieces.
        let options = ["--model", "TiMiRec", "--stage", "finetune", "--steps", "2", "--passes", "1", "--warm-up", "1"]
        let alone = try await result(.alone, options)
        let compared = try await result(.ranks(ranks), options + ["--exchange", exchange, "--compare-exchange"])
        #expect(compared["parameters_sha256"] == alone["parameters_sha256"])
        let exchange = compared["exchange"]
        let nodes = ranks == 3 ? 3.0 : 2
        #expect(try number(exchange, "nodes") == nodes)
        #expect(try number(exchange, "steps") == 2)
        #expect(try number(exchange?["network"], "latency_seconds") > 0)
        for method in ["touched_rows", "direct", "halving", "all_rows", "allreduce"] {
            #expect(try number(exchange?[method], "seconds_per_step") > 0)
            #expect(try number(exchange?[method], "predicted_seconds_per_step") > 0)
        }
        #expect(try number(exchange?["direct"], "messages_per_step") == 2 * (nodes - 1))
        // Of three nodes the first one sends to both others, there and back.
        #expect(try number(exchange?["halving"], "messages_per_step") == (nodes == 3 ? 4 : 2))
        #expect(exchange?["rounds"] == .string("direct"))
        let touched = try number(exchange?["touched_rows"], "bytes_per_step")
        let all = try number(exchange?["all_rows"], "bytes_per_step")
        let least = try number(exchange?["allreduce"], "bytes_per_step")
        #expect(touched > 65_536 && touched < all && all >= least * 0.99)
    }

    @Test func `without nodes there is nothing to compare`() async throws {
        try await expectRefusal(
            Refusal(64, naming: "--exchange messages"), .ranks(2),
            ["benchmark", "--model", "ComiRec", "--compare-exchange", "--steps", "1", "--passes", "1"] + Self.options)
    }

    /// Parameters and two moments of 64 floats make 768 bytes an item, a gradient of all items 264. With one for each of the
    /// 64 shards it would be 18,000.
    @Test(arguments: [["--loss", "full-softmax"], ["--loss", "sampled-softmax", "--negatives", "100"]])
    func `memory for a large catalogue does not grow with the number of shards`(loss: [String]) async throws {
        let workspace = try Workspace()
        let items = 100_000
        try await Launch.alone.successfulTrainer([
            "data", "generate", "--out", workspace("large"), "--users", "300", "--items", "\(items)", "--clusters",
            "50",
            "--negatives", "0",
        ])
        let result = try await result(
            .alone,
            [
                "--model", "ComiRec", "--data-root", workspace.path, "--dataset", "large", "--logical-shards", "64",
                "--batch-size", "64", "--warm-up", "1", "--steps", "1", "--passes", "1",
            ] + loss)
        guard case .array(let peaks) = result["peak_bytes"] else {
            Issue.record("no peak_bytes: \(result.compact)")
            return
        }
        let peak = try #require(peaks.compactMap(\.double).max())
        #expect(peak < 150e6 + 4_500 * Double(items), "\(peak / Double(items)) bytes an item")
    }

    @Test func `without a data set the data are made up`() async throws {
        let result = try await result(
            .alone, ["--model", "LightGCN", "--steps", "2", "--passes", "1", "--embedding-size", "8"])
        #expect(result["dataset"]?.string == "synthetic data")
        #expect(result["tokens_per_second"] == .null)
        #expect(try number(result["work"]?["propagation"], "operations") > 0)
    }

    @Test func `the text has a table of phases`() async throws {
        let result = try await Launch.alone.successfulTrainer([
            "benchmark", "--model", "BPRMF", "--steps", "2", "--passes", "1", "--operations",
        ])
        for word in ["samples/s", "backward", "optimizer", "of the FMA limit", "second cache", "RankingLoss"] {
            #expect(result.standardOutput.contains(word), "\(word) in \(result.standardOutput)")
        }
    }

    @Test(arguments: launches) func `a library far below the limit is no measure, and its kernels are named`(
        launch: Launch
    ) async throws {
        let options = ["benchmark", "--model", "BPRMF", "--steps", "2", "--passes", "1", "--embedding-size", "8"]
        for core in ["Prescott", "Haswell"] {
            let environment = ["OPENBLAS_CORETYPE": core]
            let json = try await result(launch, Array(options.dropFirst()), environment: environment)
            let text = try await launch.successfulTrainer(options, environment: environment).standardOutput
            #expect(json["machine"]?["openblas_cores"] == .array([.string(core)]))
            #expect(text.contains("kernels for \(core)"), "\(text)")
            let isSlow = json["machine"]?["openblas_is_slow"] == .boolean(true)
            #expect((json["share_of_sgemm"] == .null) == isSlow)
            // Kernels for SSE reach a quarter of what AVX2 can do, whatever else the machine does.
            guard core == "Prescott", isSlow else { continue }
            #expect(text.contains("it is no measure"), "\(text)")
        }
    }

    static let steadyModels = [
        ("SASRec", "auto"), ("BPRMF", "auto"), ("SINE", "auto"), ("IndustrialMIND", "auto"), ("KuaiFormer", "auto"),
        ("SASRec", "messages"), ("BPRMF", "messages"), ("BPRMF", "messages --exchange-rounds halving"),
        ("SASRec", "messages --optimizer-sharding all"), ("BPRMF", "messages --optimizer-sharding dense"),
    ]

    @Test(arguments: launches, steadyModels)
    func `a step allocates nothing`(launch: Launch, options: (model: String, exchange: String)) async throws {
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let library = program.deletingLastPathComponent().appending(path: "libAllocationCount.so").path
        try #require(FileManager.default.fileExists(atPath: library), "\(library) is a product of the package")
        let result = try await result(
            launch,
            [
                "--model", options.model, "--embedding-size", "8", "--warm-up", "300", "--steps", "100", "--passes",
                "1", "--exchange",
            ] + options.exchange.split(separator: " ").map(String.init),
            environment: ["LD_PRELOAD": library])
        // Open MPI enlarges lists of its own now and then, by how many messages have come before they were asked for.
        #expect(try number(result, "allocations_per_step") <= (options.exchange.hasPrefix("messages") ? 0.1 : 0))
    }

    static let refusals: [(options: [String], message: String)] = [
        (["--steps", "0"], "--steps"), (["--passes", "0"], "--passes"), (["--warm-up", "0"], "--warm-up"),
        (["--steps", "some"], "--steps"), (["--stage", "third"], "--stage"), (["--batch-size", "0"], "--batch-size"),
        (["--model", "POP"], "POP is not trained"), (["--model", "TimRec"], "did you mean TiMiRec?"),
        (["--stage", "pretrain"], "ComiRec has no stage pretrain"), (["--out", "somewhere"], "--out"),
    ]

    @Test(arguments: refusals) func `a wrong option is refused by name`(options: [String], message: String) async throws
    {
        let model = options.contains("--model") ? [] : ["--model", "ComiRec"]
        try await expectRefusal(Refusal(64, naming: message), .alone, ["benchmark"] + model + options)
    }

    @Test(arguments: [
        ("LightGCN", ["--optimizer-sharding", "all"], "--optimizer-sharding all is not for LightGCN"),
        (
            "SASRec", ["--optimizer-sharding", "dense", "--exchange", "messages", "--compare-exchange"],
            "--compare-exchange is about the sums of whole gradients"
        ),
    ])
    func `moments are not sharded where all nodes need them`(
        model: String, options: [String], message: String
    ) async throws {
        try await expectRefusal(
            Refusal(64, naming: message), .ranks(2), ["benchmark", "--model", model] + Self.options + options)
    }

    @Test(arguments: launches) func `what is wrong with the data is told once`(launch: Launch) async throws {
        let workspace = try Workspace()
        try await expectRefusal(
            Refusal(65, naming: "nothing"), launch,
            ["benchmark", "--model", "ComiRec", "--data-root", workspace.path, "--dataset", "nothing"])
        try SmallTables().withoutNegatives.write(to: workspace, "all")
        try await expectRefusal(
            Refusal(64, naming: "--evaluation full"), launch,
            [
                "benchmark", "--model", "ComiRec", "--data-root", workspace.path, "--dataset", "all", "--evaluation",
                "sampled",
            ] + Self.options)
    }

    @Test func `a model must be named`() async throws {
        try await expectRefusal(Refusal(64, naming: "--model is missing"), .alone, ["benchmark"])
    }
}
