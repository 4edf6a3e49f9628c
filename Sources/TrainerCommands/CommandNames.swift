import ArgumentParser
import FileIO
import Recommenders

/// The subcommand, looked at before options are: an option that a mistyped subcommand would have is not what is wrong.
enum CommandNames {
    /// Refuses a line that does not begin with a subcommand, and words where options are expected.
    static func check(_ arguments: [String]) throws(CommandError) {
        try check(arguments, of: TrainerCommand.self, path: ["trainer"])
        let withoutWords = [
            "train", "evaluate", "recommend", "similar", "export", "search", "compare", "benchmark", "forecast",
        ]
        guard let command = arguments.first, withoutWords.contains(command), arguments.count > 1,
            !arguments[1].hasPrefix("-")
        else { return }
        throw CommandError(
            "\(command) is followed by \(arguments[1].printable(limit: 100)), which is no option\n"
                + recoverySuggestion(for: arguments[1], behind: command))
    }

    private static func check(
        _ arguments: [String], of parent: any ParsableCommand.Type, path: [String]
    ) throws(CommandError) {
        guard let word = arguments.first else { return }
        let subcommands = parent.configuration.subcommands
        let names = subcommands.compactMap { $0.configuration.commandName }
        let rest = Array(arguments.dropFirst())
        let line = path.joined(separator: " ")
        guard !word.hasPrefix("-") else {
            // Help and what shells complete with are options of every command.
            guard !["-h", "-help", "--help", "--help-hidden"].contains(word),
                let index = rest.firstIndex(where: names.contains)
            else { return }
            var options = arguments
            let name = options.remove(at: index + 1)
            throw CommandError(
                "\(word.printable(limit: 100)) stands before the subcommand \(name)\n"
                    + "write \((path + [name] + options).joined(separator: " ").printable(limit: 1_000))")
        }
        guard word != "help" else {
            if let asked = rest.first, !asked.hasPrefix("-") { try check(rest, of: parent, path: path) }
            return
        }
        guard let index = names.firstIndex(of: word) else {
            let nearest = names.nearest(to: word).map { "; did you mean \($0)?" } ?? ""
            throw CommandError(
                "there is no subcommand \(line) \(word.printable(limit: 100))\(nearest)\n"
                    + "choose one of \(names.joined(separator: ", ")); \(line) --help describes them")
        }
        if !subcommands[index].configuration.subcommands.isEmpty {
            try check(rest, of: subcommands[index], path: path + [word])
        }
    }

    private static func recoverySuggestion(for word: String, behind command: String) -> String {
        let word = word.printable(limit: 100)
        if command == "evaluate" { return "name a run or a file with --checkpoint \(word)" }
        if ["search", "compare"].contains(command) {
            return "name the file that says what to train with --config \(word)"
        }
        if ["recommend", "similar", "export"].contains(command) { return "name a run with --checkpoint \(word)" }
        if RecommenderCatalogue.entry(named: word) != nil { return "name the model with --model \(word)" }
        if command == "train", Recipe.all.contains(where: { $0.name == word }) {
            return "name the recipe with --recipe \(word)"
        }
        return "name a model with --model NAME, a data set with --dataset NAME"
    }
}
