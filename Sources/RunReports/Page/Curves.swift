import Reporting

/// The charts of loss and metrics by epoch.
struct Curves {
    /// The loss, and what is measured at the first cut-off, which decides about the best epoch.
    let first: [ChartView]
    /// The other metrics.
    let more: [ChartView]
    /// The same as ``first`` of the stage before; empty where no run has one.
    let before: [ChartView]

    init(_ set: ComparableRuns, _ names: GroupNames, _ numbers: ChartNumbers) {
        let metrics = set.devNames
        let selection = set.runs.lazy.compactMap(\.selection).first
        let cutoff = selection?.split(separator: "@").last.map(String.init) ?? ""
        let leading = metrics.filter { $0 == selection || $0.hasSuffix("@" + cutoff) }
        func loss(_ epochs: (RecordedRun) -> [RecordedEpoch], marks: Bool) -> [ChartView] {
            chart("training loss", set, names, numbers, epochs: epochs, marks: marks) { $0.loss }
        }
        func metric(_ name: String, _ epochs: (RecordedRun) -> [RecordedEpoch], marks: Bool) -> [ChartView] {
            let popularity =
                marks ? set.runs.lazy.compactMap { $0.result?["popularity_dev"]?[name]?.finite }.first : nil
            return chart(
                "\(name) on dev", set, names, numbers, epochs: epochs, marks: marks, popularity: popularity
            ) { $0.metric(name) }
        }
        first = loss(\.epochs, marks: true) + leading.flatMap { metric($0, \.epochs, marks: true) }
        more = metrics.filter { !leading.contains($0) }.flatMap { metric($0, \.epochs, marks: true) }
        let hasBefore = set.runs.contains { !$0.epochsBefore.isEmpty }
        before =
            hasBefore
            ? loss(\.epochsBefore, marks: false)
                + (selection.map { metric($0, \.epochsBefore, marks: false) } ?? []) : []
    }
}

/// A chart over the groups of a set; none where there is nothing to draw.
///
/// - Parameters:
///   - epochs: of a run, those of its last stage or of the one before.
///   - marks: whether the best epoch of a run alone is marked.
///   - popularity: a value to compare with.
func chart(
    _ title: String, _ set: ComparableRuns, _ names: GroupNames, _ numbers: ChartNumbers,
    epochs: (RecordedRun) -> [RecordedEpoch] = \.epochs, marks: Bool = true, popularity: Double? = nil,
    isShare: Bool = false, value: (RecordedEpoch) -> Double?
) -> [ChartView] {
    var series: [ChartSeries] = []
    for (group, name) in zip(set.groups, names.names) {
        let curve = EpochCurve(group.runs.map(epochs), value: value)
        guard !curve.mean.isEmpty || !curve.single.isEmpty else { continue }
        // One point far below would press all curves together.
        guard group.isTrained else { continue }
        var line = ChartSeries(
            label: name.letter, name: name.letter.isEmpty ? "" : name.full, style: name.style, curve: curve)
        if marks, group.runs.count == 1, let best = group.runs[0].bestEpoch {
            line.marked = curve.mean.first { $0.x == Double(best) }
        }
        series.append(line)
    }
    guard !series.isEmpty else { return [] }
    let decimals = title.contains("loss") ? 3 : 4
    let ends = series.compactMap { line in
        line.curve.mean.last.map { last in
            "\(line.name.isEmpty ? "" : line.name + ": ")\(NumberText.fixed(last.y, decimals: decimals)) after epoch "
                + "\(Int(last.x))"
        }
    }
    let description = "By epoch. " + ends.joined(separator: "; ") + "."
    var chart = LineChart(title: title, description: description, series: series)
    (chart.decimals, chart.isShare) = (decimals, isShare)
    if let popularity { chart.reference = ("popularity", popularity) }
    return [ChartView(title, chart.svg(id: numbers.next()))]
}
