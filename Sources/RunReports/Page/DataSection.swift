import FileIO
import Reporting

/// The data set and the programs that the results are of.
struct DataSection {
    let tables: [TableView]
    let absence = "No run has come to its end: what is in the data is told by the result."
    let isThere: Bool

    init(_ set: ComparableRuns) {
        guard let data = set.data else {
            (tables, isThere) = ([], false)
            return
        }
        func row(_ title: String, _ text: String?) -> TableView.Row? {
            text.map { TableView.Row(title: TableView.Cell(title), cells: [TableView.Cell(number: $0)]) }
        }
        func count(_ value: JSONValue?) -> String? { value?.whole.map(NumberText.grouped) }
        let (users, items) = (data["users"]?.finite ?? 0, data["items"]?.finite ?? 0)
        let train = data["train"]?["interactions"]?.finite
        let perUser = train.flatMap { users > 0 ? NumberText.fixed($0 / users, decimals: 1) : nil }
        let density = train.flatMap {
            users > 0 && items > 0 ? NumberText.significant(100 * $0 / users / items, digits: 3) + " %" : nil
        }
        let run = set.runs.first { $0.result != nil }
        let rows = [
            row("data set", set.dataset.printable(limit: 100)), row("users", count(data["users"])),
            row("items", count(data["items"])), row("interactions to train on", count(data["train"]?["interactions"])),
            row("rows of dev", count(data["dev"]?["interactions"])),
            row("rows of test", count(data["test"]?["interactions"])),
            row("interactions of a user, train", perUser), row("density of train", density),
            row("rows without history, not ranked", count(run?.result?["rows_without_history"])),
        ]
        let builds = Self.builds(of: set)
        tables =
            [TableView(caption: "Data", head: ["", ""], rows: rows.compactMap(\.self))]
            + (builds.rows.isEmpty ? [] : [builds])
        isThere = true
    }

    /// The programs that trained: what decides about the bits of a result.
    private static func builds(of set: ComparableRuns) -> TableView {
        var found: [(build: JSONValue, runs: Int)] = []
        for build in set.runs.compactMap({ $0.result?["build"] }) {
            if let index = found.firstIndex(where: { $0.build == build }) {
                found[index].runs += 1
            } else {
                found.append((build, 1))
            }
        }
        return TableView(
            caption: "Programs that trained", head: ["version", "kernels for", "processor", "MPI", "runs"],
            rows: found.map { build, runs in
                func text(_ key: String) -> String { build[key]?.text?.printable(limit: 100) ?? "–" }
                return TableView.Row(
                    title: TableView.Cell(text("version") + (build["commit"] == nil ? "" : " (\(text("commit")))")),
                    cells: [
                        TableView.Cell(text("instruction_set")), TableView.Cell(text("processor")),
                        TableView.Cell(text("mpi")), TableView.Cell(number: "\(runs)"),
                    ])
            })
    }
}
