import FileSupport
import Foundation
import Testing
import Training

/// Files for which a reader of all of YAML needs for ever, or stops the program.
@Suite struct HostileConfigurationTests {
    private let folder: TemporaryFolder
    private let run: RunFolder

    init() throws {
        folder = try TemporaryFolder()
        run = RunFolder(folder.path)
    }

    private static let required = "model: ComiRec\ndata-root: d\ndataset: s\nout: o\n"

    /// Every line refers to the one before twice: the last one stands for 2^39 values.
    private static func doubling(_ first: String, _ line: (Int) -> String, _ last: String) -> String {
        first + (1..<40).map(line).joined() + last
    }

    static let hostile = [
        doubling("a0: &a0 [x, y]\n", { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }, "? *a39\n: 1\n"),
        doubling("a0: &a0 {k: v}\n", { "a\($0): &a\($0) {<<: [*a\($0 - 1), *a\($0 - 1)]}\n" }, "<<: *a39\n"),
        "a: " + String(repeating: "[", count: 100_000),
        required + "epochs: 999999999999999999:59:59\n",
        required + "epochs: 99999999999999999999\n",
        required + "epochs: 0x7fffffffffffffff\n",
        required + "epochs: '5'5\n",
        required + "add-pos: maybe\n",
        required + "lr: .nan\n",
        required + "topk: 5,,10\n",
        required + "measures: none,such\n",
        required + "embedding-size: -9223372036854775808\n",
        "model: a" + String(repeating: "\u{301}", count: 15_000) + String(repeating: "\u{323}", count: 15_000) + "\n",
        "\u{0}", "model: \"\u{1B}[2J\"\n",
    ]

    @Test(arguments: hostile.indices) func `a hostile configuration is refused at once`(index: Int) throws {
        try folder.write(Array(Self.hostile[index].utf8), to: "config.yaml")
        let error = #expect(throws: TrainingError.self) { try run.readConfiguration() }
        #expect(error?.kind == .data)
        #expect(error?.problem.unicodeScalars.allSatisfy { $0.value >= 0x20 } == true)
        #expect((error?.description.utf8.count ?? .max) < 2_000)
    }

    @Test func `numbers are decimal, as on the command line`() throws {
        try folder.write(
            Array((Self.required + "epochs: 010\nl2: 1.0e-06\nseed: 18446744073709551615\n").utf8), to: "config.yaml")
        let configuration = try run.readConfiguration()
        #expect(configuration.epochs == 10 && configuration.optimizer.l2 == 1e-6 && configuration.seed == .max)
    }

    @Test func `a named pipe is refused without waiting`() {
        #expect(mkfifo(folder.file("config.yaml"), 0o600) == 0)
        let error = #expect(throws: TrainingError.self) { try run.readConfiguration() }
        #expect(error?.problem.contains("it is not a regular file") == true)
    }
}
