import FileIO
import Options
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

    /// Calls all options by the names that the parser knows: `-` for `_`, and for an alias the name of the option, which
    /// for `--layers` and the like depends on the model. So the last value counts, whichever name it has.
    static func named(_ arguments: [String]) -> [String] {
        let model = values(of: modelSpellings, in: arguments).last
        let entry = model.flatMap(RecommenderCatalogue.entry(named:))
        let declarations = declarations(of: arguments.first)
        return arguments.map { argument in
            guard argument.hasPrefix("--"), argument.count > 2 else { return argument }
            let end = argument.firstIndex(of: "=") ?? argument.endIndex
            let spelling = String(argument[..<end].dropFirst(2))
            guard spelling.utf8.allSatisfy({ $0 < 128 }) else { return argument }
            let dashed = spelling.replacing("_", with: "-")
            let own = declarations.isEmpty ? nil : entry?.option(called: dashed)?.declaration
            let declaration =
                own ?? declarations.first { $0.name == dashed } ?? declarations.first { $0.isCalled(dashed) }
            return "--" + (declaration?.name ?? dashed) + argument[end...]
        }
    }

    /// The declared options of a command.
    private static func declarations(of command: String?) -> [OptionDeclaration] {
        let ofRuns = TrainingConfiguration.runFields.map(\.declaration)
        return switch command {
        case "train":
            ofRuns + BeginningGroup.declarations + EndGroup.declarations + StepGroup.declarations
                + RankingGroup.declarations + ModelGroup.declarations + ObjectiveGroup.declarations
        case "evaluate": ofRuns + EvaluationGroup.declarations + ModelGroup.declarations + ScoreGroup.declarations
        case "benchmark": ofRuns + StepGroup.declarations + ModelGroup.declarations + ObjectiveGroup.declarations
        case "forecast":
            ofRuns + ForecastStepGroup.declarations + ModelGroup.declarations + ObjectiveGroup.declarations
        default: []
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
        (["--checkpoint"], "a command works with one model"),
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
