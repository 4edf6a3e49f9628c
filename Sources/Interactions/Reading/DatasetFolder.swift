import FileIO
import Glibc

/// The folder of a data set: what is in it, in alphabetical order, without hidden files.
package struct DatasetFolder: Sendable {
    /// The folder as the user named it, without slashes at the end.
    package let path: String
    /// The names of what is in it.
    package let names: [String]

    /// Lists a folder.
    ///
    /// - Throws: where there is none (the error names those beside it), where it is a file, or cannot be read.
    package init(path: String) throws(DatasetError) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
        guard let directory = opendir(path) else {
            guard errno != ENOENT else { throw Self.missing(path) }
            let code = errno
            guard code == ENOTDIR else { throw DatasetError(FileError(path: path, operation: .read, code: code)) }
            throw DatasetError(
                .unreadable, file: path, problem: "is a file, not a folder",
                recoverySuggestion: "name the folder that holds the data set")
        }
        defer { closedir(directory) }
        names = Self.names(in: directory)
    }

    /// Whether the folder holds a data set of a known format.
    package var holdsDataset: Bool {
        get throws(DatasetError) { try InteractionFormats.isRecognized(self) }
    }

    private static func names(in directory: OpaquePointer) -> [String] {
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = entry.entryName
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// There is no folder: which ones there are beside it, and the name that was perhaps meant.
    private static func missing(_ path: String) -> DatasetError {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let isBelowRoot = parts.count == 2 && parts[0].isEmpty
        let parent = parts.count == 1 ? "." : isBelowRoot ? "/" : parts.dropLast().joined(separator: "/")
        guard let directory = opendir(parent) else {
            return DatasetError(
                .unreadable, file: path, problem: "no such folder, nor is there \(parent.printable(limit: 2_000))",
                recoverySuggestion: "name the folder that holds the data sets with --data-root")
        }
        defer { closedir(directory) }
        let folders = names(in: directory).filter { Folder.exists(parent + "/" + $0) }
        let likely = folders.nearest(to: String(parts.last ?? "")).map { "; did you mean \($0)?" } ?? ""
        let shown = folders.prefix(20).joined(separator: ", ")
        let rest = folders.count > 20 ? " and \(folders.count - 20) more" : ""
        return DatasetError(
            .unreadable, file: path, problem: "no such folder\(likely)",
            recoverySuggestion: folders.isEmpty
                ? "\(parent.printable(limit: 2_000)) holds no data sets: name another folder with --data-root"
                : "\(parent.printable(limit: 2_000)) holds \((shown + rest).printable(limit: 2_000))")
    }

    /// Last part of the path, which names the data set.
    package var name: String {
        let last = path.split(separator: "/").last.map(String.init) ?? path
        guard last == "." || last == ".." else { return last }
        guard let resolved = realpath(path, nil) else { return last }
        defer { free(resolved) }
        return String(cString: resolved).split(separator: "/").last.map(String.init) ?? last
    }

    /// Whether what has this name is a folder itself.
    func isFolder(_ name: String) -> Bool { Folder.exists(path(of: name)) }

    /// The path of what has this name in the folder.
    package func path(of name: String) -> String { path == "/" ? "/\(name)" : "\(path)/\(name)" }

    /// The path of `name` or `name.gz`; nil when there is neither.
    package func file(_ name: String) throws(DatasetError) -> String? {
        switch (names.contains(name), names.contains(name + ".gz")) {
        case (true, false): return path(of: name)
        case (false, true): return path(of: name + ".gz")
        case (false, false): return nil
        case (true, true):
            throw DatasetError(
                .invalid, file: path(of: name), problem: "there is \(name).gz as well",
                recoverySuggestion: "remove one of the two: it is not clear which one counts")
        }
    }
}
