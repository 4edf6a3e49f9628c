import FileIO
import Foundation
import Interactions
import ProcessSupport
import Testing
import TrainerSupport

/// `trainer recommend` for the users of a data set.
@Suite struct RecommendTests {
    private static func recommend(_ run: String, _ options: [String], _ launch: Launch = .alone) async throws -> String
    {
        let workspace = try await ServedRuns.workspace()
        return try await launch.successfulTrainer(
            ["recommend", "--checkpoint", workspace(run), "--quiet"] + options
        ).standardOutput
    }

    /// The vectors of a run, exported once for each.
    private static func vectors(_ run: String) async throws -> ExportedVectors {
        let scratch = try Workspace()
        try await Launch.alone.successfulTrainer([
            "export", "--checkpoint", try await ServedRuns.workspace()(run), "--out", scratch("vectors"), "--quiet",
        ])
        return try ExportedVectors(folder: scratch("vectors"))
    }

    @Test(arguments: ServedRuns.names)
    func `the best items are those of plain loops over the exported vectors, bit by bit`(run: String) async throws {
        let histories = try await ServedRuns.histories()
        let vectors = try await Self.vectors(run)
        #expect(vectors.userIds.count == ServedRuns.users && vectors.itemIds.count == ServedRuns.items)
        let found = TableRow.rows(try await Self.recommend(run, ["--top", "11", "--interest"]))
        var expected: [TableRow] = []
        for user in 0..<ServedRuns.users {
            let seen = Set(histories.history(user).map(String.init))
            expected += vectors.rows(user, top: 11, without: seen)
        }
        #expect(found == expected)
        #expect(Set(found.map(\.item)).count > (run == "POP" ? 5 : 15), "a test of few items")
    }

    @Test func `files have the same bytes on any number of ranks`() async throws {
        for (run, options) in [
            ("ComiRec", ["--interest"]), ("MIND", ["--format", "jsonl", "--interest"]),
            ("LightGCN", ["--format", "csv"]),
        ] {
            let scratch = try Workspace()
            // Small batches, so that every rank has several.
            let options = ["--top", "80", "--out", scratch("file")] + options
            var files: [Data] = []
            for launch in [Launch.alone, .ranks(2), .ranks(3), .ranks(5), .ranks(8)] {
                let standardOutput = try await Self.recommend(run, options, launch)
                #expect(standardOutput == "")
                files.append(try Data(contentsOf: URL(filePath: scratch("file"))))
            }
            #expect(files[0].count > 20_000 && Set(files).count == 1, "\(run)")
        }
    }

    @Test func `the formats hold the same items`() async throws {
        let rows = TableRow.rows(try await Self.recommend("ComiRec", ["--top", "4", "--interest"]))
        let csv = try await Self.recommend("ComiRec", ["--top", "4", "--format", "csv"]).split(separator: "\n")
        let objects = try await Self.recommend("ComiRec", ["--top", "4", "--format", "jsonl", "--interest"]).split(
            separator: "\n"
        ).map { try JSONValue(parsing: String($0)) }
        #expect(csv.first == "user_id\trec_items" && csv.count == ServedRuns.users + 1)
        #expect(objects.count == ServedRuns.users)
        for (user, object) in objects.enumerated() {
            let own = rows[user * 4..<user * 4 + 4]
            #expect(csv[user + 1] == "\(user + 1)\t[\(own.map(\.item).joined(separator: ", "))]")
            #expect(object["user"] == .integer(user + 1))
            #expect(object["items"] == .array(own.map { .integer(Int($0.item) ?? 0) }))
            #expect(object["interests"] == .array(own.map { .integer($0.interest ?? -1) }))
            guard case .array(let scores) = object["scores"] else {
                Issue.record("no scores")
                return
            }
            #expect(scores.map { Float($0.double ?? .nan) } == own.map(\.score))
        }
    }

    @Test func `users of a list are answered in its order, like all others`() async throws {
        let scratch = try Workspace()
        let list = try scratch.write("users.txt", "77\n3\n\n130\n1\n")
        let all = TableRow.items(try await Self.recommend("BPRMF", ["--top", "7"]))
        for launch in [Launch.alone, .ranks(2)] {
            let some = try await Self.recommend("BPRMF", ["--top", "7", "--users", list], launch)
            let rows = TableRow.rows(some)
            #expect(rows.filter { $0.rank == 1 }.map(\.user) == ["77", "3", "130", "1"])
            for (user, items) in TableRow.items(some) { #expect(items == all[user]) }
        }
    }

    /// Seen are the items of the history alone: then what is found can be compared with dev and test.
    @Test func `less of what is known can count as the history`() async throws {
        let dataset = try InteractionDataset.load(
            folder: try await ServedRuns.workspace()("data/" + ServedRuns.dataset))
        let test = Dictionary(zip(dataset.test.users, dataset.test.items)) { $1 }
        let dev = Dictionary(zip(dataset.dev.users, dataset.dev.items)) { $1 }
        for (history, findsDev, findsTest) in [
            ("train", true, true), ("train+dev", false, true), ("all", false, false),
        ] {
            let items = TableRow.items(
                try await Self.recommend("ComiRec", ["--top", "\(ServedRuns.items)", "--history", history]))
            for user in dataset.presentUsers {
                let own = try #require(items["\(user)"])
                #expect(dev[user].map { own.contains("\($0)") } == findsDev)
                #expect(test[user].map { own.contains("\($0)") } == findsTest)
            }
        }
    }

    @Test func `seen items come back where they are wanted`() async throws {
        let vectors = try await Self.vectors("SASRec")
        let found = TableRow.rows(
            try await Self.recommend("SASRec", ["--top", "9", "--seen", "include", "--interest"]))
        #expect(found == (0..<ServedRuns.users).flatMap { vectors.rows($0, top: 9, without: []) })
    }

    @Test func `lists allow and ban items`() async throws {
        let scratch = try Workspace()
        let allowed = Set(stride(from: 2, through: 88, by: 3).map(String.init))
        let banned: Set = ["5", "8", "89", "90"]
        let allow = try scratch.write("allow.txt", allowed.joined(separator: "\n") + "\n4711\n")
        let ban = try scratch.write("ban.txt", banned.joined(separator: "\r\n"))
        let histories = try await ServedRuns.histories()
        let vectors = try await Self.vectors("ComiRec")
        for (options, isCandidate) in [
            (["--allow", allow], { allowed.contains($0) }), (["--ban", ban], { !banned.contains($0) }),
            (["--allow", allow, "--ban", ban], { allowed.contains($0) && !banned.contains($0) }),
        ] as [([String], (String) -> Bool)] {
            let found = TableRow.rows(try await Self.recommend("ComiRec", ["--top", "6", "--interest"] + options))
            let expected = (0..<ServedRuns.users).flatMap { user in
                vectors.rows(
                    user, top: 6,
                    without: Set(vectors.itemIds.filter { !isCandidate($0) } + histories.history(user).map(String.init))
                )
            }
            #expect(found == expected, "\(options)")
        }
        let workspace = try await ServedRuns.workspace()
        let told = try await Launch.alone.successfulTrainer(
            ["recommend", "--checkpoint", workspace("ComiRec"), "--allow", allow, "--top", "40"])
        #expect(told.standardError.contains("allow.txt: lines that name no item that the model knows: 1"))
        #expect(told.standardError.contains("--top 40 is more than the 29 items that can be recommended"))
        #expect(told.standardError.contains("users with fewer than 29 items left that they had not before: 124"))
    }

    /// ComiRec's greedy selection, by plain loops over all candidates in each step.
    private static func diverse(
        _ vectors: ExportedVectors, _ user: Int, top: Int, weight: Double, without seen: Set<String>,
        category: (String) -> String?
    ) -> [String] {
        var candidates: Set<Int> = []
        let free = vectors.itemIds.indices.filter { !seen.contains(vectors.itemIds[$0]) }
        for interest in 0..<vectors.interestCount {
            let best = free.sorted {
                (vectors.product(user, interest, $1), $0) < (vectors.product(user, interest, $0), $1)
            }
            candidates.formUnion(best.prefix(top))
        }
        var chosen: [Int] = []
        while chosen.count < top, !candidates.isEmpty {
            let values = candidates.sorted().map { item in
                let own = category(vectors.itemIds[item])
                let others = chosen.count { own == nil || category(vectors.itemIds[$0]) != own }
                return (item: item, value: Double(vectors.score(user, item).score) + weight * Double(others))
            }
            guard let best = values.max(by: { ($0.value, $1.item) < ($1.value, $0.item) }) else { break }
            chosen.append(best.item)
            candidates.remove(best.item)
        }
        return chosen.map { vectors.itemIds[$0] }
    }

    @Test(arguments: ["ComiRec", "GRU4Rec"])
    func `diversity follows the greedy selection, and none of it the scores`(run: String) async throws {
        let scratch = try Workspace()
        func category(_ item: String) -> String? { Int(item).flatMap { $0 % 13 == 0 ? nil : "c\($0 % 4)" } }
        let lines = (1...ServedRuns.items).compactMap { item in category("\(item)").map { "\(item)\t\($0)\n" } }
        let file = try scratch.write("categories.tsv", "item\tcategory\n" + lines.joined())
        let histories = try await ServedRuns.histories()
        let vectors = try await Self.vectors(run)
        let plain = try await Self.recommend(run, ["--top", "8", "--interest"])
        let none = try await Self.recommend(
            run, ["--top", "8", "--interest", "--diversity", "0", "--categories", file])
        #expect(none == plain)
        var changed = 0
        for weight in [0.002, 0.05] {
            let found = TableRow.items(
                try await Self.recommend(run, ["--top", "8", "--diversity", "\(weight)", "--categories", file]))
            for user in 0..<ServedRuns.users {
                let expected = Self.diverse(
                    vectors, user, top: 8, weight: weight, without: Set(histories.history(user).map(String.init)),
                    category: category)
                #expect(found[vectors.userIds[user]] == expected)
                changed += expected == TableRow.items(plain)[vectors.userIds[user]] ? 0 : 1
            }
        }
        #expect(changed > ServedRuns.users / 2)
    }

    @Test func `more items than there are give all of them, with a note`() async throws {
        let workspace = try await ServedRuns.workspace()
        for launch in [Launch.alone, .ranks(2)] {
            let result = try await launch.successfulTrainer([
                "recommend", "--checkpoint", workspace("POP"), "--top", "1000", "--seen", "include", "--format", "csv",
            ])
            #expect(result.standardError.contains("--top 1000 is more than the 90 items that can be recommended"))
            let lines = result.standardOutput.split(separator: "\n").dropFirst()
            #expect(lines.count == ServedRuns.users)
            #expect(lines.allSatisfy { $0.split(separator: ",").count == ServedRuns.items })
        }
    }

    @Test func `whoever has seen enough ends it without a word`() async throws {
        let workspace = try await ServedRuns.workspace()
        let trainer = try path(ofProduct: "trainer")
        let scratch = try Workspace()
        let commands = [
            "recommend --checkpoint \(workspace("ComiRec")) --top 80",
            "recommend --checkpoint \(workspace("ComiRec")) --top 80 --histories \(scratch("lines"))",
        ]
        try scratch.write("lines", String(repeating: "{\"history\":[1,2,3]}\n", count: 3_000))
        for command in commands {
            let result = try await run(
                product: "/bin/bash",
                arguments: ["-c", "\(trainer) \(command) | head -n 1 > /dev/null; echo ${PIPESTATUS[0]}"])
            #expect(result.standardOutput == "0\n")
            #expect(result.standardError == "")
        }
    }

    @Test func `a file of before stays until the new one is complete`() async throws {
        let scratch = try Workspace()
        let file = try scratch.write("top.jsonl", "of before\n")
        let process = Process()
        process.executableURL = URL(filePath: try path(ofProduct: "trainer"))
        process.arguments = [
            "recommend", "--checkpoint", try await ServedRuns.workspace()("ComiRec"), "--histories", "-", "--out", file,
            "--quiet",
        ]
        let questions = Pipe()
        process.standardInput = questions
        try process.run()
        defer { process.terminate() }
        try questions.fileHandleForWriting.write(contentsOf: Data("{\"history\":[3]}\n".utf8))
        for _ in 0..<100 where files(below: scratch.path).count < 2 { try await Task.sleep(for: .milliseconds(100)) }
        #expect(files(below: scratch.path).count == 2, "the new one has no name yet")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "of before\n")
        try questions.fileHandleForWriting.close()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(try String(contentsOfFile: file, encoding: .utf8).hasPrefix("{\"items\":["))
        #expect(files(below: scratch.path).count == 1)
    }
}
