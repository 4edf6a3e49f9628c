import FileIO
import Foundation
import Reporting
import Training

/// All that the template of the page shows.
struct ReportPage {
    let style = PageStyle.css
    let title: String
    let subtitle: String
    let sections: [SetSection]
    /// Messages about folders that are not in the page.
    let refused: [String]
    let hasRefused: Bool
    let unfinished: String
    let isUnfinished: Bool
    let footer: String

    /// - Parameters:
    ///   - runs: at least one.
    ///   - refused: what is wrong with the other folders.
    ///   - date: when the folders were read.
    init(_ runs: [RecordedRun], refused: [RunReportError], title: String?, date: Date) {
        let sets = ComparableRuns.sets(of: runs)
        let numbers = ChartNumbers()
        sections = sets.enumerated().map { SetSection($1, number: $0 + 1, isAlone: sets.count == 1, numbers) }
        let models = Self.list(sets.flatMap { $0.groups.map(\.model) })
        let datasets = Self.list(sets.map(\.dataset))
        self.title = (title ?? "\(models) on \(datasets)").printable(limit: 200)
        let configurations = sets.reduce(0) { $0 + $1.groups.count }
        subtitle =
            "\(NumberText.counted(runs.count, "runs")) of \(NumberText.counted(configurations, "configurations"))"
        self.refused = refused.map { $0.problem.printable(limit: 1_000) }
        hasRefused = !refused.isEmpty
        let open = runs.filter { $0.result == nil }.count
        isUnfinished = open > 0
        unfinished =
            "\(NumberText.counted(open, "runs")) had not come to \(open == 1 ? "its" : "their") end when this page was made: "
            + "curves show how far \(open == 1 ? "it has" : "they have") come, results leave "
            + "\(open == 1 ? "it" : "them") out."
        let build = BuildDescription.current
        footer = "Made by trainer \(build.version) on \(date.formatted(.iso8601))."
    }

    /// Each of the words once, `a, b and c`, the first four.
    private static func list(_ words: [String]) -> String {
        let different = words.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let shown = different.prefix(4).map { $0.printable(limit: 60) }
        if different.count > shown.count {
            return shown.joined(separator: ", ") + " and \(different.count - shown.count) more"
        }
        return shown.count < 2
            ? shown.joined() : shown.dropLast().joined(separator: ", ") + " and " + shown[shown.count - 1]
    }
}
