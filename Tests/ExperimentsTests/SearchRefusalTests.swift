import FileIO
import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// Searches that cannot begin: one message, and nothing is written.
@Suite struct SearchRefusalTests {
    private static let good = """
        method: grid
        metric: NDCG@5
        fixed: {model: ComiRec, dataset: small, data-root: ROOT, topk: 5}
        search:
          lr: [0.1, 0.2]

        """

    /// A change of the file, the exit code, and what the message names.
    private static let changes: [(from: String, to: String, exitCode: Int32, texts: [String])] = [
        ("lr:", "lrr:", 64, ["space.yaml:5: ", "--lrr", "--lr"]), ("0.2]", "-0.2]", 64, ["space.yaml:5: ", "lr"]),
        ("0.2]", "quick]", 64, ["space.yaml:5: ", "quick"]), ("topk: 5", "topk: 0", 64, ["space.yaml:3: ", "cut-off"]),
        ("ComiRec", "ComiRek", 64, ["space.yaml:3: ", "did you mean ComiRec"]),
        ("NDCG@5", "NDCG@10", 64, ["NDCG@10", "did you mean NDCG@5"]),
        ("method: grid", "method: gird", 65, ["space.yaml:1: "]),
        ("lr: [0.1, 0.2]", "lr: [0.1", 65, ["space.yaml:5: ", "] is missing"]),
        ("dataset: small, ", "", 64, ["--dataset is missing"]),
        (
            "lr: [0.1, 0.2]", "lr: [0.1]\n  batch-size: [2]", 64,
            ["trials/000 (--lr 0.1 --batch-size 2): --batch-size is 2"]
        ),
        ("data-root: ROOT, ", "data-root: nowhere, ", 65, ["nowhere: no such folder"]),
        ("topk: 5", "topk: 5, train-on: all", 64, ["--train-on all"]),
        ("topk: 5", "topk: 5, resume: true", 65, ["space.yaml:3: ", "resume cannot be chosen here"]),
        ("lr: [0.1, 0.2]", "selection: [hard, wild]", 64, ["space.yaml:5: ", "wild"]),
    ]

    @Test(arguments: changes.indices) func `a wrong file is refused with what to do`(index: Int) async throws {
        let change = Self.changes[index]
        let workspace = try Workspace()
        let text = Self.good.replacing(change.from, with: change.to)
        try #require(text != Self.good)
        try workspace.write("space.yaml", text.replacing("ROOT", with: try await SearchedData.root()))
        let result = try await Launch.alone.trainer(
            ["search", "--config", "space.yaml", "--out", "run"], workingDirectory: workspace.path)
        #expect(result.exitCode == change.exitCode, "\(result.standardError)")
        #expect(result.standardOutput == "" && result.errorLines.count == 1, "\(result.standardError)")
        for text in change.texts { #expect(result.standardError.contains(text), "\(text): \(result.standardError)") }
        #expect(!FileManager.default.fileExists(atPath: workspace("run")))
    }

    @Test func `a stage that could not be trained on is refused`() async throws {
        let workspace = try Workspace()
        let halving = """
            method: halving
            epochs: {first: 1, most: 3}
            fixed: {model: TiMiRec, dataset: small, data-root: \(try await SearchedData.root()), MORE}
            search: {lr: [0.1, 0.2]}

            """
        for (more, exitCode) in [
            ("seed-of: 1", Int32(64)), ("l2: 0", 64), ("stage: pretrain, embedding-size: 8", 0),
            ("pretrain: epochs=1, embedding-size: 8", 0),
        ] {
            try workspace.write("space.yaml", halving.replacing("MORE", with: more))
            let result = try await Launch.alone.trainer(
                ["search", "--quiet", "--config", workspace("space.yaml"), "--out", workspace("run-\(more.count)")])
            #expect(result.exitCode == exitCode, "\(more): \(result.standardError)")
            if more == "l2: 0" { #expect(result.standardError.contains("pretrain: epochs=20")) }
        }
    }

    @Test func `under mpirun, in the folder of something else and of another search it does not begin`() async throws {
        let workspace = try Workspace()
        try workspace.write("space.yaml", Self.good.replacing("ROOT", with: try await SearchedData.root()))
        func search(_ launch: Launch, _ out: String) async throws -> ProgramResult {
            try await launch.trainer(["search", "--config", workspace("space.yaml"), "--out", workspace(out)])
        }
        let ranks = try await search(.ranks(2), "run")
        #expect(ranks.exitCode == 64 && ranks.errorLines.count == 1, "\(ranks.standardError)")
        #expect(ranks.standardError.contains("--ranks 2"))
        try workspace.write("mine/text", "mine")
        let foreign = try await search(.alone, "mine")
        #expect(foreign.exitCode == 64 && foreign.standardError.contains("holds text"), "\(foreign.standardError)")
        try workspace.write(
            "other/experiment.json", "{\"plan\": {\"method\": \"random\", \"metrics\": [\"NDCG@5\"]}}")
        let other = try await search(.alone, "other")
        #expect(
            other.exitCode == 64 && other.standardError.contains("holds another experiment"), "\(other.standardError)")
        #expect(files(below: workspace("other")).count == 1)
    }

    @Test func `two searches do not write into one folder`() async throws {
        let workspace = try Workspace()
        try workspace.write("space.yaml", try await SearchedData.halving(first: 200_000, most: 400_000))
        // In one program, since others may wait for long until they are started.
        let script = """
            trainer=$0 out=$1 file=$2
            "$trainer" search --config "$file" --out "$out" >/dev/null 2>&1 &
            first=$!
            until [ -e "$out/experiment.json" ]; do
                kill -0 $first || exit 99
                sleep 0.05
            done
            "$trainer" search --config "$file" --out "$out"
            echo "code $?"
            kill -TERM $first
            wait $first
            echo "code $?"
            """
        let result = try await run(
            script: "/bin/bash", ranks: 2,
            arguments: [
                "-c", script, try path(ofProduct: "trainer"), workspace("run"), workspace("space.yaml"),
            ], timeout: .seconds(120))
        #expect(result.standardOutput == "code 73\ncode 75\n", "\(result.standardError)")
        #expect(result.errorLines.count == 1, "\(result.standardError)")
    }
}
