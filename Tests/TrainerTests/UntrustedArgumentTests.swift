import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// Nothing that a terminal would obey goes from an argument, a path or a file into a message.
@Suite struct UntrustedArgumentTests {
    /// Clears the screen, turns the direction of text, and the one-byte form of an escape sequence.
    private static let hostile = "a\u{1B}[2J\u{202E}b\u{9B}2J\u{2066}\rc"

    /// The bytes of both streams hold no control character but line ends and tabs, and nothing that changes directions.
    private func expectNothingObeyed(
        _ result: ProgramResult, _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for text in [result.standardError, result.standardOutput] {
            let obeyed = text.unicodeScalars.filter {
                ($0.properties.generalCategory == .control && $0 != "\n" && $0 != "\t")
                    || $0.properties.generalCategory == .format
            }
            #expect(obeyed.isEmpty, "\(arguments): \(obeyed.map { $0.value })", sourceLocation: sourceLocation)
        }
        #expect(
            result.standardError.contains("\\u{1b}") || result.standardOutput.contains("u001b"), "\(arguments)",
            sourceLocation: sourceLocation)
    }

    /// Arguments with a hostile value in every place that a message can quote.
    private static let commands: [[String]] = [
        [hostile], ["train", hostile], ["train", "--\(hostile)"], ["train", "--model", hostile],
        ["train", "--model", "POP", "--dataset", hostile],
        ["train", "--model", "POP", "--dataset", "x", "--lr", hostile],
        ["train", "--model", "POP", "--dataset", "x", "--data-root", hostile],
        ["train", "--model", "POP", "--dataset", "x", "--measures", hostile],
        ["train", "--config", hostile], ["evaluate", "--checkpoint", hostile],
        ["evaluate", "--checkpoint", "\(hostile).safetensors", "--model", "ComiRec", "--dataset", "x"],
        ["evaluate", "--split", hostile], ["benchmark", "--model", hostile], ["benchmark", "--steps", hostile],
        ["data", "generate", "--out", "/proc/\(hostile)"], ["data", hostile],
    ]

    @Test(arguments: commands)
    func `arguments are quoted without what a terminal would obey`(_ arguments: [String]) async throws {
        let result = try await Launch.alone.trainer(arguments)
        #expect(result.exitCode != 0 && result.exitCode < 128, "\(arguments): \(result.exitCode)")
        expectNothingObeyed(result, arguments)
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `names of folders and of data sets are`(launch: Launch) async throws {
        let workspace = try Workspace()
        try SmallTables().write(to: workspace, "data/\(Self.hostile)")
        let command = [
            "train", "--model", "POP", "--data-root", workspace("data"), "--dataset", Self.hostile, "--logical-shards",
            "4",
            "--topk", "2", "--out", workspace("run" + Self.hostile),
        ]
        expectNothingObeyed(try await launch.successfulTrainer(command), command)
        expectNothingObeyed(try await launch.successfulTrainer(command + ["--json", "--overwrite"]), command)
        let evaluation = ["evaluate", "--checkpoint", workspace("run" + Self.hostile), "--json"]
        let result = try await launch.successfulTrainer(evaluation)
        expectNothingObeyed(result, evaluation)
        let config = try String(contentsOfFile: workspace("run\(Self.hostile)/config.yaml"), encoding: .utf8)
        #expect(
            config.unicodeScalars.allSatisfy {
                $0.properties.generalCategory != .format && ($0.value >= 32 || $0 == "\n")
            })
        // What is wrong with a file in there is told by the rank that finds it.
        try workspace.write("data/\(Self.hostile)/dev.csv", "user_id\titem_id\ttime\n1\t\(Self.hostile)\t3\n")
        let refused = try await launch.trainer(command + ["--overwrite"])
        #expect(refused.exitCode == 65)
        expectNothingObeyed(refused, command)
    }

    @Test func `scripts quote their arguments without it too`() async throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        for (script, arguments) in [
            ("cluster/run-with-restarts", ["--failures", Self.hostile, "true"]),
            ("cluster/hosts/train", [Self.hostile, "--", "x"]), ("cluster/hosts/lab", ["pid", Self.hostile]),
            ("scripts/fetch-data", [Self.hostile]), ("scripts/fuzz", [Self.hostile]),
            ("scripts/growth", [Self.hostile]),
            ("scripts/reproduce", ["--data", Self.hostile]), ("scripts/scaling", ["--ranks", Self.hostile]),
        ] {
            let result = try await run(
                script: folder + "/" + script, ranks: 1, arguments: arguments, timeout: .seconds(20))
            #expect(result.exitCode != 0, "\(script)")
            #expect(!result.standardError.contains("\u{1B}") && !result.standardError.contains("\u{202E}"), "\(script)")
        }
    }
}
