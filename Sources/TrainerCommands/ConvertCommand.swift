import ArgumentParser
import EventLogs
import FileIO
import Interactions
import Options
import Reporting

/// `trainer data convert`.
struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Makes a data set of event logs: CSV, TSV, JSON lines and the files of known data sets.",
        usage: "trainer data convert <files> ... --out <out> [<options>]",
        discussion: """
            Reads one or more files, plain, gzip or zstd, that are parts of one log, filters them in a fixed order, \
            splits them into train, dev and test, and writes a data set that `trainer train` reads. Ids may be any text. \
            What can be told from the file is found out and said; what cannot is asked for.

              trainer data convert events.csv --out data/shop
              trainer data convert events.csv.gz \\
                --user-column customer --item-column sku \\
                --time-column timestamp --events view,purchase \\
                --max-user-events 5000 --core-items 2 --out data/filtered-shop
              trainer data convert ratings.dat --min-rating 4 \\
                --core-users 5 --core-items 5 --out data/ml
            """)

    @Argument(help: "Files of events, in the order in which they are read, or the folder of a data set.")
    var files: [String]

    @Option(help: "Folder of the data set.")
    var out: String

    @Option(help: "store: one binary file that is mapped into memory; text: the files of ReChorus.")
    var format = Format.store

    @OptionGroup(title: "Form of the files") var log: DeclaredOptions<LogGroup>

    @OptionGroup(title: "Filters and split, in the order in which they are applied")
    var conversion: DeclaredOptions<ConversionGroup>

    @Flag(help: "Replace a data set that is there.")
    var replace = false

    @Flag(help: "Print conversion.json on standard output, and nothing else.")
    var json = false

    @Flag(name: .shortAndLong, help: "Only warnings and errors.")
    var quiet = false

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case store, text
    }

    mutating func run() throws {
        guard Launcher.isFirstRank else { return }
        try DatasetFolderCheck.requireDataFolder(out)
        let log = try LogOptions(log.texts, of: LogOptions.fields, standard: LogOptions())
        let options = try ConversionOptions(
            conversion.texts, of: ConversionOptions.fields, standard: ConversionOptions())
        let result: String
        do throws(DatasetError) { result = try convert(log, options) } catch {
            throw CommandError(data: error)
        }
        try StandardOutput.show(result)
    }

    /// Writes the data set.
    ///
    /// - Returns: what goes to standard output.
    private func convert(_ log: LogOptions, _ options: ConversionOptions) throws(DatasetError) -> String {
        let output = DatasetOutput(folder: out, isText: format == .text, replacing: replace)
        // Before minutes of reading.
        try output.requireRoom()
        let console = Console(isQuiet: quiet)
        let values =
            LogOptions.fields.map { (name: $0.name, value: $0.text(in: log)) }
            + ConversionOptions.fields.map { (name: $0.name, value: $0.text(in: options)) }
        let conversion = try Conversion(of: files, name: output.name, log: log, options: options)
        for line in conversion.findingLines { console.info(line) }
        if let speed = conversion.speed { console.info(speed) }
        for warning in conversion.warnings { console.warning(warning) }
        let report = conversion.report(options: values)
        try output.write(conversion.dataset, report: report.pretty + "\n")
        console.info("\(out): a data set for `trainer train`")
        return json ? report.pretty + "\n" : quiet ? "" : conversion.table.text
    }
}

/// The form of event logs.
enum LogGroup: DeclaredOptionGroup {
    static var declarations: [OptionDeclaration] { LogOptions.fields.map(\.declaration) }
}

/// Filters and splits of event logs.
enum ConversionGroup: DeclaredOptionGroup {
    static var declarations: [OptionDeclaration] { ConversionOptions.fields.map(\.declaration) }
}

/// A value whose options are declared.
protocol DeclaredValue: Sendable {}

extension LogOptions: DeclaredValue {}
extension ConversionOptions: DeclaredValue {}

extension DeclaredValue {
    /// The value of a command line.
    ///
    /// - Parameter texts: values by the names of options.
    init(_ texts: [String: String], of fields: [OptionField<Self>], standard: Self) throws(CommandError) {
        self = standard
        for field in fields {
            guard let text = texts[field.name] else { continue }
            // The parser has asked the declaration.
            _ = field.set(text, in: &self)
            guard let problem = field.problem(in: self) else { continue }
            throw CommandError("\(problem.problem)\n\(problem.recoverySuggestion)")
        }
    }
}

extension CommandError {
    /// An error of a command that reads files and writes a data set: what cannot be read or written is an input/output
    /// error here.
    init(data error: DatasetError) {
        self.init(
            exitCode: error.kind == .unreadable ? 74 : Launcher.exitCode(for: error), error.description)
    }
}
