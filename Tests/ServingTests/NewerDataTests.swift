import Foundation
import Testing
import TrainerSupport

/// Data that have grown since a model was trained.
@Suite struct NewerDataTests {
    /// Users 1 to 3 with the items 1 to 3, which the runs know, and items and a user that came later.
    private static func newerData(_ scratch: Workspace, withNews: Bool) throws {
        let news = withNews ? ["1 1001\n", "2 1002\n", "2 1003\n", "4711 2\n4711 1001\n4711 3\n"] : ["", "", "", ""]
        try scratch.write(
            "data/newer/pairs.txt",
            "1 1\n1 2\n1 3\n\(news[0])2 2\n\(news[1])2 3\n2 1\n\(news[2])3 3\n3 1\n3 2\n\(news[3])")
    }

    private static func recommend(
        _ run: String, from scratch: Workspace, _ launch: Launch
    ) async throws -> (rows: [TableRow], messages: String) {
        let result = try await launch.successfulTrainer([
            "recommend", "--checkpoint", try await ServedRuns.workspace()(run), "--data-root", scratch("data"),
            "--dataset", "newer", "--top", "5",
        ])
        return (TableRow.rows(result.standardOutput), result.standardError)
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `items and users that came later are left out and counted`(launch: Launch) async throws {
        let scratch = try Workspace()
        try Self.newerData(scratch, withNews: false)
        let before = try await Self.recommend("ComiRec", from: scratch, launch)
        #expect(before.rows.count == 15 && !before.messages.contains("does not know"))
        try Self.newerData(scratch, withNews: true)
        let after = try await Self.recommend("ComiRec", from: scratch, launch)
        #expect(after.messages.contains("ComiRec does not know 3 items of newer, with 4 interactions\n"))
        #expect(after.rows.filter { $0.user != "4711" } == before.rows)
        #expect(after.rows.map(\.user).suffix(5) == ["4711", "4711", "4711", "4711", "4711"])
        // A model with a row for each user has none for this one.
        let byUser = try await Self.recommend("BPRMF", from: scratch, launch)
        #expect(byUser.messages.contains("BPRMF does not know 3 items and 1 user of newer, with 6 interactions\n"))
        #expect(Set(byUser.rows.map(\.user)) == ["1", "2", "3"])
    }

    @Test func `vectors are those of the histories without what came later`() async throws {
        let scratch = try Workspace()
        var found: [[Float]] = []
        for withNews in [false, true] {
            try Self.newerData(scratch, withNews: withNews)
            try await Launch.alone.successfulTrainer([
                "export", "--quiet", "--checkpoint", try await ServedRuns.workspace()("SASRec"), "--data-root",
                scratch("data"), "--dataset", "newer", "--out", scratch("v\(withNews)"),
            ])
            let vectors = try ExportedVectors(folder: scratch("v\(withNews)"))
            found.append(Array(vectors.interests.values.prefix(3 * vectors.size)))
        }
        #expect(found[0] == found[1])
    }

    @Test func `a run is served from any folder, with the data that it was trained on`() async throws {
        let scratch = try Workspace()
        try await Launch.alone.successfulTrainer([
            "data", "generate", "--out", scratch("shop/data/small"), "--users", "60", "--items", "80", "--negatives",
            "0",
        ])
        let options = ["--quiet", "--model", "YouTubeDNN", "--epochs", "1", "--dataset", "small", "--out", "runs/a"]
        try await Launch.alone.successfulTrainer(["train"] + options, workingDirectory: scratch("shop"))
        let here = ["recommend", "--checkpoint", "runs/a", "--quiet", "--top", "3"]
        let expected = try await Launch.alone.successfulTrainer(here, workingDirectory: scratch("shop")).standardOutput
        let there = ["recommend", "--checkpoint", scratch("shop/runs/a"), "--quiet", "--top", "3"]
        #expect(try await Launch.alone.successfulTrainer(there, workingDirectory: "/").standardOutput == expected)
        try await Launch.alone.successfulTrainer(
            ["evaluate", "--checkpoint", scratch("shop/runs/a"), "--split", "dev"], workingDirectory: "/")
        // A run that is moved with its data.
        try FileManager.default.moveItem(atPath: scratch("shop"), toPath: scratch("moved"))
        let moved = ["recommend", "--checkpoint", "runs/a", "--quiet", "--top", "3"]
        #expect(
            try await Launch.alone.successfulTrainer(moved, workingDirectory: scratch("moved")).standardOutput
                == expected)
        let fromAside = ["recommend", "--checkpoint", "../moved/runs/a", "--quiet", "--top", "3"]
        try FileManager.default.createDirectory(atPath: scratch("aside"), withIntermediateDirectories: true)
        #expect(
            try await Launch.alone.successfulTrainer(fromAside, workingDirectory: scratch("aside")).standardOutput
                == expected)
    }

    @Test func `an export in another format leaves nothing of the one before`() async throws {
        let scratch = try Workspace()
        let run = try await ServedRuns.workspace()("ComiRec")
        func names() -> Set<String> { Set(files(below: scratch("v")).keys) }
        let lists: Set = ["items.txt", "users.txt", "manifest.json"]
        for (format, files) in [
            ("safetensors", ["vectors.safetensors"]), ("npy", ["items.npy", "interests.npy"]),
            ("safetensors", ["vectors.safetensors"]), ("pytorch", ["state_dict.safetensors"]),
        ] {
            try await Launch.alone.successfulTrainer([
                "export", "--quiet", "--checkpoint", run, "--out", scratch("v"), "--format", format,
            ])
            // ComiRec has no table of users.
            #expect(names() == lists.union(files).subtracting(format == "pytorch" ? ["users.txt"] : []), "\(format)")
        }
    }
}
