import Foundation
import ProcessSupport

/// A page of the documentation or the help of a program, and its blocks of code.
struct DocumentationPage: Sendable, CustomStringConvertible {
    struct Block: Sendable {
        /// The line of its first line, from 1.
        let line: Int
        /// What stands behind the marks that open it; empty: commands for a shell.
        let language: String
        let text: String

        var isCommands: Bool { language.isEmpty || language == "sh" }
    }

    /// The path from the root of the repository, or the command that prints it.
    let name: String
    let blocks: [Block]
    /// What stands between single backticks.
    let spans: [String]

    var description: String { name }

    /// The root of the repository.
    static let root: String = {
        var package = URL(filePath: #filePath)
        for _ in 0..<4 { package.deleteLastPathComponent() }
        return package.path
    }()

    /// All pages of the repository, and the comments of files that say how they are used.
    static let all: [DocumentationPage] = files.filter { !$0.hasPrefix("Tests/") }.compactMap(read)

    /// The files of the repository that are pages, code or scripts, by their paths from its root.
    static let files: [String] = {
        var names = ["CHANGELOG.md", "CONTRIBUTING.md", "Package.swift", "README.md"]
        for folder in ["Sources", "Tests", "cluster", "scripts"] {
            for case let name as String in FileManager.default.enumerator(atPath: root + "/" + folder) ?? .init()
            where !name.contains(".build/") {
                names.append(folder + "/" + name)
            }
        }
        return names.sorted()
    }()

    /// The page in a file; nil where the file is none.
    private static func read(_ name: String) -> DocumentationPage? {
        let isPage = name.hasSuffix(".md") && name != "CHANGELOG.md"
        guard isPage || name.hasSuffix(".sbatch") || name.hasSuffix("Containerfile"),
            let text = try? String(contentsOfFile: root + "/" + name, encoding: .utf8)
        else { return nil }
        return isPage ? DocumentationPage(name, markdown: text) : DocumentationPage(name, comments: text)
    }

    /// The blocks between lines of three backticks.
    private init(_ name: String, markdown: String) {
        var blocks: [Block] = []
        var sentences = ""
        var open: (line: Int, language: String, lines: [Substring])?
        for (index, line) in markdown.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let mark = line.drop { $0 == " " }
            if mark.hasPrefix("```") {
                if let block = open {
                    let text = block.lines.joined(separator: "\n")
                    blocks.append(Block(line: block.line, language: block.language, text: text))
                    open = nil
                } else {
                    open = (index + 2, String(mark.dropFirst(3)), [])
                }
            } else if open == nil {
                sentences += line + "\n"
            } else {
                open?.lines.append(line)
            }
        }
        let spans = sentences.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter {
            $0.offset % 2 == 1
        }
        self.init(name: name, blocks: blocks, spans: spans.map { String($0.element) })
    }

    /// The commands in lines such as `# sbatch FILE OPTIONS`.
    private init(_ name: String, comments: String) {
        let blocks = comments.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
            index, line in
            line.wholeMatch(of: /# +((?:sbatch|podman) .+)/).map {
                Block(line: index + 1, language: "", text: String($0.1))
            }
        }
        self.init(name: name, blocks: blocks)
    }

    /// The commands, indented by two spaces, in what a program prints for `--help`, behind its first paragraph: that one is the usage.
    init(help: String, of name: String) {
        let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
        let start = lines.firstIndex { $0.isEmpty } ?? lines.endIndex
        var blocks: [Block] = []
        var continues = false
        for (index, line) in lines.enumerated().dropFirst(start) {
            if continues, let last = blocks.popLast() {
                blocks.append(Block(line: last.line, language: "", text: last.text + "\n" + line))
            } else if line.hasPrefix("  "), !line.hasPrefix("   "), Self.beginsWithProgram(line) {
                blocks.append(Block(line: index + 1, language: "", text: String(line)))
            } else {
                continue
            }
            continues = line.hasSuffix("\\")
        }
        self.init(name: name, blocks: blocks)
    }

    private init(name: String, blocks: [Block], spans: [String] = []) {
        self.name = name
        self.blocks = blocks
        self.spans = spans
    }

    /// Whether a line begins with a program that pages name, perhaps behind variables.
    static func beginsWithProgram(_ line: some StringProtocol) -> Bool {
        String(line).prefixMatch(
            of:
                /\s*(?:\$ )?(?:[A-Z_]+=\S+ )*(?:trainer|mpirun|sbatch|srun|podman|kubectl|swift|python3?|(?:\.\/)?(?:scripts|cluster|\.build|peers)\/\S+)(?: |$)/
        ) != nil
    }
}
