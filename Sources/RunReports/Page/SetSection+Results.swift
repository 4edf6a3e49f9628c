import FileIO
import Reporting
import Training

extension SetSection {
    /// What each run is and how far it has come.
    static func runsTable(of set: ComparableRuns, _ names: GroupNames) -> TableView {
        var rows: [TableView.Row] = []
        for (group, name) in zip(set.groups, names.names) {
            for run in group.runs {
                let letter = name.letter.isEmpty ? [] : [TableView.Cell(name.letter, sample: name.sample)]
                let seconds =
                    run.result?["train_seconds"]?.finite ?? run.epochs.compactMap(\.seconds).reduce(0, +)
                rows.append(
                    TableView.Row(
                        title: TableView.Cell(code: run.path.printable(limit: 200)),
                        cells: letter + [
                            TableView.Cell(run.model.printable(limit: 60)),
                            TableView.Cell(number: run.seed.printable(limit: 20)),
                            TableView.Cell(state(of: run)),
                            TableView.Cell(number: "\(run.epochs.last?.epoch ?? 0)"),
                            run.bestEpoch.map { TableView.Cell(number: "\($0)") } ?? .none,
                            TableView.Cell(number: NumberText.duration(seconds: seconds)),
                        ]))
            }
        }
        return TableView(
            head: ["run"] + (set.groups.count > 1 ? [""] : []) + [
                "model", "seed", "state", "epochs", "best epoch", "training time",
            ], rows: rows)
    }

    private static func state(of run: RecordedRun) -> String {
        switch run.progress {
        case .finished: "finished"
        case .working(let activity):
            "in progress" + (activity.isEmpty ? "" : ": \(activity)")
        case .stopped(let step?): "stopped, with a checkpoint of step \(step)"
        case .stopped(nil): "stopped, without a checkpoint"
        }
    }

    /// Mean and standard deviation of all that was measured, tables of a few metrics each; none before a result.
    static func results(of set: ComparableRuns, _ names: GroupNames) -> [TableView] {
        let metrics = set.metricNames
        let finished = set.groups.indices.filter { !set.groups[$0].finished.isEmpty }
        guard !metrics.isEmpty, !finished.isEmpty else { return [] }
        var tables: [TableView] = []
        // As many as a desktop shows without scrolling.
        let most = finished.contains { set.groups[$0].finished.count > 1 } ? 6 : 10
        var start = 0
        while start < metrics.count {
            let shown = Array(metrics[start..<min(start + most, metrics.count)])
            tables.append(resultTable(of: set, names, finished: finished, metrics: shown, isFirst: start == 0))
            start += shown.count
        }
        return tables
    }

    private static func resultTable(
        of set: ComparableRuns, _ names: GroupNames, finished: [Int], metrics: [String], isFirst: Bool
    ) -> TableView {
        var rows = finished.map { index in
            let (group, name) = (set.groups[index], names.names[index])
            let cells = metrics.map { metric -> TableView.Cell in
                guard let sample = group.metric(metric) else { return .none }
                let others = finished.compactMap { set.groups[$0].metric(metric)?.mean }
                let isBest = finished.count > 1 && sample.mean == others.max()
                return TableView.Cell(sample.text(fixed), exact: sample.mean, isBest: isBest)
            }
            return TableView.Row(
                title: TableView.Cell(name),
                cells: [TableView.Cell(number: "\(group.finished.count)")] + cells)
        }
        let popularity = metrics.map { metric in
            set.groups.lazy.compactMap { $0.popularity(metric) }.first
        }
        if popularity.contains(where: { $0 != nil }) {
            rows.append(
                TableView.Row(
                    title: TableView.Cell("ranking by popularity"),
                    cells: [.none] + popularity.map { $0.map { TableView.Cell(fixed($0), exact: $0) } ?? .none }))
        }
        let count = set.runs.lazy.compactMap { $0.result?[set.split + "_rows"]?.whole }.first
        let caption =
            "On \(set.split)\(count.map { ", \(NumberText.grouped($0)) rows" } ?? ""), \(ranking(of: set)). "
            + (set.groups.contains { $0.finished.count > 1 } ? "Mean ± standard deviation over the seeds." : "")
        return TableView(caption: isFirst ? caption : "", head: ["configuration", "seeds"] + metrics, rows: rows)
    }
}
