import FileIO

/// The lines of a small file that comes beside the data, such as a list of items: plain or gzip, in UTF-8.
package enum TextLines {
    /// Calls `body` with each line that is not blank, and its number from 1.
    ///
    /// - Throws: what `body` throws, and where a line is not UTF-8 or has more combining marks in a row than text has.
    package static func forEach(
        in path: String, _ body: (_ line: Int, _ text: String) throws(DatasetError) -> Void
    ) throws(DatasetError) {
        var reader = try LineReader(path: path)
        while let bytes = try reader.nextNonBlank() {
            guard let text = String(validating: bytes, as: UTF8.self), text.isStreamSafe else {
                throw reader.failure("the line is not text in UTF-8", "write the file as UTF-8")
            }
            try body(reader.line, text)
        }
    }
}
