import FileIO
import Foundation

/// The event files of a run, which TensorBoard reads: `RUN/tensorboard/events.out.tfevents.*`.
///
/// Every epoch is one record, handed to the system in one call. A resumed training cuts the files behind the epochs
/// that its checkpoint has, adds what they lack of these, and begins a new file: a TensorBoard that looks on reads the
/// files in the order of their names, and would not notice that one has become shorter.
final class TensorBoardLog {
    private static let prefix = "events.out.tfevents."

    private let file: OpenFile
    private var size = 0

    /// Begins with the first epoch; what was in the folder of an earlier training is gone.
    convenience init(creating folder: String) throws(FileError) {
        try Folder.create(folder, advice: "choose another folder with --out")
        try Self.removeAll(in: folder)
        try self.init(folder, after: nil)
    }

    /// Continues behind the epochs of a checkpoint.
    ///
    /// - Parameter lines: of `metrics.jsonl`, one for each of these epochs.
    convenience init(resuming folder: String, lines: [JSONValue]) throws(FileError) {
        try Folder.create(folder, advice: "choose another folder with --out")
        let lastStep = lines.last.map(EpochSummary.step(of:)) ?? 0
        let known = try Self.cut(folder, beyond: lastStep)
        let names = Self.names(in: folder)
        try self.init(folder, after: names.last, step: names.isEmpty ? nil : lastStep + 1)
        // Those that were trained without this log, or lost with the power.
        for line in lines where EpochSummary.step(of: line) > known { try append(EpochSummary(line: line)) }
    }

    /// - Parameters:
    ///   - last: the file behind which this one is read.
    ///   - step: the first one that will be written, told to readers who know a later one; nil: there are none.
    private init(_ folder: String, after last: String?, step: Int? = nil) throws(FileError) {
        let earlier = last.flatMap { Int($0.dropFirst(Self.prefix.count).prefix { $0 != "." }) } ?? 0
        // Names must rise, though the clocks of two machines differ.
        let seconds = max(Int(Self.wallTime), earlier + 1)
        let digits = String(repeating: "0", count: max(10 - String(seconds).count, 0)) + String(seconds)
        let host = ProcessInfo.processInfo.hostName.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        file = try OpenFile(
            path: "\(folder)/\(Self.prefix)\(digits).\(String(host)).\(getpid())", access: .append)
        var version = ProtobufMessage()
        version.add(EventRecord.Field.wallTime, Self.wallTime)
        version.add(EventRecord.Field.fileVersion, "brain.Event:2")
        var bytes = EventRecord.bytes(of: version)
        if let step {
            var status = ProtobufMessage()
            status.add(EventRecord.Field.status, EventRecord.start)
            var start = ProtobufMessage()
            start.add(EventRecord.Field.wallTime, Self.wallTime)
            start.add(EventRecord.Field.step, step)
            start.add(EventRecord.Field.sessionLog, status)
            bytes += EventRecord.bytes(of: start)
        }
        try write(bytes)
    }

    /// Adds an epoch.
    func append(_ summary: EpochSummary) throws(FileError) {
        try write(EventRecord.bytes(of: summary.event(wallTime: Self.wallTime)))
    }

    /// Adds bytes, or nothing where they do not fit on the disk.
    private func write(_ bytes: [UInt8]) throws(FileError) {
        do throws(FileError) {
            try file.write(bytes)
        } catch {
            try? file.truncate(to: size)
            throw error
        }
        size += bytes.count
    }

    private static var wallTime: Double { Date().timeIntervalSince1970 }

    /// The event files in a folder, in the order in which TensorBoard reads them.
    static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasPrefix(prefix) }.sorted()
    }

    /// Removes what is beyond a step from the event files of a folder, and what is broken with all behind it.
    ///
    /// - Returns: the last step that is left; 0: none.
    @discardableResult
    static func cut(_ folder: String, beyond step: Int) throws(FileError) -> Int {
        var last = 0
        var isWhole = true
        for name in names(in: folder) {
            let path = folder + "/" + name
            guard isWhole else {
                try remove(path)
                continue
            }
            let file = try OpenFile(path: path, access: .append)
            let size = try file.size()
            let extent = try EventRecord.extent(of: file, upTo: step)
            last = max(last, extent.lastStep ?? 0)
            isWhole = extent.end == size
            if !isWhole { try file.truncate(to: extent.end) }
        }
        return last
    }

    /// Removes the event files of a folder.
    static func removeAll(in folder: String) throws(FileError) {
        for name in names(in: folder) { try remove(folder + "/" + name) }
    }

    private static func remove(_ path: String) throws(FileError) {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw FileError(path: path, operation: .replace, code: errno)
        }
    }
}
