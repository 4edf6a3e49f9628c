import Glibc

/// A file that could not be opened, read, written or put in its place.
///
/// Its description has two lines: the path with the reason, then what to do.
///
///     runs/a/metrics.jsonl: cannot be written: No space left on device
///     free some space there, or write to another disk
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried.
    public enum Operation: String, Sendable {
        /// Opening a file to read, or to write at its end.
        case open = "cannot be opened"
        /// Making a new file or folder.
        case create = "cannot be created"
        /// Reading a file or a folder, or asking what it is.
        case read = "cannot be read"
        /// Writing, cutting or closing a file.
        case write = "cannot be written"
        /// Giving a complete file its name.
        case replace = "cannot be put in its place"
        /// Waiting until a file or its name is on the disk.
        case synchronize = "cannot be brought to the disk"
    }

    /// The file as the caller named it.
    public let path: String
    /// What was tried when it failed.
    public let operation: Operation
    /// The system's error number, or 0 where the system did not complain.
    public let code: Int32
    /// The system's text for `code`, or the reason where there is no code.
    public let reason: String
    /// What the user can do about it.
    public let advice: String

    /// The failure of a system call with the error number `code`.
    public init(path: String, operation: Operation, code: Int32) {
        self.init(
            path: path, operation: operation, code: code, reason: FileError.text(of: code),
            advice: FileError.advice(for: code))
    }

    /// A failure that the system has no number for.
    public init(path: String, operation: Operation, reason: String, advice: String) {
        self.init(path: path, operation: operation, code: 0, reason: reason, advice: advice)
    }

    private init(path: String, operation: Operation, code: Int32, reason: String, advice: String) {
        self.path = path
        self.operation = operation
        self.code = code
        self.reason = reason
        self.advice = advice
    }

    public var description: String { "\(path.printable(limit: 2_000)): \(operation.rawValue): \(reason)\n\(advice)" }

    private static func text(of code: Int32) -> String {
        guard let text = strerror(code) else { return "error \(code)" }
        return String(cString: text)
    }

    private static func advice(for code: Int32) -> String {
        switch code {
        case ENOENT, ENOTDIR: "check the path: the file or the folder that it names does not exist"
        case EACCES, EPERM: "check the permissions of the file and its folder, or choose another folder"
        case EROFS: "the file system is read-only: choose another folder"
        case ENOSPC, EDQUOT: "free some space there, or write to another disk"
        case EFBIG: "raise the limit on the size of files (ulimit -f), or write to another disk"
        case EMFILE, ENFILE: "raise the limit on open files (ulimit -n)"
        case EISDIR: "this is a folder: name a file in it"
        case ENAMETOOLONG: "choose a shorter name"
        default: "check the disk and the file system, then try again"
        }
    }
}
