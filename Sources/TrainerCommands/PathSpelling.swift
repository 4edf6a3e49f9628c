import FileIO
import Foundation
import Options

/// The paths of the command line, as the shell would have handed them over.
///
/// A shell replaces `~` at the beginning of a word, not in `--out=~/runs` nor in a file of options. Here it means the same
/// everywhere.
enum PathSpelling {
    /// The options that take a path.
    static let options = Set(
        [
            "out", "data-root", "path", "config", "checkpoint", "extractor", "warm-start", "epochs-from", "users",
            "histories", "allow", "ban", "categories", "metrics-file", "trace",
        ]
        .flatMap(OptionDeclaration.spellings).map { "--" + $0 })

    /// Replaces `~` at the beginning of paths by the user's folder.
    static func expand(_ arguments: [String]) throws(CommandError) -> [String] {
        var result: [String] = []
        var pending: String?
        for argument in arguments {
            if let option = pending {
                pending = nil
                // What looks like an option is one: the value is missing, which the parser tells.
                result.append(argument.hasPrefix("--") ? argument : try path(argument, of: option))
                if options.contains(argument) { pending = argument }
            } else if let equals = argument.firstIndex(of: "="), options.contains(String(argument[..<equals])) {
                let option = String(argument[..<equals])
                result.append(option + "=" + (try path(String(argument[equals...].dropFirst()), of: option)))
            } else {
                result.append(argument)
                if options.contains(argument) { pending = argument }
            }
        }
        return result
    }

    private static func path(_ text: String, of option: String) throws(CommandError) -> String {
        guard !text.isEmpty else { throw CommandError("\(option) is empty\nname a folder or a file, or leave it out") }
        guard text.hasPrefix("~") else { return text }
        guard text == "~" || text.hasPrefix("~/") else {
            throw CommandError(
                "\(option) \(text.printable()): only ~ by itself stands for a folder, that of the user who runs the command\n"
                    + "write the whole path, or ./\(text.printable()) for what has this name")
        }
        let home = ProcessInfo.processInfo.environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
        return (home ?? FileManager.default.homeDirectoryForCurrentUser.path) + text.dropFirst()
    }
}
