/// What is done to the arguments of the command line before options are looked for.
enum ArgumentSpelling {
    /// Ties a negative number to the option before it: `--lr -0.1` becomes `--lr=-0.1`.
    ///
    /// Otherwise the number would be taken for an option of its own, and the one before for an option without a value,
    /// instead of a value that is out of range.
    static func joinNegativeNumbers(_ arguments: [String]) -> [String] {
        arguments.reduce(into: []) { result, argument in
            guard argument.hasPrefix("-"), Double(argument) != nil, let option = result.last,
                option.hasPrefix("--"), !option.contains("=")
            else { return result.append(argument) }
            result[result.count - 1] = option + "=" + argument
        }
    }

    /// Refuses a line that names a model twice, of which only the last would be trained.
    static func refuseTwoModels(_ arguments: [String]) throws(CommandError) {
        let spellings = ["--model", "--model_name", "--model-name"]
        let named = arguments.indices.compactMap { index -> String? in
            let argument = arguments[index]
            if spellings.contains(argument) { return index + 1 < arguments.count ? arguments[index + 1] : "" }
            return spellings.first { argument.hasPrefix($0 + "=") }.map { String(argument.dropFirst($0.count + 1)) }
        }
        guard named.count > 1 else { return }
        throw CommandError(
            "--model is there \(named.count) times: \(named.joined(separator: ", "))\n"
                + "a command is about one model: give the option once")
    }
}
