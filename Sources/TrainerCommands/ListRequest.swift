/// `trainer train --model` and `trainer train --recipe`, without a name: a request for what there is.
enum ListRequest {
    /// Looks for an option of `train` that names something out of a list, and has no value.
    ///
    /// - Returns: the list, if there is such an option and nothing else; nil if there is none.
    /// - Throws: the list, where there are other options, too: something is missing then.
    static func answer(to arguments: [String]) throws(CommandError) -> String? {
        guard arguments.first == "train" else { return nil }
        for (spellings, list) in [
            (ArgumentSpelling.modelSpellings, ModelList.text), (["--recipe"], Recipe.list),
        ] {
            let isWithoutName = arguments.indices.contains { index in
                spellings.contains(arguments[index])
                    && (index + 1 == arguments.count || arguments[index + 1].hasPrefix("--"))
            }
            guard isWithoutName else { continue }
            guard arguments.count == 2 else {
                throw CommandError("\(spellings[0]) has no name\nchoose one of these:\n\(list)")
            }
            return list
        }
        return nil
    }
}
