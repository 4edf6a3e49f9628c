import Interactions
import Options

/// What a user says about the form of the files, as options of a command.
public struct LogOptions: Sendable, Equatable {
    /// The name of a reader of ``EventLogReaders``; nil: found out, as all that follows.
    public var reader: String?
    /// What stands between two columns: `comma`, `tab`, `semicolon`, `pipe`, `space`, or the character itself.
    public var separator: String?
    /// What stands around fields that hold separators or line ends: `double`, `single` or `none`; nil: `double` in
    /// tables, `none` in other forms.
    public var quote: String?
    /// Whether the first line names the columns.
    public var header: Bool?
    /// The column of users, by name or number from 1; in files of objects the key.
    public var userColumn: String?
    /// The column of items, likewise.
    public var itemColumn: String?
    /// The column of times, likewise; `none`: the order of the file counts.
    public var timeColumn: String?
    /// The column that tells the kind of an event, likewise; `none`: there is none.
    public var eventColumn: String?
    /// The column of ratings, likewise; `none`: there is none.
    public var ratingColumn: String?
    /// How times are written.
    package var timeFormat: TimeNotation?

    /// Nothing is said: all is found out.
    public init() {}

    /// The options, declared.
    public static let fields: [OptionField<LogOptions>] = [
        OptionField(
            "reader", \.reader, of: LogOptions(), OptionTraits(effect: .nothing, shownDefault: "found out"),
            help: "The form of the files: \(EventLogReaders.all.map { $0.name }.joined(separator: ", "))."),
        OptionField(
            "separator", \.separator, of: LogOptions(), OptionTraits(effect: .nothing, shownDefault: "found out"),
            help: "Between two columns: comma, tab, semicolon, pipe, space, or the character itself."),
        OptionField(
            "quote", \.quote, of: LogOptions(), OptionTraits(effect: .nothing, shownDefault: "double"),
            help: "Around fields that hold the separator or line ends: double, single or none."),
        OptionField(
            "header", \.header, of: LogOptions(),
            OptionTraits(unit: "yes|no", effect: .nothing, shownDefault: "found out"),
            help: "Whether the first line names the columns."),
        OptionField(
            "user-column", \.userColumn, of: LogOptions(), columnTraits,
            help: "The column of users, by name or number from 1; the key in files of objects."),
        OptionField(
            "item-column", \.itemColumn, of: LogOptions(), columnTraits, help: "The column of items."),
        OptionField(
            "time-column", \.timeColumn, of: LogOptions(), columnTraits,
            help: "The column of times; none: the order of the file counts."),
        OptionField(
            "event-column", \.eventColumn, of: LogOptions(), columnTraits,
            help: "The column that tells views from purchases; none: there is none."),
        OptionField(
            "rating-column", \.ratingColumn, of: LogOptions(), columnTraits,
            help: "The column of ratings; none: there is none."),
        OptionField(
            "time-format", \.timeFormat, of: LogOptions(), OptionTraits(effect: .nothing, shownDefault: "found out"),
            help: "How times are written: \(TimeNotation.optionKind)."),
    ]

    private static let columnTraits = OptionTraits(
        unit: "column", effect: .nothing, shownDefault: "found out by its name")

    /// What readers are told.
    package func request() throws(DatasetError) -> LogRequest {
        var request = LogRequest()
        request.reader = reader
        if let separator {
            guard let value = FieldSeparator(separator) else {
                throw DatasetError(
                    .configuration, file: "--separator", problem: "\(separator.debugDescription) is no separator",
                    recoverySuggestion: "choose comma, tab, semicolon, pipe, space, or one character")
            }
            request.separator = value
        }
        if let quote {
            guard let value = Quoting(quote) else {
                throw DatasetError(
                    .configuration, file: "--quote", problem: "\(quote.debugDescription) is no quotation mark",
                    recoverySuggestion: "choose double, single or none")
            }
            request.quoting = value
        }
        request.hasHeader = header
        request.userColumn = userColumn
        request.itemColumn = itemColumn
        request.timeColumn = timeColumn
        request.kindColumn = eventColumn
        request.ratingColumn = ratingColumn
        request.timeNotation = timeFormat
        return request
    }
}

extension TimeNotation: OptionValue {}
