import Foundation
import Testing
import Training

@Suite struct OptionTextTests {
    private func options(_ text: String) throws(OptionError) -> [String: String?] {
        let entries = try OptionText(parsing: Array(text.utf8)).entries
        return Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.value) })
    }

    @Test func `one option a line is read`() throws {
        let text = """
            \u{FEFF}---
            # a comment
              # and one behind spaces

            model: TiMiRec
            lr:   0.001\t# a comment
            out: runs/a#b:c  \r
            "data-root" : "a: b #c \\"\\\\\\/\\t\\x41\\u00e9\\U0001F600"
            dataset: 'it''s: "x" \\n'
            extractor:
            stage: null
            max-steps: ~
            name: ""
            l2: -0.5
            """
        let expected: [String: String?] = [
            "model": "TiMiRec", "lr": "0.001", "out": "runs/a#b:c", "data-root": "a: b #c \"\\/\tAé😀",
            "dataset": "it's: \"x\" \\n", "extractor": nil, "stage": nil, "max-steps": nil,
            "name": "", "l2": "-0.5",
        ]
        #expect(try options(text) == expected)
        #expect(try options("") == [:])
        #expect(try OptionText(parsing: Array("a: 1\n\n# x\nb: 2".utf8))["b"]?.line == 4)
    }

    @Test(arguments: [
        ("a: 1\nb: [1, 2]", 2), ("a: [1,\n2]", 1), ("a: {b: 1}", 1), ("a: &x 1", 1), ("a: *x", 1), ("a: !!int 1", 1),
        ("a: |\n  text", 1), ("a: >\n  text", 1), ("- a", 1), ("? a\n: b", 1), ("*a : 1", 1),
        ("%YAML 1.1\n---\na: 1", 1),
        ("a: @x", 1), ("a: `x`", 1), ("a: b: c", 1), ("a: b:", 1), ("a:1", 1), ("just text", 1), ("a: 1\n  b: 2", 2),
        ("a: 1\n\tb: 2", 2), ("a: 1\n---\nb: 2", 2), ("a: \"x", 1), ("a: 'x", 1), ("a: \"x\" y", 1), ("a: \"\\q\"", 1),
        ("a: \"\\u12\"", 1), ("a: \"\\ud800\"", 1), ("a: \"\\x00\"", 1), ("a: x\u{1}", 1), ("a: x\u{7F}", 1),
        (": 1", 1),
        ("a: 1\nb: 2\na: 3", 3), ("\"\": 1", 1), ("a: 1\n<<: *b", 2), ("a: -", 1), ("a: \"x\ny\"", 1),
    ])
    func `the rest of YAML is refused with its line`(text: String, line: Int) {
        let error = #expect(throws: OptionError.self) { try options(text) }
        #expect(error?.line == line, "\(String(describing: error))")
    }

    @Test func `what cannot be told from text is refused`() {
        for bytes: [UInt8] in [
            Array("a: ".utf8) + [0xFF], Array("a: \(String(repeating: "\u{301}", count: 31))".utf8),
            Array("a: \"\(String(repeating: "\\u0301", count: 31))\"".utf8), Array(repeating: 0x0A, count: 2_000_000),
        ] {
            #expect(throws: OptionError.self) { try OptionText(parsing: bytes) }
        }
    }

    @Test func `every value reads as what was written`() throws {
        let values = [
            "TiMiRec", "", "null", "~", "true", "5,10", "1e-3", ".5", "-", "- a", "---", "...", "a: b", "a #b", " a ",
            "'",
            "\"", "\\", "a\nb\r\tc\u{1B}\u{7F}\u{85}\u{2028}", "é😀", "[", "&a", "*a", "!", "%", "@", "`", "?", "=", ",",
            "|",
        ]
        let entries = values.enumerated().map { OptionText.Entry(name: "n\($0)", value: $1) }
        let text = try OptionText(entries + [.init(name: "absent", value: nil), .init(name: "a b:", value: "x")]).text
        let read = try OptionText(parsing: Array(text.utf8))
        #expect(read.entries.dropLast(2).map(\.value) == values)
        #expect(read["absent"]?.value == .some(nil) && read["a b:"]?.value == "x")
    }
}

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
