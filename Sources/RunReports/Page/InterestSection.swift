import FileIO
import Reporting

/// Whether the interests of users share the work.
struct InterestSection {
    let charts: [ChartView]
    let shares: [ChartView]
    let cosines: [ChartView]
    let tables: [TableView]
    let explanation: String
    let isThere: Bool
    /// Why nothing is shown.
    let absence: String

    init(_ set: ComparableRuns, _ names: GroupNames, _ numbers: ChartNumbers) {
        let balances = set.groups.map { group in group.runs.map(InterestBalanceRecord.init) }
        isThere = balances.joined().contains { $0.isThere }
        let isKnown = set.runs.contains { $0.epochs.contains { $0.line["interests"] != nil } }
        absence =
            isKnown
            ? "The models rank by one vector for each user: there are no interests to compare."
            : "The runs did not write it: they are of a version that did not, or of a model with one vector a user."
        explanation =
            "An interest wins a row where it is the nearest to the true item. The entropy of the shares is 1 where all "
            + "interests win as often, and 0 where one wins everywhere; a cosine near 1 says that two interests are one."
        charts =
            chart("entropy of the shares, on dev", set, names, numbers, isShare: true) {
                $0.line["interests"]?["entropy"]?.finite
            }
            + chart("mean cosine of two interests of a user, on dev", set, names, numbers) {
                $0.line["interests"]?["cosine"]?.finite
            }
        var (shares, cosines): ([ChartView], [ChartView]) = ([], [])
        for (group, (name, balances)) in zip(set.groups, zip(names.names, balances)) {
            // Interests of two seeds do not correspond: a mean of their shares would say nothing.
            guard let index = balances.firstIndex(where: \.isThere) else { continue }
            let (run, balance) = (group.runs[index], balances[index])
            let title =
                (name.letter.isEmpty ? "" : "\(name.letter), ")
                + "seed \(run.seed.printable(limit: 20)), \(balance.source)"
            if let found = balance.shares, !found.isEmpty {
                let chart = ShareChart(
                    title: "Share of rows that each interest wins: \(title)", shares: found, style: name.style)
                shares.append(ChartView(title, chart.svg(id: numbers.next())))
            }
            if let found = balance.cosines, found.count > 1 {
                let chart = CosineChart(title: "Cosines of the interests of a user: \(title)", cosines: found)
                cosines.append(ChartView(title, chart.svg(id: numbers.next())))
            }
        }
        (self.shares, self.cosines) = (shares, cosines)
        tables = Self.table(set, names, balances).map { [$0] } ?? []
    }

    private static func table(
        _ set: ComparableRuns, _ names: GroupNames, _ balances: [[InterestBalanceRecord]]
    ) -> TableView? {
        var rows: [TableView.Row] = []
        for (group, (name, balances)) in zip(set.groups, zip(names.names, balances)) {
            for (run, balance) in zip(group.runs, balances) where balance.isThere {
                func cell(_ value: Double?) -> TableView.Cell {
                    value.map { TableView.Cell(SetSection.fixed($0), exact: $0) } ?? .none
                }
                rows.append(
                    TableView.Row(
                        title: TableView.Cell(name),
                        cells: [
                            TableView.Cell(number: run.seed.printable(limit: 20)), TableView.Cell(balance.source),
                            cell(balance.shares?.max()), cell(balance.shares?.min()), cell(balance.entropy),
                            cell(balance.cosine),
                        ]))
            }
        }
        guard !rows.isEmpty else { return nil }
        return TableView(
            caption: "Of each run",
            head: ["configuration", "seed", "measured", "largest share", "smallest share", "entropy", "cosine"],
            rows: rows)
    }
}

/// What a run tells of the balance of its interests: of its best epoch on dev, or of the end where only that has it.
struct InterestBalanceRecord {
    /// `[K]`, adding up to 1; nil where interests of two users do not correspond.
    let shares: [Double]?
    let entropy: Double?
    let cosine: Double?
    /// `[K][K]`; an element is nil where no user has both.
    let cosines: [[Double?]]?
    /// What it was measured on.
    let source: String

    /// Whether there is anything.
    var isThere: Bool { shares != nil || cosine != nil }

    init(_ run: RecordedRun) {
        let measured = run.epochs.filter { if case .object? = $0.line["interests"] { true } else { false } }
        if let epoch = measured.first(where: { $0.epoch == run.bestEpoch }) ?? measured.last {
            let interests = epoch.line["interests"]
            shares = interests?["shares"]?.numbers
            entropy = interests?["entropy"]?.finite
            cosine = interests?["cosine"]?.finite
            cosines = Self.matrix(interests?["cosines"])
            source = "epoch \(epoch.epoch)"
        } else {
            let interests = run.result?[run.split]?["interests"]
            shares = interests?["true_item"]?["shares"]?.numbers
            entropy = interests?["true_item"]?["entropy"]?.finite
            cosine = interests?["cosine"]?.finite
            cosines = nil
            source = run.split
        }
    }

    /// Rows of equal length; nil for anything else.
    private static func matrix(_ value: JSONValue?) -> [[Double?]]? {
        guard case .array(let rows)? = value else { return nil }
        let matrix = rows.compactMap { row -> [Double?]? in
            guard case .array(let elements) = row, elements.count == rows.count else { return nil }
            return elements.map(\.finite)
        }
        return matrix.count == rows.count ? matrix : nil
    }
}
