import Foundation
import Options
import ProcessSupport
import Recommenders
import Testing
import TrainerSupport
import Training

/// What pages and help texts tell to type is typed, as it is printed, in a copy of the repository.
///
/// A code block without a language, or with `sh`, holds commands; blocks of anything else say of what. Trainings end
/// after two steps, and data sets are small; programs that cannot be run are those of ``DocumentationStage/standIns``.
@Suite struct DocumentedCommandTests {
    private static let pages = DocumentationPage.all.filter { $0.blocks.contains(where: \.isCommands) }

    /// The first lines of the README put the trainer into the path of a shell; all pages count on that.
    private static let preparation = DocumentationPage.all.filter { $0.name == "README.md" }.flatMap(\.blocks).flatMap {
        $0.text.split(separator: "\n").filter { $0.hasPrefix("export PATH=") }
    }.joined(separator: "\n")

    @Test(arguments: pages) func `the commands of a page run as they are printed`(_ page: DocumentationPage)
        async throws
    {
        try await expectToRun(page)
    }

    static let helps = [
        ["trainer"], ["trainer", "train"], ["trainer", "evaluate"], ["trainer", "recommend"], ["trainer", "similar"],
        ["trainer", "export"], ["trainer", "search"], ["trainer", "compare"], ["trainer", "report"],
        ["trainer", "benchmark"], ["trainer", "forecast"],
        ["trainer", "data", "generate"], ["trainer", "data", "convert"], ["trainer", "data", "inspect"],
        ["cluster/run-with-restarts"], ["cluster/hosts/train"], ["cluster/hosts/lab"],
        ["cluster/forecast/simulate"], ["cluster/slurm/lab"], ["cluster/container/root"], ["scripts/bench"],
        ["scripts/compare-builds"],
        ["scripts/fetch-data"], ["scripts/forecast-check"], ["scripts/fuzz"], ["scripts/growth"],
        ["scripts/install"], ["scripts/package"],
        ["scripts/quickstart"],
        ["scripts/reproduce"], ["scripts/scaling"], ["scripts/setup"], ["scripts/test"],
    ]

    @Test(arguments: helps) func `the examples of a help text run as they are printed`(_ command: [String]) async throws
    {
        let program = command[0] == "trainer" ? command[0] : DocumentationPage.root + "/" + command[0]
        let help = try await run(product: program, arguments: command.dropFirst() + ["--help"])
        #expect(help.exitCode == 0 && !help.standardOutput.isEmpty, "\(command): \(help.standardError)")
        try await expectToRun(
            DocumentationPage(help: help.standardOutput, of: command.joined(separator: " ") + " --help"))
    }

    @Test func `train and evaluate show an example and the standard data root`() async throws {
        for command in ["train", "evaluate"] {
            let help = try await Launch.alone.successfulTrainer([command, "--help"]).standardOutput
            #expect(!DocumentationPage(help: help, of: command).blocks.isEmpty, "\(command)")
            #expect(help.contains("Folder of data sets. (default: data"), "\(help)")
        }
    }

    private func expectToRun(_ page: DocumentationPage) async throws {
        var script = page.name == "README.md" ? "" : Self.preparation + "\n"
        for block in page.blocks where block.isCommands {
            let isOfLab = block.text.contains("hosts/lab ")
            let canRun = isOfLab ? try await DocumentationStage.hasLab.value : true
            guard canRun, !DocumentationStage.notRun.keys.contains(where: block.text.contains) else {
                let check = try await run(product: "/bin/bash", arguments: ["-n", "-c", block.text])
                #expect(check.exitCode == 0, "\(page):\(block.line): \(check.standardError)")
                continue
            }
            script += "echo '--- \(page):\(block.line)' >&2\n" + block.text + "\n"
        }
        let result = try await DocumentationStage(for: page).run(script)
        #expect(
            result.exitCode == 0 && !result.timedOut,
            """
            \(page) ended with \(result.exitCode), in the block whose name is the last one here:
            \(result.standardError.suffix(3_000))
            (a block that holds no commands says what it holds: ```text)
            """)
    }

    @Test func `a block of text is no command, and a language is one that pages have`() {
        for page in DocumentationPage.all {
            for block in page.blocks {
                #expect(
                    ["", "sh", "text", "swift", "json", "python"].contains(block.language), "\(page):\(block.line)")
                guard block.language == "text" else { continue }
                for line in block.text.split(separator: "\n") {
                    #expect(!DocumentationPage.beginsWithProgram(line), "\(page):\(block.line): \(line) is not run")
                }
            }
        }
    }

    /// Options of other programs in the sentences of pages.
    private static let optionsOfOthers: Set = [
        "--build-arg", "--collector", "--output-filename", "--oversubscribe", "--shm-size", "--tag-output",
    ]

    @Test func `an option in a sentence of a page is one that there is`() async throws {
        func options(_ text: String) -> Set<String> {
            Set(text.matches(of: /--[A-Za-z][A-Za-z_-]+/).map { String($0.0).replacing("_", with: "-") })
        }
        var known = Self.optionsOfOthers
        // Other names than those of the help.
        let declarations =
            RecommenderCatalogue.options.map(\.declaration) + ObjectiveOptions.fields.map(\.declaration)
            + (TrainingConfiguration.runFields + TrainingConfiguration.endFields + TrainingConfiguration.stepFields)
            .map(\.declaration)
        known.formUnion(declarations.flatMap(\.aliases).map { "--" + $0 })
        for command in Self.helps where command[0] == "trainer" {
            let help = try await Launch.alone.successfulTrainer(command.dropFirst() + ["--help-hidden"])
            known.formUnion(options(help.standardOutput))
        }
        for folder in ["cluster", "scripts"] {
            for (name, content) in files(below: DocumentationPage.root + "/" + folder) where !name.hasSuffix(".md") {
                known.formUnion(options(String(decoding: content, as: UTF8.self)))
            }
        }
        // Behind the name of another program stand options of its own.
        let own = ["--", "trainer ", "scripts/", "cluster/"]
        // What CONTRIBUTING adds as an example is not there.
        for page in DocumentationPage.all where page.name != "CONTRIBUTING.md" {
            for span in page.spans where own.contains(where: { span.hasPrefix($0) }) {
                #expect(options(span).subtracting(known) == [], "\(page): \(span)")
            }
        }
    }

    @Test func `what is not run itself is listed with the reason, and is there`() throws {
        let folder = DocumentationPage.root + "/Tests/TrainerTests/Documentation/stand-ins"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(Set(names) == Set(DocumentationStage.standIns.keys))
        let help = try String(contentsOfFile: DocumentationPage.root + "/cluster/slurm/lab", encoding: .utf8)
        let text = DocumentationPage.all.flatMap(\.blocks).filter(\.isCommands).map(\.text).joined(separator: "\n")
        for program in DocumentationStage.notRun.keys { #expect((text + help).contains(program), "\(program)") }
    }

    @Test func `the first lines of the README put the trainer into the path`() {
        #expect(Self.preparation.hasPrefix("export PATH=") && !Self.preparation.contains("\n"))
    }

    @Test(arguments: [
        "trainer trian --model ComiRec --dataset NAME", "trainer train --model ComiRec --dataset NAME --no-option",
        "mpirun -n 8 trainer train --model ComiRec --dataset NAME", "scripts/test --filter NoSuchTests",
        "swift build --product no-such-product", "cluster/no-such-script", "no-such-program",
        "trainer train --model ComiRec --dataset no-such-data", "kubectl apply -f cluster/no-such.yaml",
        "sbatch --nodes=4 --ntasks-per-node=16 cluster/slurm/train.sbatch --model ComiRec --dataset NAME --out RUN",
        "cp cluster/hosts/hosts.example hosts; cluster/hosts/train hosts -- --model ComiRec --dataset NAME --out RUN",
    ])
    func `a command that does not run is found`(_ command: String) async throws {
        let page = DocumentationPage(help: "usage\n\n  \(command)", of: "test")
        let result = try await DocumentationStage(for: page).run(Self.preparation + "\n" + command)
        #expect(result.exitCode != 0, "\(command)")
    }
}
