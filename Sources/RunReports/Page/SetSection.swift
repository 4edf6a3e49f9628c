import FileIO
import Reporting

/// The part of the page about runs that can be compared.
struct SetSection {
    let anchor: String
    let heading: String
    let hasHeading: Bool
    let summary: [String]
    let legend: [LegendEntry]
    let hasLegend: Bool
    let runsTable: TableView
    let notes: [String]
    let results: [TableView]
    let withoutResults: String
    let hasNoResults: Bool
    let curves: [ChartView]
    let moreCurves: [ChartView]
    let hasMoreCurves: Bool
    let curvesBefore: [ChartView]
    let hasCurvesBefore: Bool
    let interests: InterestSection
    let time: TimeSection
    let configuration: ConfigurationSection
    let data: DataSection

    struct LegendEntry {
        let sample: String
        let text: String
        let seeds: String
    }

    /// - Parameters:
    ///   - number: from 1, in the page.
    ///   - isAlone: whether the page has no other set.
    init(_ set: ComparableRuns, number: Int, isAlone: Bool, _ numbers: ChartNumbers) {
        let names = GroupNames(set.groups)
        anchor = "set-\(number)"
        heading = "\(set.dataset.printable(limit: 100)), \(Self.ranking(of: set))"
        hasHeading = !isAlone
        summary = Self.summary(of: set, names)
        legend = zip(set.groups, names.names).map { group, name in
            LegendEntry(
                sample: name.sample, text: name.full, seeds: NumberText.counted(group.runs.count, "seeds"))
        }
        hasLegend = set.groups.count > 1
        runsTable = Self.runsTable(of: set, names)
        notes = Self.notes(of: set)
        results = Self.results(of: set, names)
        hasNoResults = results.isEmpty
        withoutResults =
            set.runs.contains { $0.result != nil }
            ? "The runs were trained on all interactions: none is left to say how good they are."
            : "No run has come to its end."
        let charts = Curves(set, names, numbers)
        (curves, moreCurves, curvesBefore) = (charts.first, charts.more, charts.before)
        (hasMoreCurves, hasCurvesBefore) = (!moreCurves.isEmpty, !curvesBefore.isEmpty)
        interests = InterestSection(set, names, numbers)
        time = TimeSection(set, names, numbers)
        configuration = ConfigurationSection(set, names)
        data = DataSection(set)
    }

    /// How rows are ranked, as the end of a sentence.
    static func ranking(of set: ComparableRuns) -> String {
        switch set.ranking {
        case "sampled": "ranked among stored negatives"
        case "full": "ranked among all items"
        default: "ranked among all items (\(set.ranking.printable(limit: 60)))"
        }
    }

    /// What to know first: what is best on dev, which is what may be chosen by, and how good that is.
    private static func summary(of set: ComparableRuns, _ names: GroupNames) -> [String] {
        guard let metric = set.runs.lazy.compactMap(\.selection).first ?? set.metricNames.first else { return [] }
        func onDev(_ group: RunGroup) -> Sample? {
            group.sample { run in RecordedEpoch.Metric.all(in: run.result?["dev"]).first { $0.name == metric }?.value }
        }
        let ranked = set.groups.indices.filter { onDev(set.groups[$0]) != nil }
        guard let best = ranked.max(by: { onDev(set.groups[$0])!.mean < onDev(set.groups[$1])!.mean }) else {
            return []
        }
        let (group, name) = (set.groups[best], names.names[best])
        let popularity = group.popularity(metric).map { "; ranking by popularity has \(fixed($0))" } ?? ""
        let seeds = NumberText.counted(group.finished.count, "seeds")
        let reached = group.metric(metric).map {
            "\(metric) on \(set.split) is \($0.text(fixed)) (\(seeds))\(popularity)."
        }
        guard set.groups.count > 1 else { return [reached.map { "\(name.text): \($0)" }].compactMap(\.self) }
        let chosen = "Best on dev by \(metric): \(name.full), \(onDev(group)!.text(fixed))."
        return [chosen + (set.split == "test" ? reached.map { " Its \($0)" } ?? "" : popularity)]
    }

    /// What should be known about runs beside their numbers.
    private static func notes(of set: ComparableRuns) -> [String] {
        var notes: [String] = []
        for run in set.groups.flatMap(\.repeated) {
            let same = set.runs.first { $0.seed == run.seed && $0.decidingOptions == run.decidingOptions }
            let digest = "parameters_sha256"
            let isEqual = run.result?[digest] != nil && run.result?[digest] == same?.result?[digest]
            notes.append(
                "\(run.path) repeats \(same?.path ?? "another run") (same options and seed"
                    + "\(isEqual ? ", same parameters in every bit" : "")) and is not counted.")
        }
        for run in set.runs {
            for epoch in run.epochs {
                guard case .array(let warnings)? = epoch.line["warnings"] else { continue }
                for warning in warnings.compactMap(\.text) {
                    notes.append("\(run.path), epoch \(epoch.epoch): \(warning.replacing("\n", with: "; "))")
                }
            }
        }
        return notes.map { $0.printable(limit: 600) }
    }

    /// A metric as results have it.
    static func fixed(_ value: Double) -> String { NumberText.fixed(value, decimals: 4) }
}
