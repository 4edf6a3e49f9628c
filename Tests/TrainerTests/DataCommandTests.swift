import FileIO
import Foundation
import Testing
import TrainerSupport

/// `trainer data convert` and `trainer data inspect`, from files to a training.
@Suite struct DataCommandTests {
    /// 40 users with 8 events each, some of them twice, and not in the order of time.
    private static func events(_ name: (Int, Int) -> (user: String, item: String)) -> String {
        let rows = (0..<320).map { event in
            let (user, index) = (event / 8, event % 8)
            let (userId, itemId) = name(user, (user * 5 + index * index) % 23)
            return
                "\(userId),\(itemId),2024-03-\(10 + (index * 5) % 8)T10:\(10 + user):00Z,\(index == 3 ? "buy" : "view")\n"
        }
        return "customer,sku,timestamp,event\n" + rows.joined() + rows[5] + rows[80]
    }

    private static func digest(_ run: String) throws -> JSONValue? {
        let bytes = FileManager.default.contents(atPath: run + "/result.json") ?? Data()
        return try JSONValue(parsing: Array(bytes))["parameters_sha256"]
    }

    @Test func `a log with text ids becomes a data set, a report and a training`() async throws {
        let workspace = try Workspace()
        let log = try workspace.write("events.csv", Self.events { ("c-\($0)", "sku/\($1)") })
        let result = try await Launch.alone.successfulTrainer([
            "data", "convert", log, "--out", workspace("data/shop"), "--max-user-events", "20", "--core-items", "2",
        ])
        #expect(result.standardOutput.contains("exact repeats"), "\(result.standardOutput)")
        #expect(result.standardError.contains("user: column \"customer\""), "\(result.standardError)")
        #expect(result.standardError.contains("all kinds of events count: view (282), buy (40)"))
        let report = try JSONValue(
            parsing: Array(FileManager.default.contents(atPath: workspace("data/shop/conversion.json")) ?? Data()))
        #expect(report["steps"] != nil && report["users"] == 40 && report["test"] == 40)
        try await Launch.alone.successfulTrainer([
            "train", "--quiet", "--model", "ComiRec", "--data-root", workspace("data"), "--dataset", "shop",
            "--max-steps",
            "2", "--out", workspace("run"),
        ])
        let inspection = try await Launch.alone.successfulTrainer(
            ["data", "inspect", "shop", "--data-root", workspace("data"), "--json"])
        #expect(try JSONValue(parsing: Array(inspection.standardOutput.utf8))["parts"]?["test"] == 40)
    }

    @Test func `from the store, from its text and from the log's own text the same parameters are trained`()
        async throws
    {
        let workspace = try Workspace()
        let rows = (0..<300).map { event in
            "\(event % 30 * 3 + 1) \((event * event + event / 30) % 41 * 2 + 1) \(1_600_000_000 + event)\n"
        }
        try workspace.write("data/text/log.txt", rows.joined())
        let text = workspace("data/text/log.txt")
        for format in ["store", "text"] {
            try await Launch.alone.successfulTrainer([
                "data", "convert", text, "--quiet", "--format", format, "--out", workspace("data/from-\(format)"),
            ])
        }
        var digests: [JSONValue?] = []
        for (name, launch) in [
            ("text", Launch.alone), ("from-store", .alone), ("from-text", .alone), ("from-store", .ranks(2)),
        ] {
            let run = workspace("run-\(digests.count)")
            try await launch.successfulTrainer([
                "train", "--quiet", "--model", "TiMiRec", "--stage", "pretrain", "--data-root", workspace("data"),
                "--dataset", name, "--max-steps", "3", "--logical-shards", "4", "--out", run,
            ])
            digests.append(try Self.digest(run))
        }
        #expect(digests[0] != nil && digests.allSatisfy { $0 == digests[0] }, "\(digests)")
    }

    @Test(arguments: [
        Refusal(64, naming: "there is no column custmer (--user-column); did you mean customer?", "the columns are"),
        Refusal(64, naming: "--core-users is 0"),
        Refusal(65, naming: "no event is left after --events buyy, of", "the kinds are"),
        Refusal(64, naming: "\"yesterday\" is no time"), Refusal(74, naming: "none.csv: cannot be opened"),
        Refusal(65, naming: "bad.csv:3: the item is empty"),
        Refusal(65, naming: "Parquet files are not read", "duckdb"),
    ]) func `what is wrong ends with one message and leaves nothing`(_ refusal: Refusal) async throws {
        let workspace = try Workspace()
        let log = try workspace.write("events.csv", Self.events { ("c-\($0)", "sku/\($1)") })
        let bad = try workspace.write("bad.csv", "user,item,time\na,b,2024-01-01\na,,2024-01-01\n")
        let parquet = try workspace.write("a.parquet", "PAR1\u{15}")
        let arguments =
            switch refusal.naming[0].prefix(12) {
            case "there is no ": [log, "--user-column", "custmer"]
            case "--core-users": [log, "--core-users", "0"]
            case "no event is ": [log, "--events", "buyy"]
            case "\"yesterday\" ": [log, "--from", "yesterday"]
            case "none.csv: ca": [workspace("none.csv")]
            case "bad.csv:3: t": [bad]
            default: [parquet]
            }
        try await expectRefusal(
            refusal, .alone, ["data", "convert"] + arguments + ["--out", workspace("data/shop")],
            leaving: workspace("data"))
        #expect(!FileManager.default.fileExists(atPath: workspace("data")))
    }

    @Test func `a data set that is there is replaced only when asked for, before anything is read`() async throws {
        let workspace = try Workspace()
        let log = try workspace.write("events.csv", Self.events { ("\($0 + 1)", "\($1 + 1)") })
        let out = workspace("data/shop")
        try await Launch.alone.successfulTrainer(["data", "convert", log, "--quiet", "--format", "text", "--out", out])
        try await expectRefusal(
            Refusal(64, naming: "the folder already holds a data set", "--replace"), .alone,
            ["data", "convert", workspace("none.csv"), "--out", out], leaving: out)
        try await Launch.alone.successfulTrainer(["data", "convert", log, "--quiet", "--replace", "--out", out])
        let names = try FileManager.default.contentsOfDirectory(atPath: out).sorted()
        #expect(names == ["conversion.json", "interactions.facet"])
        try await Launch.alone.successfulTrainer(
            ["data", "convert", log, "--quiet", "--replace", "--format", "text", "--out", out])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: out).sorted() == [
                "conversion.json", "dev.csv", "test.csv", "train.csv",
            ])
    }

    @Test func `the result object is all of standard output`() async throws {
        let workspace = try Workspace()
        let log = try workspace.write("events.csv", Self.events { ("c-\($0)", "sku/\($1)") })
        let result = try await Launch.alone.successfulTrainer(
            ["data", "convert", log, "--json", "--out", workspace("data/shop")])
        let printed = try JSONValue(parsing: Array(result.standardOutput.utf8))
        let written = FileManager.default.contents(atPath: workspace("data/shop/conversion.json")) ?? Data()
        #expect(try JSONValue(parsing: Array(written)) == printed)
        // Options that were not given are there with their defaults.
        #expect(printed["options"]?["exact-repeats"] == "remove" && printed["options"]?["events"] == .null)
    }
}
