import FileIO
import Recommenders
import Training

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

    /// Calls options of the model by their own names where they have a name of another model's option too, such as
    /// `--layers`: so both are one option, of which the last value counts.
    static func namingSharedOptions(_ arguments: [String]) -> [String] {
        let model = values(of: modelSpellings, in: arguments).last
        guard let entry = model.flatMap(RecommenderCatalogue.entry(named:)) else { return arguments }
        return arguments.map { argument in
            guard argument.hasPrefix("--") else { return argument }
            let end = argument.firstIndex(of: "=") ?? argument.endIndex
            let spelling = String(argument[..<end].dropFirst(2))
            guard let name = entry.option(called: spelling)?.declaration.name, name != spelling,
                RecommenderCatalogue.options.contains(where: {
                    $0.declaration.name != name && $0.declaration.isCalled(spelling)
                })
            else { return argument }
            return "--" + name + argument[end...]
        }
    }

    /// The values of an option that has one of these spellings, in their order; an empty one where it is missing.
    static func values(of spellings: [String], in arguments: [String]) -> [String] {
        arguments.indices.compactMap { index in
            let argument = arguments[index]
            if spellings.contains(argument) { return index + 1 < arguments.count ? arguments[index + 1] : "" }
            return spellings.first { argument.hasPrefix($0 + "=") }.map { String(argument.dropFirst($0.count + 1)) }
        }
    }

    /// How the model is named.
    static let modelSpellings = TrainingConfiguration.spellings(ofField: "model").map { "--" + $0 }

    /// Options of which a command has one at most, and why.
    private static let single: [(spellings: [String], reason: String)] = [
        (modelSpellings, "a command is about one model"),
        (["--dataset"], "a command is about one data set"),
        (["--stage"], "a command trains one stage, or with --stage both all of them"),
        (["--recipe"], "a training has one recipe"),
        (["--config"], "a command reads one file of options"),
        (["--checkpoint"], "a command ranks with one model"),
    ]

    /// Refuses a line that names a model, data set or the like twice, of which only the last would count.
    static func refuseRepetition(_ arguments: [String]) throws(CommandError) {
        for (spellings, reason) in single {
            let values = values(of: spellings, in: arguments)
            guard values.count > 1 else { continue }
            throw CommandError(
                "\(spellings[0]) is there \(values.count) times: "
                    + "\(values.map { $0.printable(limit: 100) }.joined(separator: ", "))\n\(reason): give the option once"
            )
        }
    }
}
