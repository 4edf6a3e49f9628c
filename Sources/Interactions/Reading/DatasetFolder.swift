import Reporting

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The folder of a data set: what is in it, in alphabetical order, without hidden files.
struct DatasetFolder: Sendable {
    let path: String
    let names: [String]

    init(path: String) throws(DatasetError) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
        guard let directory = opendir(path) else {
            let missing = errno == ENOENT
            guard errno == ENOTDIR else {
                let error = FileSource.failure(path, missing ? "no such folder" : "cannot be read")
                throw error
            }
            throw DatasetError(
                .unreadable, file: path, problem: "is a file, not a folder",
                remedy: "name the folder that holds the data set")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = entry.entryName
            if !name.hasPrefix(".") { names.append(name) }
        }
        self.names = names.sorted()
    }

    /// Last part of the path, which names the data set.
    var name: String {
        let last = path.split(separator: "/").last.map(String.init) ?? path
        guard last == "." || last == ".." else { return last }
        guard let resolved = realpath(path, nil) else { return last }
        defer { free(resolved) }
        return String(cString: resolved).split(separator: "/").last.map(String.init) ?? last
    }

    func path(of name: String) -> String { path == "/" ? "/\(name)" : "\(path)/\(name)" }

    /// The path of `name` or `name.gz`; nil when there is neither.
    func file(_ name: String) throws(DatasetError) -> String? {
        switch (names.contains(name), names.contains(name + ".gz")) {
        case (true, false): return path(of: name)
        case (false, true): return path(of: name + ".gz")
        case (false, false): return nil
        case (true, true):
            throw DatasetError(
                .invalid, file: path(of: name), problem: "there is \(name).gz as well",
                remedy: "remove one of the two: it is not clear which one counts")
        }
    }
}
