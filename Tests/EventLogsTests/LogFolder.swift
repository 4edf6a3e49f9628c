import CZlib
import CZstd
import EventLogs
import Foundation
import Interactions

/// A folder of its own for the logs of a test, removed with it.
final class LogFolder {
    let path: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "logs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String { try write(name, bytes: Array(text.utf8)) }

    @discardableResult
    func write(_ name: String, bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(filePath: file(name)))
        return file(name)
    }

    /// Adds a gzip member to a file.
    @discardableResult
    func appendGzip(_ name: String, _ text: String) throws -> String {
        guard let stream = gzopen(file(name), "ab") else { throw CocoaError(.fileWriteUnknown) }
        let bytes = Array(text.utf8)
        let written = gzwrite(stream, bytes, UInt32(bytes.count))
        guard gzclose(stream) == Z_OK, Int(written) == bytes.count else { throw CocoaError(.fileWriteUnknown) }
        return file(name)
    }

    /// `text` as one zstd frame, with the checksum that the program `zstd` writes.
    static func zstd(_ text: String) throws -> [UInt8] {
        let bytes = Array(text.utf8)
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        guard let context = ZSTD_createCCtx() else { throw CocoaError(.fileWriteUnknown) }
        defer { ZSTD_freeCCtx(context) }
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        let count = ZSTD_compress2(context, &output, output.count, bytes, bytes.count)
        guard ZSTD_isError(count) == 0 else { throw CocoaError(.fileWriteUnknown) }
        return Array(output[..<count])
    }

    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: file(name)))) }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}

/// An event as a test expects it.
struct Event: Equatable, CustomStringConvertible {
    let user: String
    let item: String
    let time: Int64

    init(_ user: String, _ item: String, _ time: Int64) {
        self.user = user
        self.item = item
        self.time = time
    }

    var description: String { "\(user) \(item) \(time)" }
}

extension EventLog {
    /// Reads files, without a filter.
    init(_ files: String..., request: LogRequest = LogRequest()) throws(DatasetError) {
        try self.init(files, request) { _ in LineFilter() }
    }

    var list: [Event] {
        events.users.indices.map { row in
            Event(
                events.userIds.text(of: events.users[row]), events.itemIds.text(of: events.items[row]),
                events.times[row])
        }
    }
}

/// The error that `body` ends in; nil for none.
func datasetError(_ body: () throws(DatasetError) -> Void) -> DatasetError? {
    do throws(DatasetError) {
        try body()
        return nil
    } catch {
        return error
    }
}
