import FileIO
import Foundation
import Testing
import TrainerSupport

/// What `trainer forecast` prints and refuses.
@Suite struct ForecastCommandTests {
    private static let network = ["--link", "10gbit", "--latency", "20us"]

    @Test func `a calibration that was written is read, and forecasts more ranks than there are`() async throws {
        let workspace = try Workspace()
        let file = workspace("machine.json")
        let model = ["forecast", "--model", "ComiRec", "--embedding-size", "16", "--items", "2000", "--users", "500"]
        let written = try await Launch.ranks(2).successfulTrainer(
            model + ["--quiet", "--calibrate", file], timeout: .seconds(240))
        #expect(written.standardOutput == "")
        let question = model + ["--machine", file, "--ranks", "2,8,64", "--samples-per-rank", "8"] + Self.network
        let text = try await Launch.alone.successfulTrainer(question).standardOutput
        #expect(text.contains("a forecast, not a measurement") && text.contains("weak scaling"), "\(text)")
        let schedule = workspace("schedule")
        let json = try JSONValue(
            parsing: try await Launch.alone.successfulTrainer(
                question + ["--json", "--quiet", "--schedule", schedule]
            ).standardOutput)
        guard case .array(let points)? = json["points"] else {
            Issue.record("no points: \(json.compact)")
            return
        }
        #expect(points.map { $0["hosts"] } == [.integer(1), .integer(4), .integer(32)])
        #expect(points[0]["efficiency"]?.double == 1)
        for point in points { #expect(try #require(point["step_seconds"]?.double) > 0) }
        #expect(try String(contentsOfFile: schedule, encoding: .utf8).hasPrefix("step 2 1 direct "))
    }

    static let refusals: [(options: [String], message: String)] = [
        ([], "--ranks is missing"), (["--ranks", "4,x"], "--ranks"), (["--ranks", "0"], "--ranks is 0"),
        (["--ranks", "4", "--link", "fast"], "--link"), (["--ranks", "4", "--latency", "-1us"], "--latency"),
        (["--ranks", "4", "--host-memory", "64"], "--host-memory"),
        (["--ranks", "4", "--exchange-rounds", "some"], "--exchange-rounds"),
        (["--ranks", "4", "--table-sharding", "columns"], "--table-sharding"),
        (["--ranks", "4", "--hosts-per-rack", "16"], "--hosts-per-rack and --rack-link belong together"),
        (["--ranks", "4", "--hosts-per-rack", "0", "--rack-link", "1gbit"], "--hosts-per-rack is 0"),
        (["--ranks", "4", "--optimizer-sharding", "rows"], "--optimizer-sharding"),
        (["--ranks", "4", "--samples-per-rank", "8", "--batch-size", "64"], "choose one"),
        (["--ranks", "8", "--logical-shards", "4"], "8 ranks for 4 logical shards"),
        (["--ranks", "512", "--batch-size", "256"], "a batch of 256 samples for 512 logical shards"),
        (["--ranks", "4", "--hosts", "2", "--ranks-per-host", "2"], "--hosts and --ranks-per-host"),
        (["--ranks", "4", "--machine", "a", "--calibrate", "b"], "--machine reads what --calibrate writes"),
        (["--ranks", "4", "--model", "LightGCN"], "LightGCN propagates tables over a graph"),
        (
            ["--ranks", "4", "--table-sharding", "rows", "--loss", "full-softmax"],
            "the full softmax reads every row on every host"
        ),
    ]

    @Test(arguments: refusals)
    func `a wrong option is refused by name, before anything is measured`(
        options: [String], message: String
    ) async throws {
        let model = options.contains("--model") ? [] : ["--model", "ComiRec"]
        try await expectRefusal(Refusal(64, naming: message), .alone, ["forecast"] + model + options)
    }

    @Test func `a file that is no calibration is refused`() async throws {
        let workspace = try Workspace()
        try workspace.write("other.json", "{}")
        let options = ["forecast", "--model", "ComiRec", "--ranks", "4", "--machine"]
        try await expectRefusal(Refusal(65, naming: "no calibration"), .alone, options + [workspace("other.json")])
        try await expectRefusal(Refusal(74, naming: "nothing.json"), .alone, options + [workspace("nothing.json")])
    }

    @Test func `the help has the cluster, the catalogue, and an example`() async throws {
        let help = try await Launch.alone.successfulTrainer(["forecast", "--help"]).standardOutput
        for text in ["CLUSTER:", "--host-memory <size>", "--link <rate>", "--samples-per-rank", "--ranks 64,256,1024"] {
            #expect(help.contains(text), "\(text) is missing: \(help)")
        }
    }
}
