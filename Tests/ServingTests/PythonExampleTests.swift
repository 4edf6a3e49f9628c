import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// The examples of the page "Serving" in Python, run as they are printed, where Python has what they import.
///
/// `FACET_PYTHON` names the interpreter; without it `python3` is taken.
@Suite struct PythonExampleTests {
    private static let root: URL = {
        var package = URL(filePath: #filePath)
        for _ in 0..<3 { package.deleteLastPathComponent() }
        return package
    }()

    private static let python = ProcessInfo.processInfo.environment["FACET_PYTHON"] ?? "python3"

    /// Whether Python has some modules.
    private static func has(_ modules: String) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [python, "-c", "import " + modules]
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    private static func absence(_ packages: String) -> Comment {
        "\(python) has no \(packages): pip install them, and name the interpreter with FACET_PYTHON"
    }

    /// The block of Python of the page that imports a module.
    private static func script(importing module: String) throws -> String {
        let page = try String(
            contentsOf: root.appending(path: "Sources/Serving/Documentation.docc/Serving.md"), encoding: .utf8)
        let blocks = page.components(separatedBy: "```python\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
        return try #require(blocks.first { $0.contains("import \(module)\n") })
    }

    /// Runs a script of Python in a folder.
    private static func output(of script: String, in scratch: Workspace, _ arguments: [String] = []) async throws
        -> String
    {
        let file = try scratch.write("script.py", script)
        let result = try await run(
            product: "/usr/bin/env", arguments: [python, file] + arguments, workingDirectory: scratch.path,
            timeout: .seconds(120))
        guard result.exitCode == 0 else { throw Failure(description: result.standardError) }
        return result.standardOutput
    }

    private struct Failure: Error, CustomStringConvertible { let description: String }

    /// What `trainer recommend` finds, with vectors and parameters of the same run in the folder.
    private static func recommended(_ run: String, in scratch: Workspace) async throws -> [TableRow] {
        let checkpoint = ["--checkpoint", try await ServedRuns.workspace()(run), "--quiet"]
        try await Launch.alone.successfulTrainer(["export", "--out", scratch("vectors")] + checkpoint)
        let result = try await Launch.alone.successfulTrainer(
            ["recommend", "--top", "20", "--seen", "include"] + checkpoint)
        return TableRow.rows(result.standardOutput)
    }

    /// Items in the same order, but for those whose scores another order of additions makes equal.
    private static func expectSame(_ found: [TableRow], _ expected: [TableRow]) {
        #expect(found.count == expected.count)
        for (found, expected) in zip(found, expected) {
            #expect(found.user == expected.user && found.rank == expected.rank)
            let difference = abs(found.score - expected.score)
            #expect(difference <= 1e-5 * max(abs(expected.score), 0.01))
            #expect(found.item == expected.item || difference > 0)
        }
    }

    @Test(.enabled(if: has("faiss, numpy"), absence("faiss-cpu and numpy")), arguments: ["ComiRec", "SASRec", "BPRMF"])
    func `Faiss over the exported vectors finds the same items`(run: String) async throws {
        let scratch = try Workspace()
        let expected = try await Self.recommended(run, in: scratch)
        let output = try await Self.output(of: try Self.script(importing: "faiss"), in: scratch)
        Self.expectSame(TableRow.rows("header\n" + output), expected)
    }

    @Test(.enabled(if: has("hnswlib, numpy"), absence("hnswlib and numpy")), arguments: ["ComiRec", "MIND"])
    func `hnswlib over the exported vectors finds nearly all of them`(run: String) async throws {
        let scratch = try Workspace()
        let expected = try await Self.recommended(run, in: scratch)
        let output = try await Self.output(of: try Self.script(importing: "hnswlib"), in: scratch)
        let found = Set(TableRow.rows("header\n" + output).map { [$0.user, $0.item] })
        let share = Double(expected.count { found.contains([$0.user, $0.item]) }) / Double(expected.count)
        #expect(share > 0.97, "\(share)")
    }

    @Test(.enabled(if: has("torch, safetensors"), absence("torch and safetensors")))
    func `PyTorch scores as the trainer does, with the exported parameters`() async throws {
        let scratch = try Workspace()
        let checkpoint = ["--checkpoint", try await ServedRuns.workspace()("ComiRec"), "--quiet"]
        try await Launch.alone.successfulTrainer(
            ["export", "--out", scratch("parameters"), "--format", "pytorch"] + checkpoint)
        let output = try await Self.output(of: try Self.script(importing: "torch"), in: scratch)
        try scratch.write("lines", "{\"history\": [3, 8, 4]}\n")
        let result = try await Launch.alone.successfulTrainer(
            ["recommend", "--top", "5", "--histories", scratch("lines")] + checkpoint)
        let found = output.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
        let answer = try JSONDecoder().decode(Answer.self, from: Data(result.standardOutput.utf8))
        #expect(found.map { Int($0[0]) } == answer.items.map { Optional($0) })
        for (line, score) in zip(found, answer.scores) { #expect(abs((Double(line[1]) ?? .nan) - score) < 1e-5) }
    }

    private struct Answer: Decodable {
        let items: [Int]
        let scores: [Double]
    }

    /// The models of `scripts/peers`, written apart from these, with the exported parameters.
    @Test(.enabled(if: has("torch, safetensors, numpy"), absence("torch, safetensors and numpy")))
    func `models in PyTorch load the exported parameters, and describe users by the same vectors`() async throws {
        let scratch = try Workspace()
        let workspace = try await ServedRuns.workspace()
        for run in ["ComiRec", "SASRec", "TiMiRec", "GRU4Rec", "YouTubeDNN"] {
            for (folder, options) in [("vectors", []), ("parameters", ["--format", "pytorch"])] as [(String, [String])]
            {
                try await Launch.alone.successfulTrainer(
                    ["export", "--checkpoint", workspace(run), "--out", scratch("\(run)/\(folder)"), "--quiet"]
                        + options)
            }
        }
        let script = try String(
            contentsOf: Self.root.appending(path: "Tests/ServingTests/compare_with_peers.py"), encoding: .utf8)
        let output = try await Self.output(
            of: script, in: scratch,
            [Self.root.appending(path: "scripts/peers").path, workspace("data/" + ServedRuns.dataset), "9", "12", "3"]
                + ["ComiRec", "SASRec", "TiMiRec", "GRU4Rec", "YouTubeDNN"])
        let lines = output.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
        #expect(lines.count == 5)
        for line in lines { #expect((Double(line[1]) ?? .nan) < 1e-5, "\(line)") }
    }
}
