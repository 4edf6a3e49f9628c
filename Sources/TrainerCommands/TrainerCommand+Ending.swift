import ArgumentParser
import FileIO
import Reporting

extension TrainerCommand {
    /// Ends the process with the exit code of `exit(withError:)`: help on standard output, an error in the form of all
    /// others.
    static func end(with error: any Error) -> Never {
        let message = fullMessage(for: error)
        let code = exitCode(for: error)
        guard !message.isEmpty else { exit(withError: code) }
        guard code == .success else {
            Console().error(problem(ofParser: message))
            exit(withError: code)
        }
        do throws(CommandError) { try StandardOutput.show(message.printableLines + "\n") } catch {
            Console().error(error)
            exit(withError: ExitCode(error.exitCode))
        }
        exit(withError: code)
    }

    /// What the parser says is wrong, what the option is for, and where all options stand:
    ///
    ///     Error: The value 'x' is invalid for '--top <top>'          the value 'x' is invalid for '--top <top>'
    ///     Help:  --top <top>  Items of a user. (default: 20)         --top <top>: Items of a user. (default: 20)
    ///     Usage: trainer recommend <options>                         see trainer recommend --help
    ///       See 'trainer recommend --help' for more information.
    private static func problem(ofParser message: String) -> String {
        let (error, help, more) = ("Error: ", "Help:  ", "  See '")
        let lines = message.utf8.split(separator: 0x0A).compactMap { bytes -> String? in
            let line = Substring(bytes)
            if line.hasPrefix(error) { return lowercasingFirst(line.dropFirst(error.count)) }
            if line.hasPrefix(help) { return describing(line.dropFirst(help.count)) }
            if line.hasPrefix(more) { return "see " + line.dropFirst(more.count).prefix { $0 != "'" } }
            return line.hasPrefix("Usage: ") || line.hasPrefix("       ") ? nil : String(line)
        }
        return lines.joined(separator: "\n")
    }

    private static func lowercasingFirst(_ text: Substring) -> String {
        guard let first = text.first, text.dropFirst().first?.isLowercase ?? false else { return String(text) }
        return first.lowercased() + text.dropFirst()
    }

    /// `--top <top>  Items of a user.` with a colon for the gap.
    private static func describing(_ text: Substring) -> String {
        guard let gap = text.firstRange(of: "  ") else { return String(text) }
        return text[..<gap.lowerBound] + ": " + text[gap.upperBound...].drop { $0 == " " }
    }
}
