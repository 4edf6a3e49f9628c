import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// Commands that are right by themselves, but not where they are given.
@Suite struct BadStateTests {
    static let launches = [Launch.alone, .ranks(2)]

    /// A workspace with a data set, and a copy of a finished run in its folder `run`.
    private struct Scene {
        private let workspace: Workspace
        let out: String
        let data: [String]

        init(_ run: String = "ComiRec") async throws {
            let finished = try await FinishedRuns.workspace()
            workspace = try Workspace()
            out = try workspace.copy(finished(run), as: "run")
            data = ["--data-root", finished("data"), "--dataset", FinishedRuns.dataset]
        }

        func train(_ arguments: String...) -> [String] {
            ["train", "--epochs", "1", "--out", out] + data + FinishedRuns.options + arguments
        }
    }

    @Test func `more ranks than logical shards are refused`() async throws {
        let scene = try await Scene()
        try await expectRefusal(
            Refusal(64, naming: "3 ranks for 2 logical shards", "mpirun -n 2", "--logical-shards 3"), .ranks(3),
            scene.train("--model", "ComiRec", "--logical-shards", "2"), leaving: scene.out)
    }

    @Test(arguments: [
        ["OMPI_COMM_WORLD_SIZE": "2"], ["PMI_SIZE": "2"],
        ["SLURM_PROCID": "0", "SLURM_STEP_ID": "0", "SLURM_NTASKS": "2"],
    ])
    func `a launcher that MPI does not see is told`(environment: [String: String]) async throws {
        let scene = try await Scene()
        try await expectRefusal(
            Refusal(64, naming: "=2, but MPI has a world of one rank"), .alone, scene.train("--model", "ComiRec"),
            environment: environment, leaving: scene.out)
    }

    @Test(arguments: launches)
    func `finetune without a pretrained extractor says how to get one`(launch: Launch) async throws {
        let scene = try await Scene()
        try await expectRefusal(
            Refusal(64, naming: "\(scene.out) has none", "--stage pretrain", "--extractor"), launch,
            scene.train("--model", "TiMiRec", "--stage", "finetune"), leaving: scene.out)
    }

    @Test(arguments: launches)
    func `finetune with other options than pretrain names them`(launch: Launch) async throws {
        let scene = try await Scene("pretrain")
        try await expectRefusal(
            Refusal(64, naming: "--embedding-size 8 instead of 16", "--interests 2 instead of 3", "--extractor"),
            launch,
            scene.train("--model", "TiMiRec", "--stage", "finetune", "--embedding-size", "16", "--K", "3"),
            leaving: scene.out)
    }

    @Test(arguments: launches)
    func `an extractor of another model is refused`(launch: Launch) async throws {
        let scene = try await Scene("pretrain")
        let finished = try await FinishedRuns.workspace()
        try await expectRefusal(
            Refusal(64, naming: "--model ComiRec instead of TiMiRec"), launch,
            scene.train("--model", "TiMiRec", "--stage", "finetune", "--extractor", finished("ComiRec"), "--overwrite"),
            leaving: scene.out)
        try await expectRefusal(
            Refusal(65, naming: "model.safetensors: there is no tensor"), launch,
            scene.train(
                "--model", "TiMiRec", "--stage", "finetune", "--extractor",
                finished("ComiRec/model/model.safetensors"), "--overwrite"), leaving: scene.out)
    }

    @Test(arguments: launches)
    func `negatives that the data set does not have are refused`(launch: Launch) async throws {
        let scene = try await Scene()
        let workspace = try Workspace()
        try SmallTables().withoutNegatives.write(to: workspace, "tables")
        try await expectRefusal(
            Refusal(64, naming: "tables stores no negatives to rank among", "--evaluation full"), launch,
            scene.train("--model", "ComiRec", "--evaluation", "sampled", "--data-root", workspace.path),
            leaving: scene.out)
        try await expectRefusal(
            Refusal(64, naming: "tables stores no negatives to rank among", "--evaluation full"), launch,
            ["evaluate", "--checkpoint", scene.out, "--evaluation", "sampled", "--data-root", workspace.path])
    }

    @Test(arguments: launches)
    func `a damaged safetensors file is refused by name`(launch: Launch) async throws {
        let scene = try await Scene()
        let whole = try Data(contentsOf: URL(filePath: scene.out + "/model/model.safetensors"))
        let workspace = try Workspace()
        let damaged = [
            ("no-such", nil, "no-such.safetensors: cannot be opened"),
            ("empty", Data(), "empty.safetensors: a safetensors file begins with 8 bytes"),
            ("headless", whole.prefix(100), "headless.safetensors: the header is said to have"),
            ("half", whole.prefix(whole.count / 2), "half.safetensors: "),
            ("garbage", Data((0..<4096).map { UInt8(truncatingIfNeeded: $0 * $0 + 7) }), "garbage.safetensors: "),
        ]
        for (name, bytes, message) in damaged {
            if let bytes { try workspace.write(name + ".safetensors", bytes) }
            let file = workspace(name + ".safetensors")
            try await expectRefusal(
                Refusal(65, naming: message), launch,
                ["evaluate", "--checkpoint", file, "--model", "ComiRec", "--embedding-size", "8"] + scene.data)
        }
        try whole.prefix(whole.count / 2).write(to: URL(filePath: scene.out + "/model/model.safetensors"))
        try await expectRefusal(
            Refusal(65, naming: "run/model/model.safetensors: "), launch, ["evaluate", "--checkpoint", scene.out],
            leaving: scene.out)
    }

    @Test(arguments: launches)
    func `a folder that is no run is refused by name`(launch: Launch) async throws {
        let workspace = try Workspace()
        try await expectRefusal(
            Refusal(65, naming: "nothing/config.yaml: cannot be read", "--checkpoint"), launch,
            ["evaluate", "--checkpoint", workspace("nothing")])
        try workspace.write("broken/config.yaml", "model: [")
        try await expectRefusal(
            Refusal(65, naming: "broken/config.yaml"), launch, ["evaluate", "--checkpoint", workspace("broken")])
    }

    @Test(arguments: launches)
    func `a file of another model or size is refused`(launch: Launch) async throws {
        let scene = try await Scene()
        let file = ["evaluate", "--checkpoint", scene.out + "/model/model.safetensors"] + scene.data
        try await expectRefusal(
            Refusal(65, naming: "model.safetensors: there is no tensor"), launch, file + ["--model", "TiMiRec"])
        try await expectRefusal(
            Refusal(65, naming: "has the shape"), launch, file + ["--model", "ComiRec", "--embedding-size", "16"])
    }

    struct Configuration: Sendable, CustomStringConvertible {
        let text: String
        let refusal: Refusal

        var description: String { text }
    }

    static let configurations = [
        Configuration(text: "lr: 0.1\nseed: [1,\n", refusal: Refusal(65, naming: "options.yaml:2: ")),
        Configuration(text: "lr: 0.1\n\tseed: 1\n", refusal: Refusal(65, naming: "options.yaml:2: ")),
        Configuration(text: "", refusal: Refusal(65, naming: "options.yaml: no options")),
        Configuration(text: "just text\n", refusal: Refusal(65, naming: "options.yaml:1: not an option")),
        Configuration(text: "lr: 0.1\nseed: [1, 2]\n", refusal: Refusal(65, naming: "options.yaml:2: ")),
        Configuration(
            text: "lr: 0.1\nbatch-sise: 8\n",
            refusal: Refusal(64, naming: "options.yaml:2: ", "Did you mean '--batch-size'?")),
        Configuration(text: "lr: -1\n", refusal: Refusal(64, naming: "options.yaml:1: --lr is -1.0")),
        Configuration(
            text: "interests: two\n", refusal: Refusal(64, naming: "options.yaml:1: ", "'two'", "--interests")),
        Configuration(
            text: "# mine\n\ntopk: 5,x\n", refusal: Refusal(64, naming: "options.yaml:3: ", "'5,x'", "--topk")),
        Configuration(text: "seed: 1\nlr:\n", refusal: Refusal(65, naming: "options.yaml:2: lr has no value", "null")),
        Configuration(text: "lr: \"\"\n", refusal: Refusal(65, naming: "options.yaml:1: lr has no value")),
        Configuration(
            text: "epochs: 0\n", refusal: Refusal(64, naming: "options.yaml:1: --epochs is 0", "choose 1 to")),
        Configuration(text: "heads: 0\n", refusal: Refusal(64, naming: "options.yaml:1: --heads is 0")),
        Configuration(
            text: "checkpoint-every: -1\n",
            refusal: Refusal(64, naming: "options.yaml:1: --checkpoint-every is below 0")),
        Configuration(
            text: "seed: 1\ncheckpoint-evry: 1\n",
            refusal: Refusal(64, naming: "options.yaml:2: ", "Did you mean '--checkpoint-every'?")),
        Configuration(
            text: "pretrain: epoch=3\n",
            refusal: Refusal(
                64, naming: "options.yaml:1: --pretrain: a stage has no epoch to itself; did you mean epochs?")
        ),
        Configuration(text: "recipe: none\n", refusal: Refusal(64, naming: "options.yaml:1: there is no recipe none")),
        Configuration(text: "extractor: ~bob/x\n", refusal: Refusal(64, naming: "options.yaml:1: --extractor ~bob/x")),
        Configuration(text: "config: b.yaml\n", refusal: Refusal(65, naming: "options.yaml:1: ", "another one")),
    ]

    @Test(arguments: configurations, launches)
    func `a configuration file that cannot be used is refused`(_ input: Configuration, launch: Launch) async throws {
        let scene = try await Scene()
        let file = try Workspace()
        let path = try file.write("options.yaml", input.text)
        try await expectRefusal(
            input.refusal, launch, scene.train("--model", "ComiRec", "--config", path), leaving: scene.out)
    }

    @Test(arguments: launches)
    func `a file in place of the run's folder ends in an output error`(launch: Launch) async throws {
        let scene = try await Scene()
        let workspace = try Workspace()
        let file = try workspace.write("file", "what was there")
        try await expectRefusal(
            Refusal(74, naming: "\(file): cannot be created", "--out"), launch,
            scene.train("--model", "ComiRec", "--quiet", "--out", file))
        try await expectRefusal(
            Refusal(74, naming: "\(file)/run: cannot be created", "--out"), launch,
            scene.train("--model", "ComiRec", "--quiet", "--out", file + "/run"))
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "what was there")
    }

    @Test(arguments: launches)
    func `a training that diverges is told once and leaves no result of the run before`(launch: Launch) async throws {
        let scene = try await Scene()
        try await expectRefusal(
            Refusal(70, naming: "the loss is not a number in step", "(epoch 1)", "--lr"), launch,
            scene.train("--model", "ComiRec", "--quiet", "--lr", "1e30", "--overwrite"))
        #expect(Set(files(below: scene.out).keys).isDisjoint(with: ["result.json", "model/model.safetensors"]))
    }

    @Test func `a training that needs more memory than it may have is refused before it takes any`() async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        // 16 layers of 4096 x 4096 several times over are more than 4 GB, and more than many machines have.
        let result = try await run(
            product: "/bin/sh",
            arguments: [
                "-c", "ulimit -v 4194304; exec \"$0\" \"$@\"", try path(ofProduct: "trainer"), "train", "--quiet",
                "--model",
                "SASRec", "--data-root", finished("data"), "--dataset", FinishedRuns.dataset, "--layers", "16",
                "--embedding-size", "4096", "--out", workspace("run"),
            ], timeout: .seconds(20))
        #expect(result.exitCode == 70 && !result.timedOut, "\(result.standardError)")
        #expect(result.errorLines.count == 1, "\(result.standardError)")
        let isNamed = ["parameters, moments and gradients need ", " GB", "--embedding-size"].allSatisfy(
            result.standardError.contains)
        #expect(isNamed, "\(result.standardError)")
        #expect(!FileManager.default.fileExists(atPath: workspace("run")))
    }

    @Test(arguments: ["-v", "-d"])
    func `what a process has taken before it trains counts for its limit`(limit: String) async throws {
        let finished = try await FinishedRuns.workspace()
        let workspace = try Workspace()
        func train(kilobytes: Int) async throws -> ProgramResult {
            try await run(
                product: "/bin/sh",
                arguments: [
                    "-c", "ulimit \(limit) \(kilobytes); exec \"$0\" \"$@\"", try path(ofProduct: "trainer"), "train",
                    "--quiet", "--model", "SASRec", "--data-root", finished("data"), "--dataset", FinishedRuns.dataset,
                    "--embedding-size", "1024", "--max-steps", "1", "--out", workspace("run"),
                ])
        }
        // Enough to start with and not for the training, which says how much it needs.
        let first = try await train(kilobytes: limit == "-v" ? 600_000 : 250_000)
        #expect(first.exitCode == 70 && first.errorLines.count == 1, "\(first.standardError)")
        let match = try #require(
            first.standardError.firstMatch(
                of: /need ([0-9.]+) GB and [0-9.]+ GB to work in, a process has left \(ulimit (-[vd])\) [0-9.]+ GB of/),
            "\(first.standardError)")
        #expect(match.output.2 == limit)
        let needed = try #require(Double(match.output.1)) * 1e9
        // As much as it needs, and nothing for the program itself.
        let second = try await train(kilobytes: Int(needed) / 1024 + (limit == "-v" ? 350_000 : 100_000))
        #expect(second.exitCode == 70 && second.errorLines.count == 1, "\(second.standardError)")
        let enough = try await train(kilobytes: Int(needed) / 1024 + 1_200_000)
        #expect(enough.exitCode == 0, "\(enough.standardError)")
    }

    /// A training of TiMiRec with large mini-batches of 300 users, under a limit of addresses.
    private func trainLargeBatches(
        _ workspace: Workspace, kilobytes: Int, ranks: Int = 1, _ options: [String]
    ) async throws -> ProgramResult {
        if !FileManager.default.fileExists(atPath: workspace("data")) {
            try await Launch.alone.successfulTrainer([
                "data", "generate", "--out", workspace("data/large"), "--users", "300", "--items", "300",
            ])
        }
        let command = "ulimit -v \(kilobytes); exec \"$0\" \"$@\""
        let arguments =
            ["-c", command, try path(ofProduct: "trainer"), "train", "--quiet", "--model", "TiMiRec", "--data-root"]
            + [workspace("data"), "--dataset", "large", "--max-steps", "1", "--overwrite", "--out", workspace("run")]
            + options
        return ranks == 1
            ? try await run(product: "/bin/sh", arguments: arguments)
            : try await mpirun(ranks: ranks, product: "/bin/sh", arguments: arguments)
    }

    @Test
    func `a mini-batch that needs more memory than there is is refused before the training, and not without need`()
        async throws
    {
        let workspace = try Workspace()
        let options = [
            "--stage", "pretrain", "--embedding-size", "256", "--batch-size", "8192", "--logical-shards", "2",
        ]
        func train(_ kilobytes: Int) async throws -> ProgramResult {
            try await trainLargeBatches(workspace, kilobytes: kilobytes, options)
        }
        let first = try await train(600_000)
        #expect(first.exitCode == 70 && first.errorLines.count == 1, "\(first.standardError)")
        let match = try #require(
            first.standardError.firstMatch(
                of: /the values of a mini-batch need ([0-9.]+) GB, a process has left \(ulimit -v\) ([0-9.]+) GB of/),
            "\(first.standardError)")
        #expect(first.standardError.contains("--batch-size, --embedding-size, --history-max"))
        #expect(!FileManager.default.fileExists(atPath: workspace("run/config.yaml")))
        let needed = try #require(Double(match.output.1))
        let left = try #require(Double(match.output.2))
        #expect(needed > left)
        // Twice what it said: some is for the backward pass and for what memory's blocks leave free.
        let enough = try await train(600_000 + Int((2 * needed - left) * 1e6))
        #expect(enough.exitCode == 0, "\(enough.standardError)")
    }

    @Test(arguments: [1, 2])
    func `memory that runs short in a step ends all ranks with one message`(ranks: Int) async throws {
        let workspace = try Workspace()
        var ends: [String] = []
        // Between too little to begin with and enough there are limits that only the step finds out.
        for kilobytes in stride(from: 480_000, through: 860_000, by: 20_000) {
            let result = try await trainLargeBatches(
                workspace, kilobytes: kilobytes, ranks: ranks, ["--embedding-size", "256", "--batch-size", "2048"])
            guard result.exitCode != 0 else { break }
            #expect(result.exitCode == 70 && result.errorLines.count == 1, "\(kilobytes): \(result.standardError)")
            #expect(result.standardError.contains("--batch-size, --embedding-size, --history-max"))
            ends.append(result.standardError)
        }
        #expect(ends.contains { $0.contains(" of memory cannot be had, beside ") }, "\(ends)")
    }

    @Test(arguments: ["--sanitise", "--sanitize=address", "--valgring"])
    func `a misspelt option of the test script does not become one of swift test`(option: String) async throws {
        let scripts = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "scripts/test").path
        let result = try await run(product: scripts, arguments: [option])
        #expect(result.exitCode == 64, "\(result.standardError)")
        #expect(result.standardError.hasPrefix("error: unknown option \(option)\n"), "\(result.standardError)")
    }
}
