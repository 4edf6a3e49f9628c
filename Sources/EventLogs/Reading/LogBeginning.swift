import Interactions

/// The first lines of a log, by which its form is recognized.
package struct LogBeginning: Sendable {
    /// The file as the user named it.
    package let path: String
    /// Not blank, without their ends.
    package let lines: [[UInt8]]

    /// How many lines are looked at; fewer where they are long.
    static let mostLines = 500
    private static let mostBytes = 1 << 20

    /// Reads the first lines of a file, plain or compressed.
    ///
    /// - Throws: where it cannot be read, or its compression is damaged.
    package init(path: String) throws(DatasetError) {
        self.path = path
        var reader = try LineReader(path: path)
        var lines: [[UInt8]] = []
        var bytes = 0
        while lines.count < Self.mostLines, bytes < Self.mostBytes, let line = try reader.nextNonBlank() {
            lines.append(Array(line))
            bytes += line.count
            // Nothing but the first bytes of what is no text is of interest.
            if line.starts(with: Self.parquetMark) { break }
        }
        self.lines = lines
    }

    /// The fields of the lines; a quotation mark is text.
    func fields(_ separator: FieldSeparator) throws(DatasetError) -> [[[UInt8]]] {
        try DelimitedRecords.sample(path: path, separator: separator, quoting: .none, limit: Self.mostLines)
    }

    func failure(_ problem: String, _ recoverySuggestion: String, line: Int = 1) -> DatasetError {
        DatasetError(.invalid, file: path, line: line, problem: problem, recoverySuggestion: recoverySuggestion)
    }

    private static let parquetMark = Array("PAR1".utf8)

    var isParquet: Bool { lines.first?.starts(with: Self.parquetMark) ?? false }

    var parquet: DatasetError {
        DatasetError(
            .invalid, file: path, problem: "Parquet files are not read",
            recoverySuggestion:
                "write it as CSV: duckdb -c \"COPY 'FILE.parquet' TO 'FILE.csv.gz'\"\n"
                + "or: python3 -c \"import pandas; pandas.read_parquet('FILE.parquet').to_csv('FILE.csv.gz', index=False)\""
        )
    }
}
