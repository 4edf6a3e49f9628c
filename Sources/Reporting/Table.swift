import FileIO

/// A small table for a terminal or a Markdown page.
///
///     var table = Table([.text("model"), .number("HR@10")])
///     table.addRow(["ComiRec", NumberText.fixed(0.51234, decimals: 4)])
///     print(table.text)
///
/// Every character counts as one column wide; one that a terminal would obey is shown by its number.
public struct Table: Sendable {
    /// The title of a column, and on which side its cells begin.
    public struct Column: Sendable {
        /// What stands above the cells.
        public let title: String
        /// Whether the cells are numbers, aligned right, rather than text, aligned left.
        public let isNumber: Bool

        /// A column of text, aligned left.
        public static func text(_ title: String) -> Column { Column(title: title, isNumber: false) }
        /// A column of numbers, aligned right.
        public static func number(_ title: String) -> Column { Column(title: title, isNumber: true) }
    }

    /// The columns from left to right; titles are on one line.
    public let columns: [Column]
    /// The rows from top to bottom, one cell per column, each on one line.
    public private(set) var rows: [[String]] = []

    /// A table without rows; line breaks in titles become spaces.
    public init(_ columns: [Column]) {
        self.columns = columns.map { Column(title: Table.onOneLine($0.title), isNumber: $0.isNumber) }
    }

    /// Adds a row of one cell per column.
    public mutating func addRow(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row needs one cell per column")
        rows.append(cells.map(Table.onOneLine))
    }

    /// Title line, a line of dashes, the rows; columns are two spaces apart, every line ends in a newline.
    public var text: String {
        let widths = columns.indices.map { column in
            rows.reduce(columns[column].title.count) { max($0, $1[column].count) }
        }
        let dashes = widths.map { String(repeating: "-", count: $0) }
        return ([columns.map(\.title), dashes] + rows).map { cells in
            let line = aligned(cells, widths).joined(separator: "  ")
            return line.reversed().drop { $0 == " " }.reversed() + "\n"
        }.joined()
    }

    private func aligned(_ cells: [String], _ widths: [Int]) -> [String] {
        columns.indices.map { column in
            let padding = String(repeating: " ", count: widths[column] - cells[column].count)
            return columns[column].isNumber ? padding + cells[column] : cells[column] + padding
        }
    }

    private static func onOneLine(_ cell: String) -> String {
        cell.split(omittingEmptySubsequences: false) { $0.isNewline }.joined(separator: " ").printable(limit: .max)
    }
}
