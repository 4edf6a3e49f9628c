import FileIO

/// Runs whose numbers can stand side by side: of the same data, ranked in the same way.
struct ComparableRuns: Sendable {
    /// Name of the data set.
    let dataset: String
    /// What decides about how the rows are ranked: `sampled`, or `full` with what the items of a history count for.
    let ranking: String
    /// The split of the final numbers.
    let split: String
    /// Sizes and checksums as in `result.json`; nil where no run has come to its end.
    let data: JSONValue?
    let groups: [RunGroup]

    /// Runs by what they can be compared with, in the order in which the first of each comes. One that is not finished
    /// goes with the finished ones of a data set of its name: it does not say what is in it.
    static func sets(of runs: [RecordedRun]) -> [ComparableRuns] {
        var sets: [(key: Key, data: JSONValue?, runs: [RecordedRun])] = []
        for run in runs.filter({ $0.result != nil }) + runs.filter({ $0.result == nil }) {
            let (key, data) = (Key(run), run.result?["data"])
            if let index = sets.firstIndex(where: { $0.key == key && (data == nil || $0.data == data) }) {
                sets[index].runs.append(run)
            } else {
                sets.append((key, data, [run]))
            }
        }
        let order = Dictionary(runs.enumerated().map { ($1.path, $0) }) { first, _ in first }
        func index(_ run: RecordedRun) -> Int { order[run.path] ?? 0 }
        return sets.map { set in
            ComparableRuns(
                dataset: set.key.dataset, ranking: set.key.ranking, split: set.key.split, data: set.data,
                groups: RunGroup.groups(of: set.runs.sorted { index($0) < index($1) }))
        }.sorted { index($0.groups[0].runs[0]) < index($1.groups[0].runs[0]) }
    }

    /// All runs that are counted.
    var runs: [RecordedRun] { groups.flatMap(\.runs) }

    /// Names of what was measured at the end, or of what dev has where nothing has come to its end.
    var metricNames: [String] { Self.names(runs.map { $0.finalMetrics.map(\.name) }) }
    /// Names of what was measured on dev.
    var devNames: [String] { Self.names(runs.map { $0.epochs.last?.metrics.map(\.name) ?? [] }) }

    /// All names, in the order of the first list that has them.
    private static func names(_ lists: [[String]]) -> [String] {
        lists.joined().reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private struct Key: Equatable {
        let dataset: String
        let ranking: String
        let split: String

        init(_ run: RecordedRun) {
            dataset = run.dataset
            let kind = run.result?["evaluation"]?.text ?? run.option("evaluation") ?? "full"
            let scores = run.option("history-scores") ?? "exclude"
            ranking = kind == "full" && scores != "exclude" ? "full, history scores: \(scores)" : kind
            split = run.split
        }
    }
}
