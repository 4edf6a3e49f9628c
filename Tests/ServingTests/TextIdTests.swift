import FileIO
import Foundation
import Testing
import TrainerSupport

/// Ids that are text come out as they came in.
@Suite struct TextIdTests {
    /// A shop of customers and articles, converted and trained on, once.
    private static let shop = Task {
        let workspace = try Workspace.untilExit()
        try workspace.write("events.csv", log(users: 1...40))
        try workspace.write("few.csv", log(users: 3...5))
        for name in ["events", "few"] {
            try await Launch.alone.successfulTrainer([
                "data", "convert", workspace(name + ".csv"), "--out", workspace("data/" + name), "--quiet",
            ])
        }
        try await Launch.alone.successfulTrainer([
            "train", "--quiet", "--model", "ComiRec", "--interests", "2", "--embedding-size", "8", "--epochs", "2",
            "--data-root", workspace("data"), "--dataset", "events", "--out", workspace("run"),
        ])
        return workspace
    }

    private static func article(_ number: Int) -> String { "a/\(number) 'é\"" }

    private static func log(users: ClosedRange<Int>) -> String {
        let rows = users.flatMap { user in
            (0..<8).map { step in
                let article = article((user * 7 + step * step) % 25).replacing("\"", with: "\"\"")
                return "kunde-\(user),\"\(article)\",\(1_700_000_000 + user * 1000 + step * 60)\n"
            }
        }
        return "user_id,item_id,timestamp\n" + rows.joined()
    }

    @Test func `recommendations have the ids of the log, in every format and on any number of ranks`() async throws {
        let workspace = try await Self.shop.value
        let articles = Set((0..<25).map(Self.article))
        let command = ["recommend", "--checkpoint", workspace("run"), "--top", "3", "--quiet"]
        let rows = TableRow.rows(try await Launch.alone.successfulTrainer(command).standardOutput)
        #expect(rows.count == 120 && rows.map(\.user).first == "kunde-1" && rows.map(\.user).last == "kunde-40")
        #expect(rows.allSatisfy { articles.contains($0.item) })
        let objects = try await Launch.ranks(3).successfulTrainer(command + ["--format", "jsonl"]).standardOutput
            .split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        #expect(objects.map { $0["user"] } == (1...40).map { .string("kunde-\($0)") })
        #expect(
            objects.map { $0["items"] }
                == stride(from: 0, to: 120, by: 3).map { .array(rows[$0..<$0 + 3].map { .string($0.item) }) })
        let csv = try await Launch.alone.successfulTrainer(command + ["--format", "csv"]).standardOutput
        // As Python writes a string with both kinds of quotation marks.
        #expect(csv.split(separator: "\n")[1].hasPrefix("kunde-1\t['a/"))
        #expect(csv.contains(" \\'é\"', '"))
    }

    @Test func `histories of text are answered, and unknown ids are counted`() async throws {
        let workspace = try await Self.shop.value
        let known = JSONValue.string(Self.article(3)).compact
        let lines = "{\"user\": \"neu\", \"history\": [\(known), \"a/99\", 3]}\n{\"history\": [\"a/99\"]}\n"
        let result = try await Launch.alone.trainer([
            "recommend", "--checkpoint", workspace("run"), "--histories", try workspace.write("lines", lines), "--top",
            "2",
        ])
        let objects = try result.standardOutput.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        #expect(objects[0]["user"] == .string("neu") && objects[0]["unknown"] == .integer(2))
        #expect(objects[1]["error"]?.string == "the model knows no item of the history, which has 1")
        #expect(result.exitCode == 65)
    }

    @Test func `lists, similar items and exports use the ids of the log`() async throws {
        let workspace = try await Self.shop.value
        let users = try workspace.write("users", "kunde-9\nkunde-2\n")
        let allow = try workspace.write("allow", (0..<12).map { Self.article($0) + "\n" }.joined())
        let rows = TableRow.rows(
            try await Launch.alone.successfulTrainer([
                "recommend", "--checkpoint", workspace("run"), "--top", "2", "--users", users, "--allow", allow,
            ]).standardOutput)
        #expect(rows.map(\.user) == ["kunde-9", "kunde-9", "kunde-2", "kunde-2"])
        #expect(rows.allSatisfy { Set((0..<12).map(Self.article)).contains($0.item) })
        let similar = try await Launch.alone.successfulTrainer([
            "similar", "--checkpoint", workspace("run"), "--item", Self.article(4), "--top", "2", "--json",
        ])
        #expect(try JSONValue(parsing: similar.standardOutput)["item"] == .string(Self.article(4)))
        try await Launch.alone.successfulTrainer(["export", "--checkpoint", workspace("run"), "--out", workspace("v")])
        let vectors = try ExportedVectors(folder: workspace("v"))
        #expect(vectors.itemIds.count == 25 && Set(vectors.itemIds) == Set((0..<25).map(Self.article)))
        #expect(vectors.userIds == (1...40).map { "kunde-\($0)" })
    }

    @Test func `a part of the log with other numbers has the same answers`() async throws {
        let workspace = try await Self.shop.value
        let command = ["recommend", "--checkpoint", workspace("run"), "--top", "4", "--quiet"]
        let all = TableRow.items(try await Launch.alone.successfulTrainer(command).standardOutput)
        for launch in [Launch.alone, .ranks(2)] {
            let few = try await launch.successfulTrainer(command + ["--dataset", "few"]).standardOutput
            #expect(TableRow.rows(few).map(\.user).first == "kunde-3")
            for (user, items) in TableRow.items(few) { #expect(items == all[user]) }
        }
    }
}
