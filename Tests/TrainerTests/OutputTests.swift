import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// What commands print is printed, or they say so.
@Suite struct OutputTests {
    /// A data set and a run, once.
    private static let trained = Task {
        let workspace = try Workspace.untilExit()
        try await Launch.alone.successfulTrainer([
            "data", "generate", "--out", workspace("data/small"), "--users", "60", "--items", "80", "--negatives", "0",
        ])
        try await Launch.alone.successfulTrainer([
            "train", "--quiet", "--model", "ComiRec", "--epochs", "1", "--data-root", workspace("data"), "--dataset",
            "small", "--out", workspace("run"),
        ])
        return workspace
    }

    /// Commands whose result goes to standard output; `DATA` and `RUN` stand for paths.
    private static let commands = [
        "--help", "train --help", "train --model", "--version", "data inspect DATA", "data inspect DATA --json",
        "similar --checkpoint RUN --item 3", "similar --checkpoint RUN --item 3 --json",
        "evaluate --checkpoint RUN", "evaluate --checkpoint RUN --json", "recommend --checkpoint RUN --top 3",
        "data convert DATA --out COPY",
    ]

    /// A line of a shell with the trainer, whose exit code is the last word of its output.
    private static func shell(_ command: String, to output: String) async throws -> ProgramResult {
        let workspace = try await trained.value
        let copy = try Workspace()
        let arguments = command.replacing("DATA", with: workspace("data/small")).replacing(
            "RUN", with: workspace("run")
        )
        .replacing("COPY", with: copy("copy"))
        let trainer = try path(ofProduct: "trainer")
        return try await run(
            script: "/bin/bash", ranks: 1,
            arguments: ["-c", "'\(trainer)' \(arguments) \(output); echo \"${PIPESTATUS[0]}\" >&2"])
    }

    @Test(arguments: commands) func `a full disk is an error`(command: String) async throws {
        let result = try await Self.shell(command, to: "> /dev/full")
        let lines = result.standardError.split(separator: "\n")
        #expect(lines.last == "74", "\(command): \(result.standardError)")
        #expect(
            lines.count { $0.hasPrefix("error: standard output: cannot be written: No space left on device") } == 1,
            "\(command): \(result.standardError)")
    }

    @Test(arguments: commands) func `a reader who leaves is none`(command: String) async throws {
        let result = try await Self.shell(command, to: "| { exec 0<&-; sleep 0.3; }")
        let lines = result.standardError.split(separator: "\n")
        #expect(lines.last == "0", "\(command): \(result.standardError)")
        #expect(!lines.contains { $0.hasPrefix("error") }, "\(command): \(result.standardError)")
    }

    @Test(arguments: [
        (
            ["train", "--modle", "POP"],
            ["error: unknown option '--modle'. Did you mean '--model'?", "see trainer train --help"]
        ),
        (["data", "convert"], ["error: missing expected argument '<files> ...'", "see trainer data convert --help"]),
        (
            ["recommend", "--top", "x"],
            ["error: the value 'x' is invalid for '--top <top>'", "--top <top>: Items of a user."]
        ),
    ]) func `errors of the command line look like all others`(arguments: [String], lines: [String]) async throws {
        let result = try await Launch.alone.trainer(arguments)
        #expect(result.exitCode == 64 && result.standardOutput.isEmpty)
        for line in lines { #expect(result.standardError.contains(line), "\(result.standardError)") }
        #expect(!result.standardError.contains("Usage:"))
        let first = result.standardError.split(separator: "\n")[0]
        #expect(first.hasPrefix("error: "))
    }
}
