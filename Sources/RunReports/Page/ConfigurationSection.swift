import FileIO
import Reporting
import Training

/// The options of the runs: what is different first, then all.
struct ConfigurationSection {
    let differences: [TableView]
    let areEqual: String
    let hasNoDifferences: Bool
    let complete: [Complete]

    /// All options of a group, and how to train it again.
    struct Complete {
        let name: String
        let command: String
        let options: TableView
    }

    /// So many groups fit beside each other.
    private static let mostColumns = 6

    init(_ set: ComparableRuns, _ names: GroupNames) {
        hasNoDifferences = set.groups.count == 1
        let seeds = NumberText.counted(set.groups[0].runs.count, "runs")
        areEqual =
            set.runs.count == 1
            ? "There is one run." : "The \(seeds) differ in nothing but the seed."
        var tables: [TableView] = []
        var start = 0
        while !hasNoDifferences, start < set.groups.count {
            let shown = start..<min(start + Self.mostColumns, set.groups.count)
            tables.append(
                TableView(
                    head: ["option"] + shown.map { names.names[$0].letter },
                    rows: names.differences.map { difference in
                        TableView.Row(
                            title: TableView.Cell(code: difference.option.printable(limit: 60)),
                            cells: shown.map { TableView.Cell(code: Self.shown(difference.values[$0])) })
                    }))
            start = shown.upperBound
        }
        differences = tables
        complete = zip(set.groups, names.names).map { group, name in
            let run = group.runs[0]
            let rows = run.options.filter { !["out", "seed"].contains($0.name) }.map { option in
                TableView.Row(
                    title: TableView.Cell(code: option.name.printable(limit: 60)),
                    cells: [TableView.Cell(code: Self.shown(option.value ?? ""))])
            }
            return Complete(
                name: name.full,
                command:
                    "trainer train --config \(Self.quoted(run.path + "/config.yaml")) --seed \(run.seed.printable(limit: 20)) --out AGAIN",
                options: TableView(head: ["option", "value"], rows: rows))
        }
    }

    private static func shown(_ value: String) -> String { value.isEmpty ? "–" : value.printable(limit: 200) }

    /// A path as a shell takes it.
    private static func quoted(_ path: String) -> String {
        let isPlain = path.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "-")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
        }
        return isPlain ? path : "'" + path.printable(limit: 500).replacing("'", with: "'\\''") + "'"
    }
}
