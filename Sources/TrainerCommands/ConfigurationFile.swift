import FileIO
import Options
import Reporting
import Training

/// `--config FILE.yaml`: a file of options that stand before those of the command line, so that these win.
package enum ConfigurationFile {
    /// Replaces `--config FILE` by the file's options: `key: value` becomes `--key value`.
    package static func expand(_ arguments: [String]) throws -> [String] {
        guard !ownFiles.contains(arguments.first ?? ""),
            let index = arguments.firstIndex(where: { $0 == "--config" || $0.hasPrefix("--config=") })
        else { return arguments }
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
        let options = try read(path, subcommand: subcommand)
        return [subcommand] + self.arguments(of: options, in: path, before: Array(rest.dropFirst())) + rest.dropFirst()
    }

    /// Subcommands whose files have another form, with options of many trainings in them.
    private static let ownFiles = ["search", "compare"]

    /// The options of a file, each of which the subcommand can have.
    private static func read(_ path: String, subcommand: String) throws(CommandError) -> OptionText {
        let options: OptionText
        do {
            options = try OptionText(contentsOf: path)
        } catch let error as FileError {
            throw CommandError("\(path): cannot be read: \(error.reason)\nname a file such as the config.yaml of a run")
        } catch let error as OptionError {
            throw CommandError(exitCode: 65, "\(error.message(path: path))\nwrite one option a line: `lr: 0.001`")
        } catch {
            throw CommandError(exitCode: 74, "\(path): \(error)")
        }
        guard !options.entries.isEmpty else {
            throw CommandError(exitCode: 65, "\(path): no options\nwrite one option a line: `lr: 0.001`")
        }
        try refuseRepetition(in: options, path: path)
        for entry in options.entries { try check(entry, of: path) }
        try checkSpelling(of: options, path: path, subcommand: subcommand)
        for entry in options.entries { try checkValue(entry, of: path, model: options["model"]?.value) }
        return options
    }

    /// The file's options on a command line, without what the line itself makes meaningless.
    private static func arguments(of options: OptionText, in path: String, before line: [String]) -> [String] {
        let stage = ArgumentSpelling.values(of: ["--stage"], in: line).last
        if stage == nil { warnOfEarlierExtractor(in: options, path: path, line: line) }
        return (options.entries + TrainingConfiguration.formerOptions(of: options)).compactMap { entry in
            guard let value = entry.value else { return nil }
            // The run that the file is of may have continued an extractor, which a command that trains one has itself, or
            // have trained one, which a command that only continues one does not.
            if entry.name == "extractor", let stage, stage != "finetune" { return nil }
            if entry.name == "pretrain", stage == "finetune" { return nil }
            return argument(entry.name, value)
        }
    }

    /// Options without a value on a command line: in a file they are on or off.
    private static let flags: Set = [
        "compare-exchange", "extend", "interest", "json", "operations", "overwrite", "quiet", "resume", "tensorboard",
    ]

    /// An option of a file on a command line; nil for a flag that is off.
    static func argument(_ name: String, _ value: String) -> String? {
        let flag = name.replacing("_", with: "-")
        guard flags.contains(flag), let isOn = Bool(optionText: value) else { return "--\(name)=\(value)" }
        return isOn ? "--" + flag : nil
    }

    /// Warns where the file is that of a fine-tuning of what a command before pretrained into the same folder: repeated, it
    /// would continue that extractor, whatever else is asked for.
    private static func warnOfEarlierExtractor(in options: OptionText, path: String, line: [String]) {
        guard let extractor = options["extractor"], let folder = extractor.value, options["stage"]?.value == "finetune",
            let out = options["out"]?.value, folder == RunFolder(out).pretrain.path,
            !line.contains(where: { $0 == "--extractor" || $0.hasPrefix("--extractor=") }), Launcher.isFirstRank
        else { return }
        Console().warning(
            "\(path):\(extractor.line): fine-tunes the extractor of \(folder), which is not trained again\n"
                + "add --stage both to train both stages, or --stage finetune if that is what you mean")
    }
}
