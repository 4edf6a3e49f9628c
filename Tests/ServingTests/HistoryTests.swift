import FileIO
import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// `trainer recommend --histories`: lines in, lines out.
@Suite struct HistoryTests {
    private static func answers(
        _ run: String, _ lines: [String], _ options: [String] = [], _ launch: Launch = .alone
    ) async throws -> (objects: [JSONValue], result: ProgramResult) {
        let scratch = try Workspace()
        let file = try scratch.write("lines.jsonl", lines.map { $0 + "\n" }.joined())
        let result = try await launch.trainer(
            ["recommend", "--checkpoint", try await ServedRuns.workspace()(run), "--histories", file] + options)
        let objects = try result.standardOutput.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        return (objects, result)
    }

    /// A line for each user of the data set, with times.
    private static func lines() async throws -> [String] {
        let histories = try await ServedRuns.histories()
        return histories.users.indices.map { user in
            let times = histories.times[histories.offsets[user]..<histories.offsets[user + 1]]
            return
                "{\"user\": \(histories.users[user]), \"history\": \(Array(histories.history(user))), \"times\": \(Array(times))}"
        }
    }

    @Test(arguments: ServedRuns.names)
    func `histories from lines are answered as those of the data set, on any number of ranks`(run: String) async throws
    {
        let workspace = try await ServedRuns.workspace()
        let expected = try await Launch.alone.successfulTrainer([
            "recommend", "--checkpoint", workspace(run), "--top", "6", "--format", "jsonl", "--interest", "--quiet",
        ]).standardOutput.split(separator: "\n")
        let lines = try await Self.lines()
        for launch in run == "ComiRec" ? [Launch.alone, .ranks(2), .ranks(5), .ranks(8)] : [.alone] {
            let (objects, result) = try await Self.answers(run, lines, ["--top", "6", "--interest"], launch)
            #expect(result.exitCode == 0, "\(result.standardError)")
            #expect(objects.count == ServedRuns.users && expected.count == ServedRuns.users)
            for (object, line) in zip(objects, expected) {
                var own = object
                own["unknown"] = nil
                #expect(object["unknown"] == .integer(0))
                #expect(own.compact == line)
            }
        }
    }

    @Test func `unknown items are left out and counted`() async throws {
        let (objects, result) = try await Self.answers(
            "ComiRec",
            [
                "{\"user\": \"ann\", \"history\": [4711, 3, \"17\", \"no such\", 4]}", "{\"history\": [3, 17, 4]}",
            ], ["--top", "5"])
        #expect(result.exitCode == 0)
        #expect(objects[0]["user"] == .string("ann") && objects[1]["user"] == nil)
        #expect(objects[0]["unknown"] == .integer(2) && objects[1]["unknown"] == .integer(0))
        #expect(objects[0]["items"] == objects[1]["items"] && objects[0]["scores"] == objects[1]["scores"])
        for item in [3, 17, 4] {
            guard case .array(let items) = objects[0]["items"] else {
                Issue.record("no items")
                return
            }
            #expect(items.count == 5 && !items.contains(.integer(item)))
        }
    }

    static let badLines: [(line: String, reason: String)] = [
        ("[1, 2]", "the line is not an object"), ("{\"history\": [1}", "the line is not JSON: byte 14: "),
        ("{\"user\": 5}", "history is missing"), ("{\"history\": 5}", "history is not a list of items"),
        ("{\"history\": [1.5]}", "history holds what is neither a string nor a whole number"),
        ("{\"history\": []}", "the history is empty, and SASRec knows users by their histories"),
        ("{\"history\": [4711, \"x\"]}", "the model knows no item of the history, which has 2"),
        ("{\"user\": [1], \"history\": [1]}", "user is neither a string nor a whole number"),
        ("{\"history\": [1, 2], \"times\": [1]}", "1 times for 2 items: give one for each item"),
        ("{\"history\": [1, 2], \"times\": [2, 1]}", "the times fall: list the history with the oldest item first"),
        ("{\"history\": [1], \"times\": [\"noon\"]}", "times is not a list of whole numbers"),
        ("{\"history\": [1], \"historie\": [2]}", "there is no historie: a line has user, history and times"),
        ("{\"history\": [1], \"history\": [2]}", "the key history is there twice"),
        ("{\"history\": [1e999]}", "out of range"), ("{\"history\": [\"\u{1}\"]}", "control character"),
        (String(repeating: "[", count: 10_000), "nested too deeply"),
    ]

    @Test(arguments: [Launch.alone, .ranks(3)])
    func `a bad line has an answer that says why, the others theirs, and the end is told of it`(launch: Launch)
        async throws
    {
        let good = "{\"history\": [3, 17, 4]}"
        let (objects, result) = try await Self.answers(
            "SASRec", Self.badLines.flatMap { [good, $0.line] }, ["--top", "2"], launch)
        #expect(objects.count == 2 * Self.badLines.count)
        for (index, bad) in Self.badLines.enumerated() {
            #expect(objects[2 * index]["items"] != nil)
            let error = objects[2 * index + 1]["error"]?.string
            #expect(error?.contains(bad.reason) == true, "\(bad.line.prefix(100)): \(error ?? "no error")")
            #expect(objects[2 * index + 1]["line"] == .integer(2 * index + 2))
        }
        #expect(result.exitCode == 65)
        #expect(result.errorLines.count == 1, "\(result.standardError)")
        #expect(
            result.standardError.contains(
                "lines.jsonl:2: the line is not an object {...} (and \(Self.badLines.count - 1) more lines)"))
        #expect(result.standardError.contains("each of these lines has an answer with its reason"))
    }

    @Test func `users whom the model must know are named, or the line has no answer`() async throws {
        let (objects, result) = try await Self.answers(
            "LightGCN",
            [
                "{\"user\": 3, \"history\": []}", "{\"user\": \"3\", \"history\": [1]}", "{\"history\": [1]}",
                "{\"user\": 4711, \"history\": [1]}",
            ], ["--top", "3", "--seen", "include"])
        #expect(objects[0]["items"] != nil && objects[0]["items"] == objects[1]["items"])
        #expect(objects[2]["error"]?.string == "no user is named, and LightGCN knows users by their ids")
        #expect(objects[3]["error"]?.string == "the user is unknown to LightGCN, which knows users by their ids")
        #expect(result.exitCode == 65)
    }

    @Test func `a model that looks at times says once that there are none`() async throws {
        let (objects, result) = try await Self.answers(
            "TiSASRec", Array(repeating: "{\"history\": [3, 17, 4]}", count: 3), ["--top", "3"])
        #expect(objects.count == 3 && result.exitCode == 0)
        #expect(result.standardError.ranges(of: "TiSASRec looks at times, and there are lines without").count == 1)
    }

    @Test func `a line that is too long, blank lines and a last line without an end`() async throws {
        let scratch = try Workspace()
        let long = "{\"history\": [\"" + String(repeating: "x", count: 17 << 20) + "\"]}"
        let file = try scratch.write("lines", "\n  \r\n\(long)\n\n{\"history\": [3]}\r\n{\"history\": [4]}")
        let result = try await Launch.alone.trainer([
            "recommend", "--checkpoint", try await ServedRuns.workspace()("ComiRec"), "--histories", file, "--top", "1",
        ])
        let objects = try result.standardOutput.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        #expect(objects.count == 3)
        #expect(objects[0]["error"]?.string == "the line is longer than 16777216 bytes")
        #expect(objects[0]["line"] == .integer(3))
        #expect(objects[1]["items"] != nil && objects[2]["items"] != nil)
        #expect(result.exitCode == 65)
    }

    /// What a sidecar does: it asks, waits for the answer, and asks again.
    @Test func `each line is answered before the next one is asked`() async throws {
        let process = Process()
        process.executableURL = URL(filePath: try path(ofProduct: "trainer"))
        process.arguments = [
            "recommend", "--checkpoint", try await ServedRuns.workspace()("ComiRec"), "--histories", "-", "--top", "2",
            "--quiet",
        ]
        let (questions, answers, errors) = (Pipe(), Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (questions, answers, errors)
        try process.run()
        defer { process.terminate() }
        for item in [3, 17, 4711, 4] {
            try questions.fileHandleForWriting.write(contentsOf: Data("{\"history\": [\(item)]}\n".utf8))
            // Returns as soon as something is there.
            let answer = try JSONValue(parsing: [UInt8](answers.fileHandleForReading.availableData))
            #expect((answer["error"] != nil) == (item == 4711))
        }
        try questions.fileHandleForWriting.close()
        process.waitUntilExit()
        #expect(process.terminationStatus == 65)
    }

    @Test func `answers go to a file that appears at the end`() async throws {
        let scratch = try Workspace()
        let (objects, result) = try await Self.answers(
            "ComiRec", ["{\"history\": [3]}", "{}"], ["--out", scratch("answers.jsonl")])
        #expect(objects.isEmpty && result.exitCode == 65)
        let lines = try String(contentsOfFile: scratch("answers.jsonl"), encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 2 && lines[1] == "{\"error\":\"history is missing\",\"line\":2}")
    }
}
