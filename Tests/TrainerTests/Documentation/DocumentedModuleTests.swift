import Foundation
import Testing

/// The map of the modules is true.
@Suite struct DocumentedModuleTests {
    @Test func `the table of imports names what the sources import`() throws {
        let page = try String(contentsOfFile: DocumentationPage.root + "/Sources/README.md", encoding: .utf8)
        let start = try #require(page.range(of: "The complete list of imports:")).upperBound
        let end = try #require(page.range(of: "## What belongs where")).lowerBound
        let rows = page[start..<end].matches(of: /(?m)^\| `(\w+)` \| ([^|]*) \| ([^|]*) \|$/)
        let modules = Set(rows.map { String($0.output.1) })
        try #require(modules.count > 10)
        for row in rows {
            let module = String(row.output.1)
            let imports = try Self.imports(of: module)
            let documented = Set(row.output.2.matches(of: /`(\w+)`/).map { String($0.output.1) })
            #expect(documented == imports.filter { modules.contains($0) || Self.isSystemModule($0) }, "\(module)")
            let others = Set(
                row.output.3.replacing("no Foundation", with: "").split { ", ".contains($0) }.map(String.init))
            #expect(others == imports.subtracting(documented).subtracting(["Glibc", "Synchronization"]), "\(module)")
        }
    }

    @Test func `the table of imports has all modules of Swift code`() throws {
        let page = try String(contentsOfFile: DocumentationPage.root + "/Sources/README.md", encoding: .utf8)
        for module in try FileManager.default.contentsOfDirectory(atPath: DocumentationPage.root + "/Sources")
        where module != "Examples" && !Self.isSystemModule(module) && !module.hasSuffix(".md") {
            #expect(page.contains("\n| `\(module)` | "), "\(module)")
        }
    }

    /// Modules of C code, such as `CVector`.
    private static func isSystemModule(_ name: String) -> Bool { name.wholeMatch(of: /C[A-Z]\w*/) != nil }

    private static func imports(of module: String) throws -> Set<String> {
        let files = DocumentationPage.files.filter { $0.hasPrefix("Sources/\(module)/") && $0.hasSuffix(".swift") }
        return try files.reduce(into: []) { imports, file in
            let code = try String(contentsOfFile: DocumentationPage.root + "/" + file, encoding: .utf8)
            for line in code.matches(of: /(?m)^(?:\w+ )?import (\w+)$/) { imports.insert(String(line.output.1)) }
        }
    }
}
