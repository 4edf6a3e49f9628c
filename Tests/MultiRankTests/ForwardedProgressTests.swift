import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// What a person sees of a training under `mpirun`, on a terminal that `script` makes.
@Suite struct ForwardedProgressTests {
    /// All that arrives on the terminal.
    private static func screen(
        _ workspace: Workspace, options: String = "", redirection: String = "", more: [String] = []
    ) async throws -> String {
        let arguments = [
            "train", "--model", "ComiRec", "--data-root", try await SmallData.root(), "--dataset", SmallData.name,
            "--max-steps", "20", "--out", workspace("run"),
        ]
        let trainer = try path(ofProduct: "trainer")
        let words = ([trainer] + arguments + more).map { "'\($0)'" }.joined(separator: " ")
        // As wide as the terminals of people are.
        let command = "stty cols 100; mpirun -n 2 --oversubscribe \(options) \(words) \(redirection)"
        let result = try await run(
            script: "/usr/bin/env", ranks: 2,
            arguments: ["TERM=xterm", "NO_COLOR=1", "script", "-qec", command, "/dev/null"])
        #expect(result.exitCode == 0 && !result.timedOut, "\(result.standardOutput)\(result.standardError)")
        return result.standardOutput
    }

    @Test func `under mpirun on a terminal the bar is drawn in place`() async throws {
        let text = try await Self.screen(try Workspace())
        #expect(text.contains("\r\u{1B}[Kepoch 1/"), "\(text)")
        #expect(text.contains("[") && text.contains("...]"), "\(text)")
    }

    @Test func `lines that mpirun marks, a file and --quiet get no bar`() async throws {
        let workspace = try Workspace()
        let marked = try await Self.screen(workspace, options: "--tag-output")
        #expect(marked.contains("[1,0]<stderr>:training ComiRec") && !marked.contains("\u{1B}"), "\(marked)")
        let log = workspace("log")
        let redirected = try await Self.screen(workspace, redirection: "2>'\(log)'", more: ["--overwrite"])
        #expect(!redirected.contains("\u{1B}"), "\(redirected)")
        let lines = try String(contentsOfFile: log, encoding: .utf8)
        #expect(lines.contains("training ComiRec") && !lines.contains("\u{1B}"), "\(lines)")
        let quiet = try await Self.screen(workspace, more: ["--overwrite", "--quiet", "--topk", "5"])
        #expect(!quiet.contains("\u{1B}"), "\(quiet)")
    }
}
