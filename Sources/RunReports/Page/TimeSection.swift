import FileIO
import Reporting

/// What the time went into.
struct TimeSection {
    let bars: [Bar]
    let keys: [Key]
    let isThere: Bool
    let absence =
        "The runs did not write how their time is divided: they are of a version that did not."
    let tables: [TableView]

    struct Bar {
        let label: String
        let svg: String
    }

    struct Key {
        let style: String
        let text: String
    }

    /// What a training writes, in the order of a step, and what it is in words.
    private static let phases: [(key: String, text: String)] = [
        ("batch", "batch"), ("propagation", "propagation"), ("forward", "forward"), ("backward", "backward"),
        ("exchange", "exchange"), ("optimizer", "optimizer"), ("waiting", "waiting"), ("evaluation", "evaluation"),
        ("checkpoint", "checkpoint"),
    ]

    init(_ set: ComparableRuns, _ names: GroupNames, _ numbers: ChartNumbers) {
        let sums = set.groups.map { group in Self.phases.map { phase in Self.seconds(phase.key, of: group) } }
        isThere = sums.joined().contains { $0?.mean ?? 0 > 0 }
        let shown = Self.phases.indices.filter { index in sums.contains { $0[index]?.mean ?? 0 > 0 } }
        let longest = sums.map { $0.reduce(0) { $0 + ($1?.mean ?? 0) } }.max() ?? 1
        bars = zip(names.names, sums).compactMap { name, sums in
            let phases = zip(Self.phases, sums).map { (name: $0.text, seconds: $1?.mean ?? 0) }
            let total = phases.reduce(0) { $0 + $1.seconds }
            guard total > 0 else { return nil }
            let chart = PhaseChart(title: "Time by phase: \(name.full)", phases: phases, longest: longest)
            return Bar(
                label: (name.letter.isEmpty ? "" : "\(name.letter)  ") + Self.text(total),
                svg: chart.svg(id: numbers.next()))
        }
        keys = shown.map { Key(style: "phase p\($0)", text: Self.phases[$0].text) }
        tables =
            (isThere ? [Self.phaseTable(names, sums, shown)] : []) + (Self.speedTable(set, names).map { [$0] } ?? [])
    }

    /// Seconds of a phase over all epochs of a run; over the runs of a group.
    private static func seconds(_ phase: String, of group: RunGroup) -> Sample? {
        Sample(
            group.runs.compactMap { run in
                let seconds = run.epochs.compactMap { $0.line["phase_seconds"]?[phase]?.finite }
                return seconds.isEmpty ? nil : seconds.reduce(0, +)
            })
    }

    private static func text(_ seconds: Double) -> String {
        seconds < 100 ? NumberText.significant(seconds, digits: 3) + " s" : NumberText.duration(seconds: seconds)
    }

    private static func phaseTable(_ names: GroupNames, _ sums: [[Sample?]], _ shown: [Int]) -> TableView {
        let rows = zip(names.names, sums).map { name, sums in
            let total = sums.reduce(0) { $0 + ($1?.mean ?? 0) }
            let cells = shown.map { index -> TableView.Cell in
                guard let sample = sums[index] else { return .none }
                let share = NumberText.fixed(100 * sample.mean / max(total, 1e-12), decimals: 0)
                return TableView.Cell("\(text(sample.mean)), \(share) %", exact: sample.mean)
            }
            return TableView.Row(
                title: TableView.Cell(name), cells: cells)
        }
        return TableView(
            caption: "All epochs of a run, mean over ranks and seeds",
            head: ["configuration"] + shown.map { phases[$0].text },
            rows: rows)
    }

    private static func speedTable(_ set: ComparableRuns, _ names: GroupNames) -> TableView? {
        let rows = zip(set.groups, names.names).map { group, name in
            func cell(_ value: (RecordedRun) -> Double?, _ format: (Double) -> String) -> TableView.Cell {
                let sample = group.isTrained ? Sample(group.runs.compactMap(value)) : nil
                return sample.map { TableView.Cell($0.text(format), exact: $0.mean) } ?? .none
            }
            let parameters = group.finished.lazy.compactMap { $0.result?["parameters"]?.finite }.first
            let ranks = Set(group.finished.compactMap { $0.result?["ranks"]?.whole }).sorted().map(String.init)
            return TableView.Row(
                title: TableView.Cell(name),
                cells: [
                    TableView.Cell(number: ranks.isEmpty ? "–" : ranks.joined(separator: ", ")),
                    cell({ $0.result?["train_seconds"]?.finite }) { NumberText.significant($0, digits: 4) },
                    cell({ run in Sample(run.epochs.compactMap(\.seconds))?.mean }) {
                        NumberText.significant($0, digits: 3)
                    },
                    cell({ run in Sample(run.epochs.compactMap(\.samplesPerSecond))?.mean }) {
                        NumberText.grouped(Int(min(max($0, 0), 1e15)))
                    },
                    parameters.map {
                        TableView.Cell(NumberText.grouped(Int(min(max($0, 0), 1e15))), exact: $0)
                    } ?? .none,
                ])
        }
        return TableView(
            caption: "Speed",
            head: [
                "configuration", "ranks", "training, s", "an epoch, s", "samples/s", "parameters",
            ], rows: rows)
    }
}
