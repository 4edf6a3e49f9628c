import ArgumentParser
import EventLogs
import FileIO
import Foundation
import Interactions
import Reporting

/// `trainer data inspect`.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Tells what is in a data set or in event logs, what looks wrong, and what to do.",
        usage: "trainer data inspect <files> ... [<options>]",
        discussion: """
            Counts, density, lengths of histories, popularity, repeats, times. Of files everything is counted before any \
            filter of `trainer data convert`; a data set is read as a training reads it.

              trainer data inspect events.csv
              trainer data inspect data/games --json
            """)

    @Argument(help: "The folder of a data set, the name of one in the data root, or files of events.")
    var files: [String]

    @Option(name: .field("data-root"), help: .field("data-root"))
    var dataRoot: String?

    @OptionGroup(title: "Form of the files") var log: DeclaredOptions<LogGroup>

    @Flag(help: "Print the result object on standard output, and nothing else.")
    var json = false

    mutating func run() throws {
        guard Launcher.isFirstRank else { return }
        let log = try LogOptions(log.texts, of: LogOptions.fields, standard: LogOptions())
        let inspection: DataInspection
        do throws(DatasetError) { inspection = try inspect(log) } catch {
            throw CommandError(data: error)
        }
        for warning in inspection.warnings { Console().warning(warning) }
        try StandardOutput.show(json ? inspection.json.pretty + "\n" : inspection.text)
    }

    private func inspect(_ log: LogOptions) throws(DatasetError) -> DataInspection {
        guard files.count == 1, let folder = folder(files[0]) else {
            return try DataInspection(files: files, log: log)
        }
        return DataInspection(try InteractionDataset.load(folder: folder))
    }

    /// The folder of a data set that is called so; nil for a file.
    private func folder(_ name: String) -> String? {
        if DataOptions.isRoot(".", of: name) || name.hasPrefix("/") && DataOptions.isRoot("", of: name) { return name }
        let root = dataRoot ?? DataOptions.standardRoot
        guard !FileManager.default.fileExists(atPath: name), DataOptions.isRoot(root, of: name) else { return nil }
        return root + "/" + name
    }
}
