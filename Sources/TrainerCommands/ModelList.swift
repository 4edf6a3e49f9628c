import Recommenders
import Reporting

/// What `trainer train --model` prints when it is given no name: the models, a line each.
enum ModelList {
    /// Whether an option that names a model has no value in `arguments`.
    static func isAskedFor(_ arguments: [String]) -> Bool {
        arguments.indices.contains { index in
            guard ["--model", "--model_name", "--model-name"].contains(arguments[index]) else { return false }
            return index + 1 == arguments.count || arguments[index + 1].hasPrefix("-")
        }
    }

    static var text: String {
        let width = RecommenderCatalogue.entries.map(\.name.count).max() ?? 0
        return RecommenderCatalogue.entries.map { entry in
            entry.name + String(repeating: " ", count: width - entry.name.count) + "  " + entry.summary
        }.joined(separator: "\n")
    }
}
