import FileIO
import Options
import Recommenders

/// What a command asks for that the run it resumes was not made with.
package struct ResumeDifferences {
    /// A difference: `--lr 0.001 instead of 0.01`.
    package struct Change: Sendable {
        /// The name of the option.
        package let option: String
        /// What the option decides about, and so whether a resumption may accept the difference.
        package let effect: OptionDeclaration.Effect
        /// `--lr 0.001 instead of 0.01`.
        package let text: String
    }

    /// In the order of the names of the options; without those that have no effect.
    package let changes: [Change]

    /// - Parameters:
    ///   - now: what the command asks for.
    ///   - before: a text of `config.yaml`. Folders may have moved: what they hold is compared by the fingerprint.
    ///   - ignoresExtractor: whether the extractor may differ: what a training took from it, it has.
    package init(now: TrainingConfiguration, before: String, ignoresExtractor: Bool = true) {
        let earlier = (try? OptionText(parsing: Array(before.utf8))) ?? OptionText()
        self.init(
            now: TrainingConfiguration.canonical(now.text, model: now.model),
            before: TrainingConfiguration.canonical(ofEarlier: earlier, model: now.model), model: now.model,
            ignoresExtractor: ignoresExtractor)
    }

    private init(now: [String: String], before: [String: String], model: String, ignoresExtractor: Bool) {
        let declarations = TrainingConfiguration.declarations(for: RecommenderCatalogue.entry(named: model))
        let byName = Dictionary(declarations.map { ($0.name, $0) }) { first, _ in first }
        changes = Set(now.keys).union(before.keys).sorted().compactMap { option in
            let declaration = byName[option]
            // What a file need not hold has its default.
            let value = now[option] ?? declaration?.defaultText
            let earlier = before[option]
            let effect = declaration?.effect ?? .result
            guard value != earlier, effect != .nothing, !(ignoresExtractor && option == "extractor") else { return nil }
            let text = "--\(option) \(value ?? "not given") instead of \(earlier ?? "not given")"
            return Change(option: option, effect: effect, text: text.printable(limit: 200))
        }
    }

    /// Throws where a training of the options before cannot be resumed with those of now.
    ///
    /// - Parameters:
    ///   - extends: whether options may differ that only decide when a training ends.
    ///   - path: what was made with the options before.
    func refuse(accepting extends: Bool, path: String) throws(TrainingError) {
        let refused = changes.filter { !extends || $0.effect != .ending }
        guard !refused.isEmpty else { return }
        let isExtension = refused.allSatisfy { $0.effect == .ending }
        throw TrainingError(
            .usage, "\(path) was made with other options: \(refused.map(\.text).joined(separator: ", "))",
            recoverySuggestion: isExtension
                ? "give the options of before, or add --extend to train by the new ones from there on"
                : "give the options of before, or begin a new training in another --out")
    }
}
