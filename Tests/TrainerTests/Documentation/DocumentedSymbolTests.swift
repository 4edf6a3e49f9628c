import Foundation
import Testing

/// Pages name what the sources declare.
@Suite struct DocumentedSymbolTests {
    /// Names of other programs and of examples, which look like ours.
    private static let ofOtherPrograms: Set<String> = [
        "DataLoader", "DistributedDataParallel", "GradStore", "JobRequeue", "KillWait", "LastItem", "RequeueExit",
        "SlurmdTimeout", "VarBuilder", "VarMap",
    ]

    @Test func `every link to a symbol names a declaration`() throws {
        let declared = Sources.declared
        try #require(declared.count > 1000)
        for page in try Self.pages() {
            for link in page.text.matches(of: /``([^`\n]+)``/) {
                let last = link.output.1.split(separator: "/").last ?? ""
                let name = String(last.prefix { $0 != "(" && $0 != "-" })
                #expect(name == "init" || declared.contains(name), "\(page.name) links to \(link.output.1)")
            }
        }
    }

    @Test func `every type and function that a page names is in the sources`() throws {
        let words = Sources.words
        for page in try Self.pages() {
            let text = page.text.replacing(/``[^`\n]+``/, with: "")
            for code in text.matches(of: /`([^`\n]+)`/) {
                let name = String(code.output.1)
                let isType = name.wholeMatch(of: /[A-Z][a-z]\w*[A-Z]\w*(\.\w+)?(\([\w:]*\))?/) != nil
                let isFunction = name.wholeMatch(of: /[a-z]\w+\((\w+:)*\)/) != nil
                guard isType || isFunction, !name.hasSuffix(".md") else { continue }
                for part in name.prefix(while: { $0 != "(" }).split(separator: ".") {
                    let isKnown = words.contains(String(part)) || Self.ofOtherPrograms.contains(String(part))
                    #expect(isKnown, "\(page.name) names \(name)")
                }
            }
        }
    }

    /// The pages without their blocks of code. What changed in earlier versions may name what is gone.
    private static func pages() throws -> [(name: String, text: String)] {
        let names = DocumentationPage.files.filter { $0.hasSuffix(".md") && !$0.hasSuffix("CHANGELOG.md") }
        return try names.map { name in
            let text = try String(contentsOfFile: DocumentationPage.root + "/" + name, encoding: .utf8)
            return (name, text.replacing(/(?s)```.*?```/, with: ""))
        }
    }
}

/// The code of the package, without comments.
private enum Sources {
    private static let code: String = {
        let files = DocumentationPage.files.filter { name in
            (name.hasPrefix("Sources/") || name.hasPrefix("Tests/") || name == "Package.swift")
                && [".swift", ".h", ".c"].contains { name.hasSuffix($0) }
        }
        return files.compactMap { try? String(contentsOfFile: DocumentationPage.root + "/" + $0, encoding: .utf8) }
            .joined(separator: "\n").replacing(/\/\/[^\n]*/, with: "")
    }()

    static let words = Set(code.matches(of: /\w+/).map { String($0.output) })

    /// Names of declarations and of modules.
    static let declared: Set<String> = {
        let pattern = /\b(?:func|var|let|struct|enum|class|protocol|typealias|actor|associatedtype)\s+`?(\w+)/
        var names = Set(code.matches(of: pattern).map { String($0.output.1) })
        for line in code.matches(of: /\bcase\s+([^\n:{]+)/) {
            for word in line.output.1.matches(of: /\w+/) { names.insert(String(word.output)) }
        }
        let modules = try? FileManager.default.contentsOfDirectory(atPath: DocumentationPage.root + "/Sources")
        return names.union(modules ?? [])
    }()
}
