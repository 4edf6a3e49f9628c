import FileIO
import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// The file of `--trace`.
@Suite struct TraceTests {
    private struct Event {
        let name: String
        let phase: String
        let start: Double
        let duration: Double
        let rank: Int
        let thread: Int
        let number: Int?

        var end: Double { start + duration }
    }

    /// Reads a list of events in the Trace Event Format; each must have the keys of its kind and no other.
    private static func read(_ text: String) throws -> [Event] {
        guard case .array(let values) = try JSONValue(parsing: text) else {
            throw EventFileReader.Damage(reason: "no list")
        }
        return try values.map { value in
            guard case .object(let members) = value else { throw EventFileReader.Damage(reason: value.compact) }
            let keys = Set(members.map(\.key)).subtracting(["args"])
            let phase = value["ph"]?.string ?? ""
            switch phase {
            case "X": #expect(keys == ["name", "cat", "ph", "ts", "dur", "pid", "tid"], "\(value.compact)")
            case "M": #expect(keys == ["name", "ph", "pid", "tid"] && value["args"] != nil, "\(value.compact)")
            default: #expect(keys == ["name", "ph", "s", "ts", "pid", "tid"] && phase == "i", "\(value.compact)")
            }
            func integer(_ value: JSONValue?) -> Int? { if case .integer(let number)? = value { number } else { nil } }
            return Event(
                name: try #require(value["name"]?.string), phase: phase, start: value["ts"]?.double ?? 0,
                duration: value["dur"]?.double ?? 0, rank: try #require(integer(value["pid"])),
                thread: try #require(integer(value["tid"])),
                number: integer(value["args"]?["step"]) ?? integer(value["args"]?["epoch"]))
        }
    }

    /// Expects the events of a thread to begin one after the other, and each to lie within another or outside of it.
    private static func expectNesting(_ events: [Event]) {
        var open: [Event] = []
        for (event, next) in zip(events, events.dropFirst()) { #expect(event.start <= next.start) }
        for event in events {
            while let last = open.last, last.end <= event.start + 1e-6 { open.removeLast() }
            if let last = open.last { #expect(event.end <= last.end + 1e-3, "\(event) in \(last)") }
            open.append(event)
        }
    }

    @Test func `two ranks have each step with its phases, and evaluations and checkpoints`() async throws {
        let workspace = try Workspace()
        let (out, file) = (workspace("run"), workspace("run/trace.json"))
        try await Launch.ranks(2).successfulTrainer(
            try await WatchedTraining.arguments(
                out, "--epochs", "3", "--trace", file, "--checkpoint-every", "5", "--embedding-size", "32",
                "--exchange", "shared"))
        let events = try Self.read(try String(contentsOfFile: file, encoding: .utf8))
        let steps = Int(try FinishedRun(folder: out).result["steps"]?.double ?? 0)
        #expect(events.count { $0.phase == "M" && $0.name == "process_name" } == 2)
        for rank in 0..<2 {
            let own = events.filter { $0.rank == rank && $0.phase == "X" }
            for thread in 0..<2 { Self.expectNesting(own.filter { $0.thread == thread }) }
            #expect(own.filter { $0.name == "step" }.map(\.number) == Array(1...steps))
            #expect(own.filter { $0.name == "epoch" }.map(\.number) == [1, 2, 3])
            // Dev after each epoch, and test.
            #expect(own.filter { $0.name == "evaluation" }.map(\.number) == [1, 2, 3, 3])
            #expect(Set(own.map(\.name)).isSuperset(of: ["batch", "forward", "backward", "optimizer", "waiting"]))
            #expect(own.contains { $0.name == "checkpoint" } == (rank == 0))
            #expect(own.contains { $0.name == "writing" && $0.thread == 1 } == (rank == 0))
            // The steps of an epoch fill it, and phases their step, but for what is too short to be shown.
            let inSteps = own.filter { $0.name == "step" }.reduce(0) { $0 + $1.duration }
            let phases = ["batch", "propagation", "forward", "backward", "exchange", "optimizer", "waiting"]
            let inPhases = own.filter { phases.contains($0.name) }.reduce(0) { $0 + $1.duration }
            #expect(inPhases <= inSteps * 1.000001 && inPhases > 0.5 * inSteps, "\(inPhases) of \(inSteps)")
        }
    }

    @Test func `the trace of a killed training lacks nothing but the bracket at its end`() async throws {
        let workspace = try Workspace()
        let (out, file) = (workspace("run"), workspace("trace.json"))
        let arguments = try await WatchedTraining.arguments(
            out, "--epochs", "1000000", "--checkpoint-every", "0", "--trace", file)
        let job = RunningJob(.ranks(2), arguments, out: out)
        defer { job.end() }
        try #require(try await job.wait(every: .milliseconds(5)) { WatchedTraining.epochs(out) > 20 })
        for process in job.launchers + job.trainers { kill(process, SIGKILL) }
        _ = try await job.result
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let events = try Self.read(text + "]")
        #expect(events.contains { $0.name == "step" && $0.rank == 1 })
        // A page that is written is whole.
        for page in stride(from: 4096, to: text.utf8.count, by: 4096) {
            _ = try Self.read(String(decoding: text.utf8.prefix(page), as: UTF8.self) + "]")
            if page > 20 * 4096 { break }
        }
    }

    @Test func `a training that stops or fails ends its trace`() async throws {
        let workspace = try Workspace()
        for (name, options, code) in [
            ("stopped", ["--time-limit", "0.5", "--epochs", "1000000"], 75), ("failed", ["--lr", "1e30"], 70),
        ] as [(String, [String], Int32)] {
            let file = workspace(name + ".json")
            let result = try await Launch.ranks(2).trainer(
                try await WatchedTraining.arguments(workspace(name), "--trace", file) + options)
            #expect(result.exitCode == code, "\(result.standardError)")
            let events = try Self.read(try String(contentsOfFile: file, encoding: .utf8)).filter { $0.phase == "X" }
            for rank in 0..<2 { Self.expectNesting(events.filter { $0.rank == rank && $0.thread == 0 }) }
            #expect(events.contains { $0.name == "step" && $0.rank == 0 }, "\(name)")
        }
    }

    @Test func `watching a training does not change what it finds`() async throws {
        let workspace = try Workspace()
        for (name, options) in [
            ("alone", []),
            ("watched", ["--tensorboard", "--trace", workspace("trace"), "--metrics-file", workspace("metrics")]),
        ] as [(String, [String])] {
            try await Launch.ranks(2).successfulTrainer(
                try await WatchedTraining.arguments(workspace(name), "--epochs", "3") + options)
        }
        let (alone, watched) = (
            try FinishedRun(folder: workspace("alone")), try FinishedRun(folder: workspace("watched"))
        )
        #expect(alone.digest == watched.digest && alone.metrics == watched.metrics)
        #expect(alone.findings == watched.findings && alone.model == watched.model)
    }
}
