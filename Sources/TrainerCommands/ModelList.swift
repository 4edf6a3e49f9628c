import Recommenders

/// What `trainer train --model` prints when it is given no name: the models, a line each.
enum ModelList {
    static var text: String {
        let width = RecommenderCatalogue.entries.map(\.name.count).max() ?? 0
        return RecommenderCatalogue.entries.map { entry in
            entry.name + String(repeating: " ", count: width - entry.name.count) + "  " + entry.summary
        }.joined(separator: "\n")
    }
}
