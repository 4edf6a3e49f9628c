import FileIO

extension DatasetError {
    /// What the system says about a file of a data set.
    package init(_ error: FileError) {
        self.init(
            .unreadable, file: error.path, problem: "\(error.operation.rawValue): \(error.reason)",
            recoverySuggestion: error.advice)
    }
}

/// Runs `body` for a data set, whose errors of files are errors of the data set.
package func asDatasetError<Result: ~Copyable>(_ body: () throws(FileError) -> Result) throws(DatasetError) -> Result {
    do throws(FileError) { return try body() } catch { throw DatasetError(error) }
}
