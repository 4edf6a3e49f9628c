import Options
import Recommenders

/// `trainer train --model NAME --help`: what the model is and which options are its own.
enum ModelHelp {
    /// The text; nil where the arguments do not ask for the help of a model that there is.
    static func answer(to arguments: [String]) -> String? {
        guard let command = arguments.first, ["train", "evaluate", "benchmark", "forecast"].contains(command),
            arguments.contains("--help") || arguments.contains("-h"),
            let name = ArgumentSpelling.values(of: ArgumentSpelling.modelSpellings, in: arguments).last,
            let entry = RecommenderCatalogue.entry(named: name)
        else { return nil }
        let options = entry.allOptions.map { option -> String in
            let declaration = entry.declaration(of: option)
            let others = declaration.aliases.map { "--" + $0 }
            return HelpText.option(
                "--\(declaration.name) <\(declaration.valueName)>",
                declaration.helpText() + (others.isEmpty ? "" : " Also \(others.joined(separator: ", "))."))
        }
        return """
            \(HelpText.folded("OVERVIEW: \(entry.name), \(entry.summary)."))

              trainer train --model \(entry.name) --dataset NAME --out RUN

            OPTIONS OF \(entry.name.uppercased()):
            \(options.joined(separator: "\n"))

            \(HelpText.folded(
                "trainer \(command) --help has the options that all models have in common, trainer \(command) --help-hidden "
                    + "the others of the objective and the training step too."))
            """
    }
}

/// Text in the form of the parser's help.
enum HelpText {
    /// Characters of a line at most.
    private static let width = 79
    /// Where the words about an option begin.
    private static let column = 26

    /// Words in lines, all but the first behind so many spaces.
    static func folded(_ text: String, indentation: Int = 0) -> String {
        let first = text.prefix { $0 == " " }
        let margin = "\n" + String(repeating: " ", count: indentation)
        return first + lines(text, width: width - indentation).joined(separator: margin)
    }

    /// An option and what it is.
    static func option(_ name: String, _ words: String) -> String {
        let head = "  " + name
        let margin = String(repeating: " ", count: column)
        let text = lines(words, width: width - column).joined(separator: "\n" + margin)
        guard head.count < column else { return head + "\n" + margin + text }
        return head + String(repeating: " ", count: column - head.count) + text
    }

    private static func lines(_ text: String, width: Int) -> [String] {
        text.split(separator: " ").reduce(into: [String]()) { lines, word in
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
    }
}
