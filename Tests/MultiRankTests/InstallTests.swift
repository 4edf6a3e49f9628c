import Foundation
import ProcessSupport
import Testing
import TrainerSupport

/// `scripts/install`: what it installs works, and is gone without a trace when it is uninstalled.
@Suite struct InstallTests {
    private static let scripts = URL(filePath: Lab.cluster).deletingLastPathComponent().appending(path: "scripts").path

    private func install(_ arguments: String..., environment: [String: String] = [:]) async throws -> ProgramResult {
        try await run(product: Self.scripts + "/install", arguments: arguments, environment: environment)
    }

    @Test func `program, completions and manual pages are installed, and uninstalled with their folders`() async throws
    {
        let workspace = try Workspace()
        let trainer = try path(ofProduct: "trainer")
        try workspace.write("prefix/share/man/man1/other.1", "another program's")
        let before = files(below: workspace("prefix"))
        for _ in 0..<2 {
            let result = try await install("--prefix", workspace("prefix"), "--binary", trainer)
            #expect(result.exitCode == 0, "\(result.standardError)")
        }
        let installed = files(below: workspace("prefix"))
        for name in [
            "bin/trainer", "share/bash-completion/completions/trainer", "share/zsh/site-functions/_trainer",
            "share/fish/vendor_completions.d/trainer.fish", "share/man/man1/trainer.1.gz",
            "share/man/man1/trainer-train.1.gz", "share/man/man1/trainer-data-convert.1.gz", "share/trainer/installed",
        ] {
            #expect(installed[name]?.isEmpty == false, "\(name)")
        }
        #expect(!installed.keys.contains { $0.hasSuffix(".new") })
        let version = try await run(product: workspace("prefix/bin/trainer"), arguments: ["--version"])
        #expect(version.exitCode == 0 && version.standardOutput.hasPrefix("trainer "))
        // As a shell has it when somebody types `trainer tr` and TAB.
        let completion = try await run(
            product: "/bin/bash",
            arguments: [
                "-c", "source \(workspace("prefix/share/bash-completion/completions/trainer")); complete -p trainer",
            ])
        #expect(completion.exitCode == 0 && completion.standardOutput.contains("-F _trainer"), "\(completion)")

        let removed = try await install("--prefix", workspace("prefix"), "--uninstall")
        #expect(removed.exitCode == 0, "\(removed.standardError)")
        #expect(files(below: workspace("prefix")) == before)
        let again = try await install("--prefix", workspace("prefix"), "--uninstall")
        #expect(again.exitCode == 65 && again.standardError.contains("there is no trainer"))
    }

    @Test func `a prefix that was not there is gone afterwards`() async throws {
        let workspace = try Workspace()
        let trainer = try path(ofProduct: "trainer")
        let result = try await install(
            "--prefix", "/opt/facet", "--binary", trainer, environment: ["DESTDIR": workspace("stage")])
        #expect(result.exitCode == 0, "\(result.standardError)")
        #expect(FileManager.default.isExecutableFile(atPath: workspace("stage/opt/facet/bin/trainer")))
        let removed = try await install(
            "--prefix", "/opt/facet", "--uninstall", environment: ["DESTDIR": workspace("stage")])
        #expect(removed.exitCode == 0, "\(removed.standardError)")
        #expect(files(below: workspace("stage/opt/facet")).isEmpty)
        #expect(!FileManager.default.fileExists(atPath: workspace("stage/opt/facet/bin")))
    }

    @Test func `a list that somebody has changed removes nothing outside of the prefix`() async throws {
        let workspace = try Workspace()
        try workspace.write("mine", "mine")
        try workspace.write("prefix/share/trainer/installed", "file ../mine\nfile \(workspace("mine"))\nfolder ..\n")
        let removed = try await install("--prefix", workspace("prefix"), "--uninstall")
        #expect(removed.exitCode == 0, "\(removed.standardError)")
        #expect(FileManager.default.fileExists(atPath: workspace("mine")))
    }

    @Test(arguments: [
        ["--prefix"], ["--binary", "/no/such/program"], ["--uninstall", "--binary", "/bin/true"], ["--x"],
    ])
    func `wrong usage is refused before anything is built`(arguments: [String]) async throws {
        let result = try await run(product: Self.scripts + "/install", arguments: arguments)
        #expect(result.exitCode == 64 && result.standardError.contains("usage: scripts/install"))
    }

    private static let mandoc = ["/usr/bin/mandoc"].first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(.enabled(if: mandoc != nil, "there is no mandoc: apt-get install mandoc"))
    func `the manual pages have no mistakes and name every option`() async throws {
        let workspace = try Workspace()
        let listed = try await Launch.alone.successfulTrainer(["--generate-manual", workspace("pages")])
        let names = listed.standardOutput.split(separator: "\n").map(String.init)
        #expect(Set(names) == Set(files(below: workspace("pages")).keys) && names.contains("trainer-train.1"))
        let lint = try await run(
            product: try #require(Self.mandoc),
            arguments: ["-T", "lint", "-W", "warning"] + names.map { workspace("pages/" + $0) })
        #expect(lint.exitCode == 0, "\(lint.standardOutput)")
        let page = try await run(
            product: try #require(Self.mandoc), arguments: ["-T", "ascii", workspace("pages/trainer-train.1")])
        let text = page.standardOutput.replacing(/.\u{8}/, with: "")
        for option in ["--model", "--lr", "--importance", "--temp", "--resume", "--json"] {
            #expect(text.contains(option), "\(option)")
        }
    }

    @Test func `the launcher of the package refuses a build that there is not`() async throws {
        let launcher = URL(filePath: Self.scripts).deletingLastPathComponent().appending(
            path: "packaging/debian/trainer")
        let result = try await run(product: launcher.path, environment: ["FACET_INSTRUCTION_SET": "../x"])
        #expect(result.exitCode == 64 && result.errorLines.count == 1)
    }
}
