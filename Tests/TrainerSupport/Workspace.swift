import Foundation
import Synchronization

/// A folder of its own for a test's data sets and runs, removed with it.
public final class Workspace: Sendable {
    public let path: String

    public init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "trainer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.path
    }

    deinit { Self.remove(path) }

    /// The path of a file or folder in here.
    public func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// Writes a file, and the folders around it.
    @discardableResult
    public func write(_ name: String, _ data: Data) throws -> String {
        let file = URL(filePath: self(name))
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
        return file.path
    }

    @discardableResult
    public func write(_ name: String, _ text: String) throws -> String { try write(name, Data(text.utf8)) }

    /// Copies a file or folder to `name`.
    @discardableResult
    public func copy(_ source: String, as name: String) throws -> String {
        try FileManager.default.copyItem(atPath: source, toPath: self(name))
        return self(name)
    }

    /// A workspace that many tests share, removed when this process ends.
    public static func untilExit() throws -> Workspace {
        let workspace = try Workspace()
        let isFirst = shared.withLock {
            $0.append(workspace.path)
            return $0.count == 1
        }
        // What static values hold is never released.
        if isFirst { atexit { Workspace.shared.withLock { $0.forEach(Workspace.remove) } } }
        return workspace
    }

    private static let shared = Mutex<[String]>([])

    private static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}

/// The bytes of all files below a folder, by their paths in it; empty where there is no folder.
public func files(below folder: String) -> [String: Data] {
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return names.reduce(into: [:]) { $0[$1] = FileManager.default.contents(atPath: folder + "/" + $1) }
}
