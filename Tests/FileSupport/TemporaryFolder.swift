import Foundation

/// A folder of one test, deleted with everything in it when the test is over.
package final class TemporaryFolder: Sendable {
    package let path: String

    /// - Parameter inMemory: for many small files, where the machine has a file system in memory.
    package init(inMemory: Bool = false) throws {
        let memory = URL(fileURLWithPath: "/dev/shm")
        let isInMemory = inMemory && FileManager.default.isWritableFile(atPath: memory.path)
        let parent = isInMemory ? memory : FileManager.default.temporaryDirectory
        let url = parent.appending(path: "facet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// The names of everything in the folder, hidden files too.
    package var content: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

    @discardableResult
    package func write(_ bytes: [UInt8], to name: String) throws -> String {
        // Not through Data, which brings every file to the disk.
        guard let stream = fopen(file(name), "wb") else { throw CocoaError(.fileWriteUnknown) }
        defer { fclose(stream) }
        guard fwrite(bytes, 1, bytes.count, stream) == bytes.count else { throw CocoaError(.fileWriteUnknown) }
        return file(name)
    }

    package func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: file(name))))
    }
}
