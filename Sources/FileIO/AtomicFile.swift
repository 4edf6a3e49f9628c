import Glibc

/// A file that appears under its name complete or not at all.
///
/// The content goes to a temporary name in the same folder. ``commit()`` brings it to the disk and renames it, so that
/// a reader sees the old file or the new one at every moment, also after a power failure. A value that goes away
/// without `commit` leaves nothing behind, and what was there stays.
///
///     var file = try AtomicFile(replacing: "run/result.json")
///     try file.write(text)
///     try file.commit()
public struct AtomicFile: ~Copyable {
    /// The name that the file gets, as the caller gave it.
    public let path: String
    /// `path` with its symbolic links resolved: a link stays, what it points to is replaced.
    private let destination: String
    private let temporaryPath: String
    private let file: OpenFile
    private var isCommitted = false

    /// Creates the temporary file. What is at `path` already must be a regular file.
    public init(replacing path: String) throws(FileError) {
        self.path = path
        destination = AtomicFile.resolved(path)
        var status = stat()
        if stat(destination, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            throw FileError(
                path: path, operation: .replace, reason: "what is there is not a regular file",
                advice: "choose the name of a file that does not exist yet")
        }
        let (folder, name) = AtomicFile.split(destination)
        var attempt = 0
        while true {
            let candidate = "\(folder)/.\(name).\(getpid())-\(attempt)\(AtomicFile.temporarySuffix)"
            do throws(FileError) {
                file = try OpenFile(path: candidate, access: .createNew, reportedPath: path)
                temporaryPath = candidate
                return
            } catch {
                // Left by a killed process, or in use by one of another machine on the same file system.
                guard error.code == EEXIST, attempt < 1000 else { throw error }
                attempt += 1
            }
        }
    }

    deinit {
        if !isCommitted { unlink(temporaryPath) }
    }

    /// Where the content lies until ``commit()``: other processes that write parts of it open this.
    package var incompletePath: String { temporaryPath }

    /// Appends bytes.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) { try file.write(bytes) }

    /// Appends bytes.
    public func write(_ bytes: [UInt8]) throws(FileError) { try file.write(bytes) }

    /// Appends bytes past the system's cache: see ``OpenFile/writeDirectly(_:)``.
    package func writeDirectly(_ bytes: UnsafeRawBufferPointer) throws(FileError) { try file.writeDirectly(bytes) }

    /// Lets the system bring what is written so far to the disk, while the caller makes more: see
    /// ``OpenFile/beginSynchronizing()``.
    package func beginSynchronizing() { file.beginSynchronizing() }

    /// Appends text as UTF-8.
    public func write(_ text: String) throws(FileError) { try file.write(Array(text.utf8)) }

    /// Brings the content to the disk, still under the temporary name: for several files of which each should be
    /// complete before the first gets its name.
    public func synchronize() throws(FileError) { try file.synchronize() }

    /// Brings the content to the disk and gives the file its name.
    ///
    /// After an error the old file is still there, unless only the folder could not be brought to the disk.
    public consuming func commit() throws(FileError) {
        try file.synchronize()
        guard rename(temporaryPath, destination) == 0 else {
            throw FileError(path: path, operation: .replace, code: errno)
        }
        isCommitted = true
        try AtomicFile.synchronizeFolder(of: destination, reportedPath: path)
    }

    /// Replaces the file at `path` by `text`.
    public static func write(_ text: String, to path: String) throws(FileError) {
        let file = try AtomicFile(replacing: path)
        try file.write(text)
        try file.commit()
    }

    /// Deletes the temporary files that killed processes left in `folder`. No other process may be writing there.
    public static func removeLeftovers(in folder: String) {
        guard let stream = opendir(folder) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = entry.entryName
            guard name.hasPrefix("."), name.hasSuffix(temporarySuffix) else { continue }
            unlink("\(folder)/\(name)")
        }
    }

    private static let temporarySuffix = ".incomplete"

    private static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
        return (slash == path.startIndex ? "/." : String(path[..<slash]), String(path[path.index(after: slash)...]))
    }

    private static func synchronizeFolder(of path: String, reportedPath: String) throws(FileError) {
        let descriptor = open(split(path).folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            // A folder that may be written but not read cannot be opened; the rename itself has succeeded.
            if errno == EACCES { return }
            throw FileError(path: reportedPath, operation: .synchronize, code: errno)
        }
        defer { _ = close(descriptor) }
        // File systems that cannot synchronize a folder answer EINVAL.
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw FileError(path: reportedPath, operation: .synchronize, code: errno)
        }
    }
}
