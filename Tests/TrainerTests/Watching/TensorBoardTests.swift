import FileIO
import Foundation
import ModelFiles
import ProcessSupport
import Testing
import TrainerSupport

/// The event files of `--tensorboard`.
@Suite struct TensorBoardTests {
    /// The numbers of a line of `metrics.jsonl`, by the tags that they have.
    private static func scalars(_ line: JSONValue) -> [String: Float] {
        func members(_ key: String, _ group: String) -> [(String, Float)] {
            guard case .object(let members)? = line[key] else { return [] }
            return members.compactMap { member in member.value.double.map { (group + member.key, Float($0)) } }
        }
        var result: [String: Float] = [:]
        for (key, tag) in [
            ("train_loss", "loss/train"), ("learning_rate", "learning_rate"), ("seconds", "seconds"),
            ("samples_per_second", "samples_per_second"),
        ] {
            result[tag] = line[key]?.double.map { Float($0) }
        }
        for (tag, value) in members("dev", "dev/") + members("phase_seconds", "phase_seconds/") { result[tag] = value }
        for key in ["entropy", "cosine"] {
            result["interests/" + key] = line["interests"]?[key]?.double.map { Float($0) }
        }
        if case .array(let shares)? = line["interests"]?["shares"] {
            for (index, share) in shares.enumerated() {
                result["interests/share_\(index + 1)"] = share.double.map { Float($0) }
            }
        }
        return result
    }

    private static func isOfParameters(_ tag: String) -> Bool {
        tag.hasPrefix("parameter_norm/") || tag.hasPrefix("gradient_norm/")
    }

    /// Expects the events to be those of the lines, with the numbers of these.
    private static func expect(_ events: [EventFileReader.Event], of out: String) throws {
        let lines = try WatchedTraining.lines(out)
        #expect(events.map(\.step) == lines.map { $0["step"]?.double.map { Int($0) } })
        for (event, line) in zip(events, lines) {
            #expect(event.scalars.filter { !isOfParameters($0.key) } == scalars(line))
            #expect(event.valueCount == event.scalars.count + event.histograms.count, "no tag is there twice")
        }
    }

    @Test(arguments: [Launch.alone, .ranks(2)])
    func `an epoch is an event with the numbers of its line in metrics.jsonl`(launch: Launch) async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        try await launch.successfulTrainer(try await WatchedTraining.arguments(out, "--epochs", "3", "--tensorboard"))
        let files = try EventFileReader.files(in: out + "/tensorboard")
        #expect(files.count == 1 && files[0].first?.version == "brain.Event:2" && files[0].count == 4)
        let events = try EventFileReader.summaries(in: out + "/tensorboard")
        try Self.expect(events, of: out)
        for tag in ["dev/NDCG@5", "interests/share_3", "interests/cosine", "phase_seconds/forward"] {
            #expect(events.allSatisfy { $0.scalars[tag] != nil }, "\(tag)")
        }
        let now = Date().timeIntervalSince1970
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.wallTime <= $1.wallTime })
        #expect(events.allSatisfy { (now - 600...now).contains($0.wallTime) })
    }

    @Test func `norms and histograms are those of the parameters and of the second moments of Adam`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        try await Launch.ranks(2).successfulTrainer(
            try await WatchedTraining.arguments(out, "--epochs", "2", "--l2", "1e-4", "--tensorboard"))
        let event = try #require(try EventFileReader.summaries(in: out + "/tensorboard").last)
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: out + "/checkpoints").max())
        let checkpoint = try SafetensorsFile(path: out + "/checkpoints/" + name)
        let parameters = checkpoint.names.filter { $0.hasPrefix("parameters.") }
        #expect(!parameters.isEmpty && event.histograms.count == parameters.count)
        for tensor in parameters {
            let name = String(tensor.dropFirst("parameters.".count))
            let values = try checkpoint.floats(tensor).map(Double.init)
            let squares = values.reduce(0) { $0 + $1 * $1 }
            let norm = Double(event.scalars["parameter_norm/" + name] ?? .nan)
            #expect(abs(norm - squares.squareRoot()) <= 1e-5 * norm, "\(name)")
            let second = try checkpoint.floats("second." + name).reduce(0.0) { $0 + Double($1) }
            let expected = (second / (1 - pow(0.999, Double(event.step)))).squareRoot()
            let gradient = Double(event.scalars["gradient_norm/" + name] ?? .nan)
            #expect(expected > 0 && abs(gradient - expected) <= 1e-4 * expected, "\(name) \(gradient) \(expected)")
            let histogram = try #require(event.histograms["parameters/" + name])
            // Of a table the row 0 is padding, and not counted.
            let counted = values.prefix(8).allSatisfy { $0 == 0 } ? Array(values.dropFirst(8)) : values
            #expect(histogram.count == Double(counted.count), "\(name)")
            #expect(histogram.counts.reduce(0, +) == histogram.count)
            #expect(histogram.limits.count == histogram.counts.count && histogram.limits.last == histogram.maximum)
            #expect(histogram.minimum == counted.min() && histogram.maximum == counted.max(), "\(name)")
            #expect(abs(histogram.sumOfSquares - squares) <= 1e-5 * squares)
            #expect(abs(histogram.sum - counted.reduce(0, +)) <= 1e-4 * counted.reduce(0) { $0 + abs($1) })
            var lower = -Double.infinity
            for (limit, count) in zip(histogram.limits, histogram.counts) {
                // Those on a border may be rounded to either side of it.
                let width = (histogram.maximum - histogram.minimum) * 1e-5
                let most = counted.count { $0 >= lower - width && $0 <= limit + width }
                let least = counted.count { $0 > lower + width && $0 < limit - width }
                #expect((Double(least)...Double(most)).contains(count), "\(name) up to \(limit)")
                lower = limit
            }
        }
    }

    @Test(arguments: [[], ["--tensorboard"]])
    func `a killed training that goes on has every epoch once`(before: [String]) async throws {
        let workspace = try Workspace()
        let (out, reference) = (workspace("run"), workspace("reference"))
        let length = ["--epochs", "300", "--quiet"]
        try await Launch.alone.successfulTrainer(
            try await WatchedTraining.arguments(reference, "--tensorboard") + length)
        for options in [before, ["--tensorboard"]] {
            // The first checkpoint comes early and the next one never: what is lost are whole epochs.
            let arguments = try await WatchedTraining.arguments(out, "--resume", "--checkpoint-every", "100000")
            let job = RunningJob(.ranks(2), arguments + length + options, out: out)
            defer { job.end() }
            let known = WatchedTraining.eventFiles(out).count
            let isKilled = await job.kill {
                (options.isEmpty || WatchedTraining.eventFiles(out).count > known) && WatchedTraining.epochs(out) > 4
            }
            try #require(isKilled)
            _ = try await job.result
        }
        try await Launch.ranks(3).successfulTrainer(
            try await WatchedTraining.arguments(out, "--resume", "--tensorboard") + length)
        let events = try EventFileReader.summaries(in: out + "/tensorboard")
        try Self.expect(events, of: out)
        for (event, whole) in zip(events, try EventFileReader.summaries(in: reference + "/tensorboard")) {
            // What was trained without the option has the numbers of the log alone.
            let isComplete = !event.histograms.isEmpty || before == ["--tensorboard"]
            func found(_ event: EventFileReader.Event) -> [String: Float] {
                event.scalars.filter { !$0.key.contains("second") && (isComplete || !Self.isOfParameters($0.key)) }
            }
            #expect(found(event) == found(whole))
            if isComplete { #expect(event.histograms == whole.histograms) }
        }
    }

    @Test func `a record that is cut off or broken is written again, without its histograms`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        func train(_ epochs: Int, _ more: String...) async throws {
            try await Launch.alone.successfulTrainer(
                try await WatchedTraining.arguments(out, "--epochs", "\(epochs)", "--tensorboard") + more)
            let events = try EventFileReader.summaries(in: out + "/tensorboard")
            try Self.expect(events, of: out)
            #expect(events.count == epochs)
        }
        func damage(_ change: (Data) -> Data) throws {
            let file = URL(filePath: try #require(WatchedTraining.eventFiles(out).last))
            try change(try Data(contentsOf: file)).write(to: file)
        }
        try await train(3)
        try damage { $0.dropLast(5) }
        try await train(4, "--resume", "--extend")
        let withHistograms = try EventFileReader.summaries(in: out + "/tensorboard").map { !$0.histograms.isEmpty }
        #expect(withHistograms == [true, true, false, true])
        let starts = try EventFileReader.files(in: out + "/tensorboard").map { $0.compactMap(\.status) }
        #expect(starts == [[], [1]], "readers are told that the training went on")
        try damage { data in
            var damaged = data
            damaged[damaged.count / 2] ^= 1
            return damaged
        }
        try await train(5, "--resume", "--extend")
        try damage { _ in Data() }
        try await train(6, "--resume", "--extend")
    }

    @Test func `each stage has its own event files, and a new training leaves none of the one before`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        func train(_ more: String...) async throws {
            try await Launch.alone.successfulTrainer(
                try await WatchedTraining.arguments(out, model: "TiMiRec", "--epochs", "2") + more)
        }
        try await train("--tensorboard", "--stage", "pretrain")
        try await train("--tensorboard", "--stage", "finetune")
        for folder in [out, out + "/pretrain"] {
            try Self.expect(try EventFileReader.summaries(in: folder + "/tensorboard"), of: folder)
        }
        try await train("--overwrite")
        #expect(WatchedTraining.eventFiles(out).isEmpty && WatchedTraining.eventFiles(out + "/pretrain").isEmpty)
    }

    private static let python = ProcessInfo.processInfo.environment["FACET_PYTHON"] ?? "python3"

    private static let hasTensorBoard: Bool = {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [python, "-c", "import tensorboard"]
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    /// Prints tag, step and value of all scalars, and the number of histograms.
    private static let script = """
        import sys
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "histograms": 0})
        events.Reload()
        for tag in events.Tags()["scalars"]:
            for event in events.Scalars(tag):
                print(tag, event.step, repr(event.value), sep="\\t")
        print("histograms", sum(len(events.Histograms(tag)) for tag in events.Tags()["histograms"]), sep="\\t")
        """

    @Test(
        .enabled(
            if: hasTensorBoard,
            "\(python) has no tensorboard: pip install it, and name the interpreter with FACET_PYTHON"))
    func `TensorBoard reads the numbers of metrics.jsonl, each once, of a training that was killed too`() async throws {
        let workspace = try Workspace()
        let out = workspace("run")
        let length = ["--epochs", "300", "--quiet", "--tensorboard"]
        for _ in 0..<2 {
            let arguments = try await WatchedTraining.arguments(out, "--resume", "--checkpoint-every", "40")
            let job = RunningJob(.ranks(2), arguments + length, out: out)
            defer { job.end() }
            let known = WatchedTraining.eventFiles(out).count
            let isKilled = await job.kill {
                WatchedTraining.eventFiles(out).count > known && WatchedTraining.epochs(out) > 4
            }
            try #require(isKilled)
            _ = try await job.result
        }
        try await Launch.alone.successfulTrainer(try await WatchedTraining.arguments(out, "--resume") + length)
        let script = try workspace.write("read.py", Self.script)
        let result = try await run(
            product: "/usr/bin/env", arguments: [Self.python, script, out + "/tensorboard"], timeout: .seconds(120))
        try #require(result.exitCode == 0, "\(result.standardError)")
        let lines = result.standardOutput.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
        var read: [String: [[String]]] = [:]
        for line in lines where line.count == 3 { read[line[0], default: []].append(Array(line[1...])) }
        let logged = try WatchedTraining.lines(out)
        for tag in Self.scalars(try #require(logged.first)).keys {
            let values = (read[tag] ?? []).map { [Double($0[0]), Double($0[1])] }
            let expected = logged.map { [$0["step"]?.double, Self.scalars($0)[tag].map(Double.init)] }
            #expect(values == expected, "\(tag)")
        }
        let histograms = try EventFileReader.summaries(in: out + "/tensorboard").map(\.histograms.count).reduce(0, +)
        #expect(lines.last == ["histograms", "\(histograms)"] && histograms > 300)
    }
}
