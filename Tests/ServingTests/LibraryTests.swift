import Foundation
import Interactions
import Serving
import Testing
import TrainerSupport

/// Answers without the command line.
@Suite struct LibraryTests {
    @Test(arguments: ServedRuns.names)
    func `one user alone has the bits that the user has among many`(run: String) async throws {
        let workspace = try await ServedRuns.workspace()
        let model = try TrainedModel(run: workspace(run))
        let search = try ItemSearch(model, SearchOptions(top: 5))
        let scratch = try Workspace()
        try await Launch.alone.successfulTrainer([
            "export", "--checkpoint", workspace(run), "--out", scratch("vectors"), "--quiet",
        ])
        let vectors = try ExportedVectors(folder: scratch("vectors"))
        let histories = try await ServedRuns.histories()
        let size = model.interestsPerUser * model.dimension
        #expect(vectors.interests.shape == [ServedRuns.users, model.interestsPerUser, model.dimension])
        for user in histories.users.indices {
            let times = histories.times[histories.offsets[user]..<histories.offsets[user + 1]]
            let query = UserQuery(
                user: "\(histories.users[user])", history: histories.history(user).map(String.init), times: Array(times)
            )
            #expect(
                try model.interests(of: query).flatMap { $0 }
                    == Array(vectors.interests.values[user * size..<(user + 1) * size]))
            let found = try search.items(for: query)
            let expected = vectors.rows(user, top: 5, without: Set(query.history))
            #expect(found.items.map(\.id) == expected.map(\.item) && found.items.map(\.score) == expected.map(\.score))
            #expect(found.items.map { Optional($0.interest) } == expected.map(\.interest) && found.unknown == 0)
        }
    }

    @Test func `what a query lacks is said`() async throws {
        let workspace = try await ServedRuns.workspace()
        let search = try ItemSearch(try TrainedModel(run: workspace("GRU4Rec")))
        #expect(throws: QueryError.self) { try search.items(for: UserQuery(history: ["no such item"])) }
        #expect(try search.items(for: UserQuery(history: ["no such item", "3"])).unknown == 1)
        #expect(search.top == 20 && search.candidateCount == ServedRuns.items)
        let users = try ItemSearch(try TrainedModel(run: workspace("BPRMF")))
        #expect(throws: QueryError.self) { try users.items(for: UserQuery(history: ["3"])) }
        #expect(throws: QueryError.self) { try users.items(for: UserQuery(user: "4711", history: [])) }
        #expect(try users.items(for: UserQuery(user: "7", history: [])).items.count == 20)
    }

    @Test func `models that draw numbers for a user draw the same ones each time`() async throws {
        let model = try TrainedModel(run: try await ServedRuns.workspace()("MIND"))
        func interests(_ user: String?) throws -> [[Float]] {
            try model.interests(of: UserQuery(user: user, history: ["3", "17", "4"]))
        }
        #expect(try interests("ann") == interests("ann"))
        #expect(try interests("ann") != interests("bob"))
        #expect(try interests(nil) == interests(nil))
    }

    /// The example of the page.
    @Test func `the example of the page runs as it is printed`() async throws {
        let run = try await ServedRuns.workspace()("ComiRec")
        let lines = try Self.example(run)
        #expect(lines.count == 5 && lines.allSatisfy { $0.contains(" by interest ") })
        var package = URL(filePath: #filePath)
        for _ in 0..<3 { package.deleteLastPathComponent() }
        let page = try String(
            contentsOf: package.appending(path: "Sources/Serving/Documentation.docc/Serving.md"), encoding: .utf8)
        let source = try String(contentsOfFile: #filePath, encoding: .utf8)
        let start = try #require(source.range(of: "// begin\n")?.upperBound)
        let end = try #require(source.range(of: "        // end\n")?.lowerBound)
        let body = source[start..<end].split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("        ") ? String(line.dropFirst(8)) : String(line)
        }.joined(separator: "\n")
        #expect(page.contains("```swift\nimport Serving\n\n\(body)```"), "\(body)")
    }

    private static func example(_ folder: String) throws -> [String] {
        // begin
        let model = try TrainedModel(run: folder)
        var options = SearchOptions(top: 5)
        options.banned = ["17", "23"].compactMap { model.stored.itemIds.number(ofText: $0) }
        let search = try ItemSearch(model, options)

        let answer = try search.items(for: UserQuery(history: ["3", "8", "4"]))
        let lines = answer.items.map { "\($0.id): \($0.score) by interest \($0.interest)" }

        // K vectors [d], to ask an index with.
        let interests = try model.interests(of: UserQuery(history: ["3", "8", "4"]))
        // end
        #expect(interests.count == 3 && interests[0].count == 12 && answer.unknown == 0)
        return lines
    }
}
