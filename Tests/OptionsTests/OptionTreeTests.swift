import Options
import Testing

@Suite struct OptionTreeTests {
    private func tree(_ text: String) throws(OptionError) -> OptionTree { try OptionTree(parsing: Array(text.utf8)) }

    /// The tree in one line: groups in braces, lists in brackets, nothing as a dash.
    private func spelled(_ tree: OptionTree) -> String {
        switch tree.content {
        case .scalar(let text): text ?? "-"
        case .list(let elements): "[" + elements.map(spelled).joined(separator: "|") + "]"
        case .group(let members): "{" + members.map { "\($0.name)=\(spelled($0.tree))" }.joined(separator: "|") + "}"
        }
    }

    @Test func `groups and lists are read on one line and on several`() throws {
        let text = """
            \u{FEFF}---
            # a comment
            method: halving      # and one behind a value
            epochs: {first: 2, factor: 3,most: 54}
            fixed:
              model: "SASRec"
              topk: [5, 10]   # a list
              note: 'it''s, [a] {b}'
              empty:
              none: null
            search:
                lr: {log-uniform: [1e-4, 1e-2]}
                layers:
                - 1
                -   2
                sizes:
                  - [5, 10]
                  - "a: b"
            list: []
            group: {}
            last: a,b {c}
            """
        #expect(
            spelled(try tree(text)) == "{method=halving|epochs={first=2|factor=3|most=54}|"
                + "fixed={model=SASRec|topk=[5|10]|note=it's, [a] {b}|empty=-|none=-}|"
                + "search={lr={log-uniform=[1e-4|1e-2]}|layers=[1|2]|sizes=[[5|10]|a: b]}|"
                + "list=[]|group={}|last=a,b {c}}")
        let read = try tree(text)
        #expect(read["search"]?["lr"]?.line == 12 && read["fixed"]?["topk"]?.optionText == "5,10")
        #expect(read.members?.last?.line == 21 && read["search"]?["layers"]?.elements?.last?.line == 15)
        #expect(spelled(try tree("")) == "{}")
        #expect(spelled(try tree("# nothing\n")) == "{}")
    }

    @Test(arguments: [
        ("a: 1\na: 2", 2), ("a: [1, 2", 1), ("a: [1,\n2]", 1), ("a: {b: 1", 1), ("a: {b: 1, b: 2}", 1), ("a: [1] x", 1),
        ("a: [1, , 2]", 1), ("a: {b}", 1), ("a:1", 1), (": 1", 1), ("a", 1), ("- a", 1), ("  a: 1", 1),
        ("a:\n\tb: 1", 2),
        ("a:\n  b: 1\n    c: 2", 3), ("a: 1\n  b: 2", 2), ("a:\n  - 1\n  b: 2", 3), ("a:\n  b: 1\n  - 2", 3),
        ("a:\n  -\n", 2), ("a: &x 1", 1), ("a: *x", 1), ("a: !!int 1", 1), ("a: |\n  x", 1), ("a: x: y", 1),
        ("a: \"x", 1), ("a: [\"x]", 1), ("a: x\u{1}", 1), ("? a\n: b", 1), ("a: {b: 1}}", 1), ("a: ]", 1),
        ("a: [[[[[[[[[1]]]]]]]]]", 1), ("a:\n b:\n  c:\n   d:\n    e:\n     f:\n      g:\n       h:\n        i: 1", 9),
        ("a: 1\n---\nb: 2", 2), ("%YAML 1.1\n---\na: 1", 1),
    ])
    func `everything else is refused with its line`(text: String, line: Int) {
        let error = #expect(throws: OptionError.self) { try tree(text) }
        #expect(error?.line == line, "\(String(describing: error))")
    }

    @Test func `a file of options reads as the group of its options`() throws {
        let text = "model: TiMiRec\nlr: 0.001  # usual\nout: \"a: b\"\nextractor:\nstage: null\n"
        let options = try OptionText(parsing: Array(text.utf8))
        let members = try #require(try tree(text).members)
        #expect(members.map(\.name) == options.entries.map(\.name))
        #expect(members.map(\.tree.text) == options.entries.map(\.value))
        #expect(members.map(\.line) == options.entries.map(\.line))
    }
}
