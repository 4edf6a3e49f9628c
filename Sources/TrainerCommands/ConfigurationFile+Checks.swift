import FileIO
import Options
import Training

/// What a file of options cannot hold: told with file and line, before its options become a part of the command line.
extension ConfigurationFile {
    /// Refuses a file that names one option by two of its names.
    static func refuseRepetition(in options: OptionText, path: String) throws(CommandError) {
        var spellings: [String: String] = [:]
        for entry in options.entries {
            let name = TrainingConfiguration.name(of: entry.name, model: options["model"]?.value)
            guard let other = spellings.updateValue(entry.name, forKey: name) else { continue }
            throw CommandError(
                exitCode: 65, "\(path):\(entry.line): \(other) and \(entry.name) are one option\nleave one of them out")
        }
    }

    /// Refuses what no command line could say.
    static func check(_ entry: OptionText.Entry, of path: String) throws(CommandError) {
        func refuse(_ problem: String, _ recoverySuggestion: String) throws(CommandError) {
            throw CommandError(exitCode: 65, "\(path):\(entry.line): \(problem)\n\(recoverySuggestion)")
        }
        guard let value = entry.value, !value.isEmpty else {
            guard entry.isNull else {
                return try refuse(
                    "\(entry.name) has no value", "give it one; for the default write null, or leave the line out")
            }
            return
        }
        guard value.printable(limit: .max) == value else {
            // A value that is wrong is shown as it is.
            return try refuse("\(entry.name) is \(value.printable())", "leave out what cannot be seen")
        }
        guard entry.name != "config" else {
            return try refuse("a file of options cannot name another one", "write the options into one file")
        }
    }

    /// Refuses what the subcommand has no option for, and texts that are no value of their option.
    static func checkSpelling(of options: OptionText, path: String, subcommand: String) throws(CommandError) {
        let arguments = options.entries.compactMap { entry in entry.value.flatMap { argument(entry.name, $0) } }
        guard (try? TrainerCommand.parseAsRoot([subcommand] + arguments)) == nil else { return }
        for entry in options.entries {
            // Alone it is refused, whatever is wrong with the others.
            guard let value = entry.value, let argument = argument(entry.name, value), argument != "--extend" else {
                continue
            }
            do {
                _ = try TrainerCommand.parseAsRoot([subcommand, argument])
            } catch {
                throw CommandError(
                    "\(path):\(entry.line): \(TrainerCommand.message(for: error))\n"
                        + "the options of a file are those of trainer \(subcommand) --help, without the dashes")
            }
        }
    }

    /// Refuses values that their option cannot have, and names that nothing has.
    static func checkValue(_ entry: OptionText.Entry, of path: String, model: String?) throws(CommandError) {
        guard let value = entry.value else { return }
        do {
            if entry.name == "recipe" { _ = try Recipe.named(value) }
            if entry.name == "pretrain" { _ = try StageOptions(parsing: [value]) }
            _ = try PathSpelling.expand(["--\(entry.name)=\(value)"])
            try TrainingConfiguration.check(entry, model: model)
        } catch {
            throw CommandError("\(path):\(entry.line): \(error)")
        }
    }
}
