import Recommenders

/// What `trainer train --model` prints when it is given no name: the models, a line each.
enum ModelList {
    /// Looks for an option of `train` that names a model and has no value.
    ///
    /// - Returns: whether there is such an option and nothing else: then the list is what was asked for.
    /// - Throws: the list, where there are other options, too: something is missing then.
    static func isAskedFor(_ arguments: [String]) throws(CommandError) -> Bool {
        guard arguments.first == "train" else { return false }
        let isWithoutName = arguments.indices.contains { index in
            ["--model", "--model_name", "--model-name"].contains(arguments[index])
                && (index + 1 == arguments.count || arguments[index + 1].hasPrefix("--"))
        }
        guard isWithoutName else { return false }
        guard arguments.count == 2 else { throw CommandError("--model has no name\nchoose one of these:\n\(text)") }
        return true
    }

    static var text: String {
        let width = RecommenderCatalogue.entries.map(\.name.count).max() ?? 0
        return RecommenderCatalogue.entries.map { entry in
            entry.name + String(repeating: " ", count: width - entry.name.count) + "  " + entry.summary
        }.joined(separator: "\n")
    }
}
