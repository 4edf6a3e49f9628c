import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// A model of a package of its own, the example of the documentation, has the whole command line of the trainer.
@Suite struct OutsideModelTests {
    private static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The program of the package `Sources/Examples/OutsideModel`, built once.
    private static let program = Task {
        let package = repository.appendingPathComponent("Sources/Examples/OutsideModel").path
        // Beside the build of the package itself, so that it is built anew only where something has changed.
        let folder = repository.appendingPathComponent(".build/outside-model").path
        let options = ["build", "-c", "release", "--package-path", package, "--scratch-path", folder]
        let result = try await run(
            product: "/usr/bin/env", arguments: ["swift"] + options, timeout: .seconds(900))
        try #require(result.exitCode == 0, "\(result.standardOutput)\(result.standardError)")
        return folder + "/release/outside"
    }

    @Test func `an option of a model outside of the package is one as all others`() async throws {
        let program = try await Self.program.value
        let workspace = try await FinishedRuns.workspace()
        let out = try Workspace()
        let command =
            [
                "train", "--model", "Prototype", "--data-root", workspace("data"), "--dataset", FinishedRuns.dataset,
                "--out", out("run"), "--epochs", "1",
            ] + FinishedRuns.options
        let help = try await Launch.alone.successfulTrainer(
            ["train", "--model", "Prototype", "--help"], program: program
        ).standardOutput
        let words = help.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("--drop-rate <drop-rate> Dropout rate"))
        #expect(words.contains("(0 to below 1) (default: 0.1)"))

        func refusal(_ options: [String]) async throws -> String {
            let result = try await Launch.alone.trainer(options, program: program)
            #expect(result.exitCode == 64)
            return result.standardError
        }
        #expect(try await refusal(command + ["--drop-rate", "1"]).contains("--drop-rate is 1.0"))
        #expect(try await refusal(command + ["--drop-rate", "much"]).contains("it must be a number"))

        try await Launch.alone.successfulTrainer(command + ["--drop_rate", "0.25"], program: program)
        let text = try String(contentsOfFile: out("run/config.yaml"), encoding: .utf8)
        #expect(text.contains("\ndrop-rate: 0.25\n") && !text.contains("\nheads: "))
        #expect(
            try await refusal(command + ["--drop-rate", "0.5", "--resume"])
                .contains("--drop-rate 0.5 instead of 0.25"))
        try await Launch.alone.successfulTrainer(
            ["train", "--config", out("run/config.yaml"), "--out", out("again")], program: program)
        #expect(try FinishedRun(folder: out("again")).digest == FinishedRun(folder: out("run")).digest)

        let other = try await Launch.alone.successfulTrainer(
            command.map { $0 == "Prototype" ? "MIND" : $0 } + ["--drop-rate", "0.25", "--overwrite"],
            program: program)
        #expect(other.standardError.contains("MIND has no use for --drop-rate"))
    }

    @Test func `a model outside of the package is trained on any number of ranks and evaluated`() async throws {
        let program = try await Self.program.value
        let workspace = try await FinishedRuns.workspace()
        let out = try Workspace()
        let options = ["--data-root", workspace("data"), "--dataset", FinishedRuns.dataset] + FinishedRuns.options
        var digests: [String] = []
        for launch in [Launch.alone, .ranks(2), .ranks(3)] {
            let folder = out("\(digests.count)")
            try await launch.successfulTrainer(
                ["train", "--model", "prototype", "--interests", "3", "--epochs", "2", "--out", folder] + options,
                program: program)
            digests.append(try FinishedRun(folder: folder).digest)
        }
        #expect(Set(digests).count == 1)
        let evaluated = try await Launch.ranks(2).successfulTrainer(
            ["evaluate", "--checkpoint", out("0"), "--json"], program: program)
        #expect(evaluated.standardOutput.contains(digests[0]))
        // A program without the model says so, and not that its options are strange.
        let other = try await Launch.alone.trainer(["evaluate", "--checkpoint", out("0")])
        #expect(
            other.exitCode == 65
                && other.standardError.hasSuffix(
                    "there is no model Prototype in this program\n       use the program that trained it\n")
        )
    }

    @Test(
        arguments: [
            ("sum", "add", "7] must have one shape"),
            ("positions", "rows", "of a parameter [2, 8], whose rows are 0 to 1"),
            ("interests", "Interests", "with 3 a user"),
            ("name", "parameters", "two parameters are called narrow.weight"),
            ("size", "parameters", "narrow.weight is [0, 8]"),
        ], [Launch.alone, .ranks(2)])
    func `a mistake in a model ends all ranks with the operation, the sizes and the line of the model`(
        mistake: (name: String, operation: String, words: String), launch: Launch
    ) async throws {
        let program = try await Self.program.value
        let workspace = try await FinishedRuns.workspace()
        let out = try Workspace()
        let result = try await launch.trainer(
            [
                "train", "--quiet", "--model", "Mistaken-\(mistake.name)", "--data-root", workspace("data"),
                "--dataset",
                FinishedRuns.dataset, "--embedding-size", "8", "--history-max", "5", "--batch-size", "32",
                "--logical-shards", "4", "--out", out("run"),
            ], program: program)
        #expect(result.exitCode == 70 && !result.timedOut, "\(result.standardError)")
        let source = Self.repository.appending(
            path: "Sources/Examples/OutsideModel/Sources/outside/MistakenRecommender.swift")
        let lines = try String(contentsOf: source, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        let line = try #require(lines.firstIndex { $0.hasSuffix("  // \(mistake.name)") }) + 1
        let beginning = "error: outside/MistakenRecommender.swift:\(line): \(mistake.operation): "
        #expect(result.standardError.contains(beginning), "\(result.standardError)")
        #expect(result.standardError.contains(mistake.words), "\(result.standardError)")
        #expect(result.standardError.contains("that line of the model"))
        #expect(result.errorLines.count == 1, "\(result.standardError)")
        #expect(!FileManager.default.fileExists(atPath: out("run/model/model.safetensors")))
    }

    @Test func `a model outside of the package is listed and suggested`() async throws {
        let program = try await Self.program.value
        let list = try await Launch.alone.successfulTrainer(["train", "--model"], program: program)
        let line = list.standardOutput.split(separator: "\n").first { $0.hasPrefix("Prototype ") }
        #expect(line?.hasSuffix(" what K learned prototypes find in the history") == true)
        let mistyped = try await Launch.alone.trainer(
            ["train", "--model", "Protoype", "--dataset", "none"], program: program)
        #expect(mistyped.exitCode == 64)
        #expect(mistyped.standardError.contains("did you mean Prototype?"))
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `a model option without a name lists all models, a line each`(launch: Launch) async throws {
        for arguments in [["train", "--model"], ["train", "--model_name"]] {
            let result = try await launch.successfulTrainer(arguments)
            let lines = result.standardOutput.split(separator: "\n")
            #expect(lines.count > 5)
            #expect(lines.contains { $0.hasPrefix("TiMiRec ") })
            #expect(result.standardError.isEmpty)
        }
        let incomplete = try await launch.trainer(["train", "--model", "--dataset", "x"])
        #expect(incomplete.exitCode == 64)
        #expect(incomplete.standardError.contains("--model has no name"))
    }
}
