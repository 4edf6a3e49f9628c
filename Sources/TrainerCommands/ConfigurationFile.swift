import FileIO
import Options
import Training

/// `--config FILE.yaml`: a file of options that stand before those of the command line, so that these win.
package enum ConfigurationFile {
    /// Replaces `--config FILE` by the file's options: `key: value` becomes `--key value`.
    package static func expand(_ arguments: [String]) throws -> [String] {
        guard let index = arguments.firstIndex(where: { $0 == "--config" || $0.hasPrefix("--config=") }) else {
            return arguments
        }
        var rest = arguments
        let path: String
        if let equals = rest[index].firstIndex(of: "=") {
            path = String(rest.remove(at: index)[equals...].dropFirst())
        } else {
            rest.remove(at: index)
            guard index < rest.count else { throw CommandError("--config needs the name of a YAML file") }
            path = rest.remove(at: index)
        }
        guard let subcommand = rest.first, !subcommand.hasPrefix("-") else {
            throw CommandError("--config stands behind the subcommand: trainer train --config \(path)")
        }
        return [subcommand] + (try options(of: path)) + rest.dropFirst()
    }

    /// Refuses a file that names one option by two of its names.
    private static func refuseRepetition(in options: OptionText, path: String) throws(CommandError) {
        var spellings: [String: String] = [:]
        for entry in options.entries {
            let name = TrainingConfiguration.name(of: entry.name, model: options["model"]?.value)
            guard let other = spellings.updateValue(entry.name, forKey: name) else { continue }
            throw CommandError(
                exitCode: 65, "\(path):\(entry.line): \(other) and \(entry.name) are one option\nleave one of them out")
        }
    }

    private static func options(of path: String) throws -> [String] {
        let options: OptionText
        do {
            options = try OptionText(contentsOf: path)
        } catch let error as FileError {
            throw CommandError("\(path): cannot be read: \(error.reason)\nname a file such as the config.yaml of a run")
        } catch let error as OptionError {
            throw CommandError(exitCode: 65, "\(error.message(path: path))\nwrite one option a line: `lr: 0.001`")
        }
        guard !options.entries.isEmpty else {
            throw CommandError(exitCode: 65, "\(path): no options\nwrite one option a line: `lr: 0.001`")
        }
        try refuseRepetition(in: options, path: path)
        return try (options.entries + TrainingConfiguration.formerOptions(of: options)).compactMap { entry in
            guard let value = entry.value, !value.isEmpty else { return nil }
            // A value that is wrong is shown as it is.
            guard value.printable(limit: .max) == value else {
                throw CommandError(
                    exitCode: 65,
                    "\(path):\(entry.line): \(entry.name) is \(value.printable())\nleave out what cannot be seen")
            }
            return "--\(entry.name)=\(value)"
        }
    }
}
