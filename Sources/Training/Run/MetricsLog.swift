import FileIO
import Glibc

/// A file of one JSON object per line (`metrics.jsonl`) that grows while a training runs.
///
/// A line is handed to the system in one call, so that who reads along never sees half of one; a line that does not fit
/// on the disk is taken back.
///
///     let log = try MetricsLog(creating: "run/metrics.jsonl")
///     try log.append(["epoch": 1, "train_loss": .number(loss)])
public final class MetricsLog {
    /// The file, as it was named.
    public let path: String
    /// Number of lines in the file.
    public private(set) var lineCount: Int
    private let file: OpenFile
    private var size: Int

    /// Begins an empty log; what the file held before is gone.
    public convenience init(creating path: String) throws(FileError) { try self.init(path: path, keeping: 0) }

    /// Continues a log after its first `lines` lines, and removes what follows them.
    ///
    /// A checkpoint stores ``lineCount``; resuming from it drops the lines of the epochs that will be trained again.
    /// Where the file has fewer complete lines, all of those are kept and ``lineCount`` tells how many they are.
    public convenience init(resuming path: String, lines: Int) throws(FileError) {
        try self.init(path: path, keeping: lines)
    }

    private init(path: String, keeping lines: Int) throws(FileError) {
        self.path = path
        let file = try OpenFile(path: path, access: .append)
        (lineCount, size) = try MetricsLog.extent(of: lines, in: file)
        try file.truncate(to: size)
        self.file = file
    }

    /// Adds `value` as one line.
    public func append(_ value: JSONValue) throws(FileError) {
        var printer = JSONPrinter(indentation: nil)
        printer.append(value)
        printer.append("\n")
        do throws(FileError) {
            try file.write(printer.bytes)
        } catch {
            try? file.truncate(to: size)
            throw error
        }
        size += printer.bytes.count
        lineCount += 1
    }

    /// Waits until the lines are on the disk; call it before a checkpoint that relies on them.
    public func synchronize() throws(FileError) { try file.synchronize() }

    /// The first `lines` complete lines of the file: how many there are and where they end.
    private static func extent(
        of lines: Int, in file: borrowing OpenFile
    ) throws(FileError) -> (lines: Int, end: Int) {
        var (found, end, offset) = (0, 0, 0)
        while found < lines {
            let piece = try file.bytes(at: offset, count: 1 << 16)
            if piece.isEmpty { break }
            for (index, byte) in piece.enumerated() where byte == UInt8(ascii: "\n") && found < lines {
                found += 1
                end = offset + index + 1
            }
            offset += piece.count
        }
        return (found, end)
    }
}
