import FileIO
import Options
import Reporting

/// What a search has found, for people.
package struct SearchTable: Sendable {
    private let results: ExperimentResults

    /// - Parameter results: of a search, complete or not.
    package init(_ results: ExperimentResults) { self.results = results }

    /// A row for each trial, the best first.
    package var table: String {
        let plan = results.plan
        let names = plan.candidates.first?.chosen.map(\.name) ?? []
        var table = Table(
            [.number("trial")] + names.map { .number($0) } + [
                .number("epochs"), .number("seconds"), .number("dev \(plan.metrics[0])"),
            ])
        for standing in results.schedule.standings {
            let candidate = plan.candidates[standing.candidate]
            let epochs = results.runs(of: standing.candidate).map { results.files(of: $0).epochs() }
            let seconds = epochs.joined().reduce(0) { $0 + $1.seconds }
            let value = standing.value.map { NumberText.fixed($0, decimals: 4) }
            let failure = standing.failedRung == nil ? nil : "failed"
            table.addRow(
                [candidate.label] + candidate.chosen.map { $0.value ?? "" } + [
                    String(epochs.map(\.count).max() ?? 0), NumberText.fixed(seconds, decimals: 1),
                    [value, failure].compactMap(\.self).joined(separator: ", "),
                ])
        }
        return table.text
    }

    /// How much was trained, and how much all trials to the end would have been.
    package var effort: String {
        let plan = results.plan
        let trained = results.trained
        let count = plan.candidates.count
        let seeds = plan.seeds.count > 1 ? " with \(plan.seeds.count) seeds" : ""
        var text =
            "\(NumberText.counted(count, "trials"))\(seeds), \(NumberText.counted(trained.epochs, "epochs")), "
            + "\(NumberText.duration(seconds: trained.seconds)) of training"
        if let most = plan.epochs?.last, plan.epochs?.count ?? 1 > 1, trained.epochs > 0 {
            text +=
                "; all of them to the end: \(NumberText.grouped(count * plan.seeds.count * most)) epochs at most, "
                + "about \(NumberText.duration(seconds: secondsOfAll(most)))"
        }
        return text + "\n"
    }

    /// Seconds of all trainings to the last rung, each as fast as it was so far.
    private func secondsOfAll(_ most: Int) -> Double {
        results.plan.candidates.indices.flatMap(results.runs(of:)).reduce(0) { sum, run in
            let epochs = results.files(of: run).epochs()
            let seconds = epochs.reduce(0) { $0 + $1.seconds }
            return epochs.isEmpty ? sum : sum + seconds / Double(epochs.count) * Double(most)
        }
    }

    /// The trainings that failed, with what they said.
    package var failures: String { results.failureText }

    /// The winner and what to do with it; empty where there is none.
    ///
    /// - Parameter program: how the trainer is called: `trainer`.
    package func recommendation(program: String = "trainer") -> String {
        guard let winner = results.schedule.winner, let value = winner.value else { return "" }
        let plan = results.plan
        let candidate = plan.candidates[winner.candidate]
        let run = results.runs(of: winner.candidate)[0]
        let rest = plan.seeds.count > 1 ? " (mean of \(plan.seeds.count) seeds)" : ""
        let command = ["train"] + bestArguments(of: winner) + ["--out=RUN"]
        return """
            best: trial \(candidate.label), dev \(plan.metrics[0]) \(NumberText.fixed(value, decimals: 4))\(rest)
            test it, once:
              \(program) evaluate --checkpoint \((results.folder + "/" + plan.folder(of: run)).asShellWord) --split test
            the same training again:
              \(program) \(command.map(\.asOption).joined(separator: " "))

            """
    }

    /// The options of the winner as a file for `trainer train --config`; nil where there is none.
    package var bestOptions: OptionText? {
        guard let winner = results.schedule.winner else { return nil }
        let entries = bestArguments(of: winner).map { argument in
            let sides = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return OptionText.Entry(name: String(sides[0]), value: sides.count > 1 ? String(sides[1]) : nil)
        }
        return try? OptionText(entries)
    }

    /// The options of a training of the winner, as far as it was trained.
    private func bestArguments(of winner: HalvingSchedule.Standing) -> [String] {
        results.plan.arguments(
            of: winner.candidate, seed: results.plan.seeds[0], rung: winner.rung, leavesTestAlone: false, output: ""
        ).filter { !$0.hasPrefix("--out=") }
    }
}

extension ExperimentResults {
    /// The trainings that failed, with what they said; empty where none did.
    var failureText: String {
        failures.map { run, failure in
            "\(folder)/\(plan.folder(of: run)) failed (exit code \(failure.exitCode)): \(failure.message)\n"
        }.joined()
    }
}

extension String {
    /// `--name value` of `--name=value`, as a shell reads it.
    fileprivate var asOption: String {
        guard hasPrefix("--"), let equals = firstIndex(of: "=") else { return asShellWord }
        return self[..<equals] + " " + String(self[index(after: equals)...]).asShellWord
    }

    /// The text as a word of a shell: in quotation marks where it needs them.
    package var asShellWord: String {
        let isPlain =
            !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "/"),
                    UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: "="), UInt8(ascii: ":"),
                    UInt8(ascii: "@"):
                    true
                default: false
                }
            }
        return isPlain ? self : "'" + replacing("'", with: "'\\''") + "'"
    }
}
