import FileIO

/// A named set of options of `trainer train`: settings whose results are known, under one name.
///
/// Its options stand before those of a file and of the command line, so that these win.
struct Recipe: Sendable {
    /// Small letters, digits and dashes.
    let name: String
    /// What it is good for, on one line.
    let purpose: String
    /// The data set that its numbers are about.
    let data: String
    /// Where its numbers come from, and what they are.
    let source: String
    /// `--option=value`, each of its own.
    let options: [String]

    /// - Parameter options: as on a command line, without quotation marks: `--lr 1e-4 --l2 1e-6`.
    init(_ name: String, for purpose: String, data: String, source: String, options: String) {
        self.name = name
        self.purpose = purpose
        self.data = data
        self.source = source
        self.options = options.split(separator: " ").reduce(into: []) { result, word in
            if word.hasPrefix("--") { return result.append(String(word)) }
            result[result.count - 1] += "=" + word
        }
    }

    /// The recipe called `name`.
    static func named(_ name: String) throws(CommandError) -> Recipe {
        if let recipe = all.first(where: { $0.name == name.lowercased() }) { return recipe }
        let nearest = all.map(\.name).nearest(to: name).map { "; did you mean \($0)?" } ?? ""
        throw CommandError(
            (name.isEmpty ? "--recipe has no name" : "there is no recipe \(name.printable(limit: 100))\(nearest)")
                + "\n"
                + "choose one of \(all.map(\.name).joined(separator: ", "))")
    }

    /// What `trainer train --recipe` prints.
    static var list: String { all.map(\.text).joined(separator: "\n\n") }

    /// The recipe for people.
    private var text: String {
        let words = options.map { $0.replacing("=", with: " ", maxReplacements: 1) }
        return name
            + [("for", [purpose]), ("data", [data]), ("source", [source]), ("options", words)].map { title, words in
                "\n  " + title + String(repeating: " ", count: 9 - title.count)
                    + Self.lines(of: words, width: 100).joined(separator: "\n" + String(repeating: " ", count: 11))
            }.joined()
    }

    /// Words in as few lines as they fit into, each word whole.
    private static func lines(of words: [String], width: Int) -> [String] {
        words.reduce(into: []) { lines, word in
            guard let last = lines.last, last.count + 1 + word.count <= width else { return lines.append(word) }
            lines[lines.count - 1] += " " + word
        }
    }
}

/// `--recipe NAME` on a command line.
enum RecipeArguments {
    /// Puts the options of a recipe that is named before all others of `train`.
    ///
    /// The name stays where it is, for `config.yaml`.
    static func expand(_ arguments: [String]) throws(CommandError) -> [String] {
        guard arguments.first == "train" else { return arguments }
        let names = ArgumentSpelling.values(of: ["--recipe"], in: arguments)
        guard let name = names.last else { return arguments }
        guard Set(names).count == 1 else {
            throw CommandError(
                "two recipes are named: \(names.map { $0.printable(limit: 100) }.joined(separator: " and "))\n"
                    + "a training has one: leave --recipe out in the file or on the command line")
        }
        return ["train"] + (try Recipe.named(name)).options + arguments.dropFirst()
    }
}
