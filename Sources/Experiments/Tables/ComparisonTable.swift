import FileIO
import Reporting

/// What a comparison has found, for people: for each data set a table of the models, and whether the proposed one
/// differs from the best of the others.
package struct ComparisonTable: Sendable {
    private let results: ExperimentResults
    private let proposed: String?

    /// - Parameters:
    ///   - results: of a comparison, complete or not.
    ///   - proposed: the label of the model that is compared with the best of the others; nil: the best one.
    package init(_ results: ExperimentResults, proposed: String?) {
        self.results = results
        self.proposed = proposed
    }

    /// A model on one data set.
    private struct Row {
        let label: String
        /// For each metric, the values by seed; nil where the training failed.
        let values: [[Double?]]

        /// The values that are there.
        func found(_ metric: Int) -> [Double] { values[metric].compactMap(\.self) }
        func mean(_ metric: Int) -> Double? {
            let found = found(metric)
            return found.isEmpty ? nil : SampleStatistics(found).mean
        }
    }

    /// The tables of all data sets.
    package var text: String {
        groups.map { dataset, rows in table(of: rows, on: dataset) }.joined(separator: "\n")
    }

    /// The trainings that failed, with what they said.
    package var failures: String { results.failureText }

    private var groups: [(dataset: String, rows: [Row])] {
        var groups: [(dataset: String, rows: [Row])] = []
        for (index, candidate) in results.plan.candidates.enumerated() {
            let dataset = candidate.chosen.first { $0.name == "dataset" }?.value ?? ""
            let files = results.runs(of: index).map(results.files(of:))
            let row = Row(
                label: candidate.label,
                values: results.plan.metrics.map { metric in
                    files.map { $0.failure == nil ? $0.testValue(of: metric) : nil }
                })
            if groups.last?.dataset == dataset {
                groups[groups.count - 1].rows.append(row)
            } else {
                groups.append((dataset, [row]))
            }
        }
        return groups
    }

    private func table(of rows: [Row], on dataset: String) -> String {
        let metrics = results.plan.metrics
        let count = results.plan.seeds.count
        let pair = pair(among: rows)
        var table = Table(
            [.text("\(dataset), test, \(NumberText.counted(count, "seeds"))")] + metrics.map { .number($0) })
        for row in rows {
            let mark = row.label == pair?.baseline.label ? " (best baseline)" : ""
            table.addRow([row.label + mark] + metrics.indices.map { Self.cell(row, $0, of: count) })
        }
        guard let pair else { return table.text }
        return table.text + metrics.indices.map { comparison(pair, metric: $0) + "\n" }.joined()
    }

    /// `0.2855 ± 0.0012`, with the number of seeds where some failed.
    private static func cell(_ row: Row, _ metric: Int, of count: Int) -> String {
        let found = row.found(metric)
        guard !found.isEmpty else { return "failed" }
        let statistics = SampleStatistics(found)
        let deviation = statistics.standardDeviation.map { " ± " + NumberText.fixed($0, decimals: 4) } ?? ""
        let rest = found.count < count ? " (\(found.count) of \(count))" : ""
        return NumberText.fixed(statistics.mean, decimals: 4) + deviation + rest
    }

    /// The model that is compared, and the best of the others by the first metric.
    private func pair(among rows: [Row]) -> (proposed: Row, baseline: Row)? {
        let ranked = rows.filter { $0.mean(0) != nil }.sorted { $0.mean(0) ?? 0 > $1.mean(0) ?? 0 }
        let first = proposed.map { name in ranked.first { $0.label == name } } ?? ranked.first
        guard let first, let baseline = ranked.first(where: { $0.label != first.label }) else { return nil }
        return (first, baseline)
    }

    /// The mean of the differences, by how many seeds it is one, and how sure that is.
    private func comparison(_ pair: (proposed: Row, baseline: Row), metric: Int) -> String {
        let differences = zip(pair.proposed.values[metric], pair.baseline.values[metric]).compactMap { first, second in
            first.flatMap { first in second.map { first - $0 } }
        }
        let name = "\(results.plan.metrics[metric]): \(pair.proposed.label) - \(pair.baseline.label)"
        guard !differences.isEmpty else { return "\(name): no seed with both" }
        let paired = PairedDifferences(differences)
        let mean = paired.mean
        let base = pair.baseline.mean(metric) ?? 0
        let share = base > 0 ? " (\(Self.signed(100 * mean / base, decimals: 1)) %)" : ""
        let above = differences.filter { $0 > 0 }.count
        var text =
            "\(name) = \(Self.signed(mean, decimals: 4))\(share), "
            + "above with \(above) of \(NumberText.counted(differences.count, "seeds"))"
        guard differences.count > 1 else { return text + "; more seeds are needed for a test" }
        text += "; paired t-test p \(paired.tTest.map(Self.probability) ?? "undefined, they are equal")"
        if let p = paired.signFlipTest {
            text += ", sign-flip test p \(Self.probability(p)) (at best \(Self.probability(paired.smallestSignFlip)))"
        }
        return text
    }

    private static func signed(_ value: Double, decimals: Int) -> String {
        (value < 0 ? "" : "+") + NumberText.fixed(value, decimals: decimals)
    }

    private static func probability(_ value: Double) -> String { NumberText.significant(value, digits: 3) }
}
