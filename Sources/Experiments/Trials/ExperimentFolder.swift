import FileIO
import Foundation

/// The folder of an experiment: `experiment.json` says what is trained there and what has come out so far, the other
/// folders hold the trainings.
package struct ExperimentFolder: Sendable {
    /// The folder itself.
    package let path: String

    /// - Parameter path: a folder, which need not be there.
    package init(_ path: String) { self.path = path }

    /// What is trained here, and what has come out so far, for other programs.
    package var state: String { path + "/experiment.json" }
    /// Options of the winner of a search, for `trainer train --config`.
    package var best: String { path + "/best.yaml" }
    /// A page of all trainings, once they have come to their end.
    package var report: String { path + "/report.html" }

    /// Throws where the folder holds another experiment, or something else.
    package func refuseOther(than plan: ExperimentPlan) throws(ExperimentError) {
        guard let text = try? String(contentsOfFile: state, encoding: .utf8) else {
            let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter {
                !$0.hasPrefix(".") && !["attempt", "heartbeat"].contains($0) && !$0.hasSuffix(".log")
                    && !$0.hasSuffix(".out")
            }.sorted()
            guard let first = names.first else { return }
            throw ExperimentError(
                .usage, "\(path) holds \(first.printable(limit: 80)), and is not the folder of an experiment",
                recoverySuggestion: "choose another --out")
        }
        guard let found = (try? JSONValue(parsing: text))?["plan"] else {
            throw ExperimentError(
                .data, "\(state): not the file that a search or a comparison writes",
                recoverySuggestion: "restore the file, or choose another --out")
        }
        guard let difference = Self.difference(found, plan.fingerprint) else { return }
        throw ExperimentError(
            .usage, "\(path) holds another experiment: \(difference.printable(limit: 300))",
            recoverySuggestion: "give the file of before to continue it, or choose another --out")
    }

    /// What differs between two plans; nil where they are one.
    private static func difference(_ before: JSONValue, _ now: JSONValue) -> String? {
        guard before != now else { return nil }
        guard case .object(let members) = now else { return "another form" }
        for member in members where before[member.key] != member.value {
            guard member.key == "trials", case .array(let old)? = before["trials"], case .array(let new) = member.value
            else { return "\(member.key) \(member.value.compact) instead of \(before[member.key]?.compact ?? "none")" }
            guard old.count == new.count else { return "\(new.count) trials instead of \(old.count)" }
            for (one, other) in zip(old, new) where one != other {
                return differentOptions(one, other)
            }
        }
        return "another version of it"
    }

    /// What differs between a trial of before and the one that has its place now.
    private static func differentOptions(_ before: JSONValue, _ now: JSONValue) -> String {
        guard case .object(let members)? = now["options"], before["options"] != nil else {
            return "\(now.compact) instead of \(before.compact)"
        }
        let changes = members.filter { before["options"]?[$0.key] != $0.value }.map {
            "\($0.key) \($0.value.compact) instead of \(before["options"]?[$0.key]?.compact ?? "none")"
        }
        return "another trial, with " + changes.joined(separator: ", ")
    }

    /// Writes what is known now.
    package func write(_ results: ExperimentResults) throws(FileError) {
        let plan = results.plan
        let standings = results.schedule.standings
        let trials: [JSONValue] = standings.map { standing in
            let candidate = plan.candidates[standing.candidate]
            var trial: JSONValue = [
                "trial": .string(candidate.label), "folder": .string(candidate.folder),
                "options": .object(candidate.chosen.map { JSONValue.Member($0.name, .string($0.value ?? "")) }),
                "epochs": standing.rung.flatMap(results.epochs(of:)).map { .integer($0) } ?? .null,
                "value": standing.value.map { .number($0) } ?? .null,
            ]
            if standing.failedRung != nil { trial["failed"] = true }
            return trial
        }
        let json: JSONValue = [
            "plan": plan.fingerprint, "is_complete": .boolean(results.schedule.isComplete), "trials": .array(trials),
        ]
        try AtomicFile.write(json.pretty + "\n", to: state)
    }
}
