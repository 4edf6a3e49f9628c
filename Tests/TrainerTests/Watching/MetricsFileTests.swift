import FileIO
import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// The file of `--metrics-file`.
@Suite struct MetricsFileTests {
    /// A value with its labels.
    private struct Sample: Hashable {
        let name: String
        let labels: [String: String]
    }

    /// Reads the text format of Prometheus, strictly: every metric has a help text and a type before its values, a name by
    /// the conventions, and no value is there twice.
    private static func read(_ text: String) throws -> [Sample: Double] {
        try #require(text.hasSuffix("\n") && !text.contains("\n\n"))
        var samples: [Sample: Double] = [:]
        var (helped, typed): (String?, String?)
        var seen: Set<String> = []
        for line in text.split(separator: "\n") {
            if let match = line.wholeMatch(of: /# HELP (facet_[a-z_]+) ([^ ].*)/) {
                let name = String(match.output.1)
                #expect(seen.insert(name).inserted, "\(name) is there twice")
                #expect(match.output.2.hasSuffix("."), "\(line)")
                helped = name
            } else if let match = line.wholeMatch(of: /# TYPE (facet_[a-z_]+) (gauge|counter)/) {
                #expect(String(match.output.1) == helped)
                #expect((match.output.2 == "counter") == match.output.1.hasSuffix("_total"), "\(line)")
                typed = helped
            } else {
                let match = try #require(
                    line.wholeMatch(of: /(facet_[a-z_]+)\{((?:[a-z_]+="(?:[^"\\]|\\["\\n])*",?)*)\} (\S+)/), "\(line)")
                let name = String(match.output.1)
                #expect(name == typed)
                let labels = match.output.2.matches(of: /([a-z_]+)="((?:[^"\\]|\\["\\n])*)"/).map { label in
                    let value = label.output.2.replacing("\\n", with: "\n").replacing("\\\"", with: "\"")
                    return (String(label.output.1), String(value.replacing("\\\\", with: "\\")))
                }
                let sample = Sample(name: name, labels: Dictionary(uniqueKeysWithValues: labels))
                let value = try #require(Double(match.output.3), "\(line)")
                #expect(samples.updateValue(value, forKey: sample) == nil, "\(line)")
            }
        }
        return samples
    }

    private static func value(_ name: String, in samples: [Sample: Double], _ labels: [String: String] = [:]) -> Double?
    {
        samples.first { sample, _ in
            sample.name == "facet_training_" + name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }?.value
    }

    private static func state(_ samples: [Sample: Double]) -> [String] {
        samples.filter { $0.key.name == "facet_training_state" && $0.value == 1 }.compactMap { $0.key.labels["state"] }
    }

    private static func content(_ file: String) throws -> [Sample: Double] {
        try read(try String(contentsOfFile: file, encoding: .utf8))
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `the file of a finished training has the numbers of its result`(launch: Launch) async throws {
        let workspace = try Workspace()
        // What would end a label, if it were not escaped.
        let out = workspace("a \"run\" \\ 1")
        let file = workspace("prom/run.prom")
        let before = Date().timeIntervalSince1970
        try await launch.successfulTrainer(
            try await WatchedTraining.arguments(out, "--epochs", "3", "--metrics-file", file))
        let samples = try Self.content(file)
        func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
            Self.value(name, in: samples, labels)
        }
        #expect(Self.state(samples) == ["finished"])
        #expect(samples.keys.allSatisfy { $0.labels["run"] == out })
        let line = try #require(try WatchedTraining.lines(out).last)
        let run = try FinishedRun(folder: out)
        #expect(value("info", ["model": "ComiRec", "dataset": FinishedRuns.dataset, "stage": ""]) == 1)
        #expect(value("ranks") == run.result["ranks"]?.double)
        #expect(value("epoch") == 3)
        #expect(value("steps_total") == line["step"]?.double)
        #expect(value("best_epoch") == run.result["best_epoch"]?.double)
        #expect(value("loss") == line["train_loss"]?.double)
        #expect(value("samples_per_second") == line["samples_per_second"]?.double)
        #expect(value("step_seconds_total") == run.result["train_seconds"]?.double)
        #expect(value("learning_rate") == line["learning_rate"]?.double)
        #expect(value("dev_metric_ratio", ["metric": "HR@10"]) == line["dev"]?["HR@10"]?.double)
        #expect(value("interest_entropy_ratio") == line["interests"]?["entropy"]?.double)
        #expect(value("interest_cosine") == line["interests"]?["cosine"]?.double)
        #expect(value("checkpoint_step") == line["step"]?.double)
        let now = Date().timeIntervalSince1970
        for name in ["checkpoint", "start", "update"] {
            #expect((before - 1...now).contains(value(name + "_timestamp_seconds") ?? 0), "\(name)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: workspace("prom")) == ["run.prom"])
    }

    @Test func `the file tells that a training is at work, and that it was stopped`() async throws {
        let workspace = try Workspace()
        let (out, file) = (workspace("run"), workspace("run.prom"))
        let arguments = try await WatchedTraining.arguments(out, "--epochs", "1000000", "--metrics-file", file)
        let job = RunningJob(.ranks(2), arguments, out: out)
        defer { job.end() }
        let isAtWork = try await job.wait {
            guard let samples = try? Self.content(file) else { return false }
            return ["training", "evaluating"].contains(Self.state(samples).first ?? "")
                && (Self.value("steps_total", in: samples) ?? 0) > 0
        }
        #expect(isAtWork)
        for rank in job.trainers { kill(rank, SIGTERM) }
        #expect(try await job.result.exitCode == 75)
        let samples = try Self.content(file)
        #expect(Self.state(samples) == ["stopped"])
        #expect(Self.value("checkpoint_step", in: samples) == Self.value("steps_total", in: samples))
    }

    @Test func `the file tells that a training has failed`() async throws {
        let workspace = try Workspace()
        let (out, file) = (workspace("run"), workspace("run.prom"))
        let result = try await Launch.ranks(2).trainer(
            try await WatchedTraining.arguments(out, "--epochs", "30", "--metrics-file", file, "--lr", "1e30"))
        #expect(result.exitCode == 70, "\(result.standardError)")
        #expect(Self.state(try Self.content(file)) == ["failed"])
    }

    @Test(arguments: ["--metrics-file", "--trace"])
    func `a file that holds something else is left as it is`(option: String) async throws {
        let workspace = try Workspace()
        let file = try workspace.write("notes.txt", "my notes\n")
        let out = workspace("run")
        try await expectRefusal(
            Refusal(64, naming: option, "notes.txt", "holds something else"), .ranks(2),
            try await WatchedTraining.arguments(out, "--epochs", "1", option, file))
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "my notes\n")
    }

    @Test func `one file for both is refused`() async throws {
        let workspace = try Workspace()
        let file = workspace("file")
        try await expectRefusal(
            Refusal(64, naming: "--metrics-file and --trace"), .alone,
            try await WatchedTraining.arguments(workspace("run"), "--metrics-file", file, "--trace", file))
    }
}
