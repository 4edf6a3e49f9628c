import ArgumentParser
import FileIO
import Reporting
import RunReports

/// `trainer report`.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Makes a page of runs: results, learning curves, what differs, where the time went.",
        usage: "trainer report <run> ... [<options>]",
        discussion: """
            One HTML file that needs nothing else. Runs whose options differ by the seed alone are shown as mean and \
            deviation. Runs in progress are shown as far as they have come; what is no run is left out with a warning.

              trainer report RUN --out report.html
            """)

    @Argument(help: ArgumentHelp("Folders of runs.", valueName: "run"), completion: .directory)
    var runs: [String] = []

    @Option(help: "The page; one that was made before is replaced, another file is not.", completion: .file())
    var out = "report.html"

    @Option(help: "Title of the page. (default: models and data sets)")
    var title: String?

    @Flag(name: .shortAndLong, help: "Only warnings and errors.")
    var quiet = false

    mutating func run() throws {
        guard Launcher.isFirstRank else { return }
        guard !runs.isEmpty else {
            throw CommandError("no run is named\nname the folders of runs: trainer report RUN...")
        }
        let console = Console(isQuiet: quiet)
        let report = RunReport(folders: runs, title: title)
        guard !report.isEmpty else {
            for problem in report.refused.dropLast() { console.error(problem) }
            throw CommandError(exitCode: 65, report.refused.last.map { "\($0)" } ?? "")
        }
        for problem in report.refused { console.warning("\(problem)") }
        do { try report.write(to: out) } catch {
            throw CommandError(exitCode: error is RunReportError ? 64 : 74, "\(error)")
        }
        console.info("\(out) shows \(NumberText.counted(report.count, "runs"))")
    }
}
