import Recommenders

/// What `trainer train --model` prints when it is given no name: the models with what they are.
enum ModelList {
    static var names: String { RecommenderCatalogue.entries.map(\.name).joined(separator: ", ") }

    static var text: String {
        let width = RecommenderCatalogue.entries.map(\.name.count).max() ?? 0
        return RecommenderCatalogue.entries.map { entry in
            let name = entry.name + String(repeating: " ", count: width - entry.name.count) + "  "
            return name + HelpText.folded(entry.summary, indentation: width + 2)
        }.joined(separator: "\n")
    }
}
