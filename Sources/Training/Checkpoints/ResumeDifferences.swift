import Recommenders
import Reporting

/// What a command asks for that the run it goes on with was not made with.
package struct ResumeDifferences {
    /// Names of options that decide when a training ends, not what it computes up to there.
    static let extensions: Set<String> = ["epochs", "early-stop", "patience", "max-steps"]
    /// Names of options that never change a result, or that only say where a run, its data and its options come from.
    static let ofPlaces: Set<String> = ["out", "data-root", "dataset", "exchange", "recipe"]
    /// The same for a training that has begun: what it took from an extractor it has.
    static let irrelevant = ofPlaces.union(["extractor"])

    /// The limit of the unit of time intervals in a run of a version that had no option for it.
    static let formerTimeUnitMax = 65_535
    /// What options were in texts that do not have them.
    private static let former = [ModelOption.timeUnitMax.rawValue: String(formerTimeUnitMax)]

    /// `--lr 0.001 instead of 0.01`, by the name of the option.
    package let changes: [(option: String, text: String)]

    /// - Parameters:
    ///   - now, before: texts of `config.yaml`. Folders may have moved: what they hold is compared by the fingerprint.
    ///   - ignored: names of options that may differ.
    package init(now: String, before: String, ignoring ignored: Set<String>? = nil) {
        let ignored = ignored ?? Self.irrelevant
        let (now, before) = (Self.options(now), Self.options(before))
        changes = Set(now.keys).union(before.keys).subtracting(ignored).sorted().compactMap { option in
            let (value, earlier) = (now[option], before[option] ?? (before.isEmpty ? nil : Self.former[option]))
            guard !Self.areEqual(value, earlier) else { return nil }
            let text = "--\(option) \(value ?? "not given") instead of \(earlier ?? "not given")"
            return (option, text.printable(limit: 200))
        }
    }

    /// Whether two values are one, also where they are numbers that are spelled in two ways.
    private static func areEqual(_ value: String?, _ other: String?) -> Bool {
        if value == other { return true }
        guard let number = value.flatMap({ Double($0) }), let otherNumber = other.flatMap({ Double($0) }) else {
            return false
        }
        return number == otherNumber
    }

    /// Throws where a training of the options before cannot go on with those of now.
    ///
    /// - Parameters:
    ///   - extends: whether ``extensions`` may differ.
    ///   - path: what was made with the options before.
    func refuse(accepting extends: Bool, path: String) throws(TrainingError) {
        let refused = changes.filter { !extends || !Self.extensions.contains($0.option) }
        guard !refused.isEmpty else { return }
        let isExtension = refused.allSatisfy { Self.extensions.contains($0.option) }
        throw TrainingError(
            .usage, "\(path) was made with other options: \(refused.map(\.text).joined(separator: ", "))",
            remedy: isExtension
                ? "give the options of before, or add --extend to train by the new ones from there on"
                : "give the options of before, or begin a new training in another --out")
    }

    private static func options(_ text: String) -> [String: String] {
        let entries = (try? OptionText(parsing: Array(text.utf8)))?.entries ?? []
        return Dictionary(entries.map { ($0.name, $0.value ?? "") }) { first, _ in first }
    }
}
