import ArgumentParser
import FileIO
import Foundation
import Training

/// `trainer --generate-manual FOLDER`: the manual pages of all commands in mdoc(7), `trainer.1`, `trainer-train.1` and so
/// on, of what their help says and of what `--help` leaves out.
enum ManualPage {
    private static let option = "--generate-manual"

    /// Writes the pages that the arguments ask for.
    ///
    /// - Returns: the names of the files, a line each; nil where nobody asks for them.
    static func answer(to arguments: [String]) throws(CommandError) -> String? {
        guard arguments.first == option else { return nil }
        guard arguments.count == 2 else { throw CommandError("\(option) needs a folder\nname where the pages go") }
        guard let root = (try? JSONValue(parsing: TrainerCommand._dumpHelp()))?["command"] else {
            throw CommandError(exitCode: 70, "the help cannot be read\nreport this as a fault of the program")
        }
        guard Launcher.isFirstRank else { return "" }
        do throws(FileError) {
            try Folder.create(arguments[1], advice: "choose another folder")
            let pages = pages(of: root, called: ["trainer"])
            for page in pages { try AtomicFile.write(page.text, to: arguments[1] + "/" + page.name) }
            return pages.map(\.name).joined(separator: "\n")
        } catch {
            throw CommandError(exitCode: 74, "\(error)")
        }
    }

    /// The page of a command and those of its subcommands.
    private static func pages(of command: JSONValue, called names: [String]) -> [(name: String, text: String)] {
        let own = (name: names.joined(separator: "-") + ".1", text: page(of: command, called: names))
        return [own] + subcommands(of: command).flatMap { pages(of: $0.command, called: names + [$0.name]) }
    }

    private static func subcommands(of command: JSONValue) -> [(name: String, command: JSONValue)] {
        elements(command["subcommands"]).compactMap { command in
            guard let name = text(command["commandName"]), name != "help" else { return nil }
            return (name, command)
        }
    }

    private static func page(of command: JSONValue, called names: [String]) -> String {
        let title = names.joined(separator: "-")
        var page = """
            .Dd \(date)
            .Dt \(title.uppercased()) 1
            .Os Facet \(BuildDescription.version)
            .Sh NAME
            .Nm \(title)
            .Nd \(Roff.line((text(command["abstract"]) ?? "").trimmingCharacters(in: ["."])))
            .Sh SYNOPSIS
            .Nm \(names.joined(separator: " "))

            """
        let below = subcommands(of: command)
        // What other programs have and this one ignores has no words.
        let arguments = elements(command["arguments"]).filter { text($0["abstract"]) != nil }
        if below.isEmpty {
            page += ".Op Ar option ...\n"
            for argument in arguments where text(argument["kind"]) == "positional" {
                page += ".Ar \(Roff.word(text(argument["valueName"]) ?? "value")) ...\n"
            }
        } else {
            page += ".Ar subcommand\n.Op Ar option ...\n"
        }
        page += ".Sh DESCRIPTION\n" + Roff.paragraphs(text(command["discussion"]) ?? text(command["abstract"]) ?? "")
        if !below.isEmpty {
            page += ".Sh SUBCOMMANDS\n.Bl -tag -width Ds\n"
            for (name, command) in below {
                page += ".It Ic \(Roff.word(name))\n\(Roff.line(text(command["abstract"]) ?? ""))\n"
                page += "See\n.Xr \(title)-\(name) 1 .\n"
            }
            page += ".El\n"
        }
        return page + options(arguments) + ending(names)
    }

    /// The options in their groups, in the order of the help: those with a title first.
    private static func options(_ arguments: [JSONValue]) -> String {
        var titles: [String] = []
        var groups: [String: [JSONValue]] = [:]
        for argument in arguments {
            let title = text(argument["sectionTitle"]) ?? ""
            if groups[title] == nil { titles.append(title) }
            groups[title, default: []].append(argument)
        }
        var page = ".Sh OPTIONS\n"
        for title in titles.filter({ !$0.isEmpty }) + titles.filter(\.isEmpty) {
            if titles.count > 1 { page += ".Ss \(Roff.line(title.isEmpty ? "Others" : title))\n" }
            page += ".Bl -tag -width Ds\n"
            for argument in groups[title] ?? [] { page += item(argument) }
            page += ".El\n"
        }
        return page
    }

    private static func item(_ argument: JSONValue) -> String {
        let value = Roff.word(text(argument["valueName"]) ?? "value")
        var item = ""
        switch text(argument["kind"]) {
        case "positional": item = ".It Ar \(value)\n"
        case let kind:
            let names = elements(argument["names"]).compactMap { name in
                text(name["name"]).map {
                    text(name["kind"]) == "long" ? "Fl Fl \(Roff.word($0))" : "Fl \(Roff.word($0))"
                }
            }
            item = ".It " + names.joined(separator: " , ") + (kind == "option" ? " Ar \(value)" : "") + "\n"
        }
        var words = text(argument["abstract"]) ?? ""
        let values = elements(argument["allValues"]).compactMap(text)
        if !values.isEmpty { words += " One of \(values.joined(separator: ", "))." }
        if let standard = text(argument["defaultValue"]), !words.contains("(default:") {
            words += " Default: \(standard)."
        }
        return item + Roff.line(words) + "\n"
    }

    private static func ending(_ names: [String]) -> String {
        var page = """
            .Sh EXIT STATUS
            .Bl -tag -width Ds -compact
            .It 0
            done
            .It 64
            wrong usage
            .It 65
            bad data
            .It 70
            internal error
            .It 73
            another process works on the run
            .It 74
            input/output error
            .It 75
            stopped early, with a checkpoint to resume from
            .El
            .Sh SEE ALSO

            """
        page += names.count > 1 ? ".Xr mpirun 1 ,\n.Xr trainer 1\n" : ".Xr mpirun 1\n"
        return page
    }

    /// The date on the page: today, or that of `SOURCE_DATE_EPOCH`, so that a build can be repeated.
    private static var date: String {
        let given = ProcessInfo.processInfo.environment["SOURCE_DATE_EPOCH"].flatMap { Double($0) }
        let day = given.map { Date(timeIntervalSince1970: $0) } ?? Date()
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day], from: day)
        let months = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ]
        return "\(months[(parts.month ?? 1) - 1]) \(parts.day ?? 1), \(parts.year ?? 2000)"
    }

    private static func elements(_ value: JSONValue?) -> [JSONValue] {
        if case .array(let elements)? = value { elements } else { [] }
    }

    private static func text(_ value: JSONValue?) -> String? {
        if case .string(let text)? = value { text } else { nil }
    }
}

/// Text for roff, which obeys dots, quotation marks at the beginning of lines, and backslashes.
private enum Roff {
    /// Words of a paragraph, each sentence on a line of its own, as roff knows where a sentence ends.
    static func line(_ text: String) -> String {
        let words = escaped(text.replacing("\n", with: " ")).replacing(/\. +(?=[A-Z0-9\(])/, with: ".\n")
        return words.hasPrefix(".") || words.hasPrefix("'") ? "\\&" + words : words
    }

    /// A word behind a macro, which must not be taken for one.
    static func word(_ text: String) -> String { "\\&" + escaped(text).replacing(" ", with: "\\ ") }

    /// Paragraphs, commands and tables of a discussion.
    static func paragraphs(_ text: String) -> String {
        var page = ""
        for paragraph in text.split(separator: "\n\n") {
            let lines = paragraph.split(separator: "\n")
            let isLiteral = lines.contains { $0.hasPrefix("  ") || $0.contains(/\S {2,}\S/) }
            if isLiteral {
                page += ".Bd -literal -offset indent\n"
                page += lines.map { literal(String($0.hasPrefix("  ") ? $0.dropFirst(2) : $0)) + "\n" }.joined()
                page += ".Ed\n"
            } else {
                if !page.isEmpty { page += ".Pp\n" }
                page += line(lines.joined(separator: " ")) + "\n"
            }
        }
        return page
    }

    private static func literal(_ text: String) -> String {
        let words = escaped(text)
        return words.hasPrefix(".") || words.hasPrefix("'") ? "\\&" + words : words
    }

    /// A hyphen stays one, so that an option can be copied.
    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    }
}
