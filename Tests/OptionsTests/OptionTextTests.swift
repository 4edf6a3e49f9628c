import Options
import Testing

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
        let nulls = try OptionText(parsing: Array(text.utf8)).entries.filter(\.isNull).map(\.name)
        #expect(nulls == ["stage", "max-steps"], "nothing is not null")
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
        ("a: 1\nb: 2\na: 3", 3), ("\"\": 1", 1), ("a: 1\n<<: *b", 2), ("\u{301}a: 1", 1), ("a b: 1", 1),
        ("\"a\\u0301\": 1", 1), ("a: -", 1), ("a: \"x\ny\"", 1),
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
        let text = try OptionText(entries + [.init(name: "absent", value: nil)]).text
        let read = try OptionText(parsing: Array(text.utf8))
        #expect(read.entries.dropLast().map(\.value) == values)
        #expect(read["absent"]?.value == .some(nil))
    }
}
