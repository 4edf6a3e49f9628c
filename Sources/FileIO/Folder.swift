import Glibc

/// Folders by their paths.
package enum Folder {
    /// Makes a folder and those around it, as far as they are not there.
    ///
    /// After an error what was made is taken away again.
    /// - Parameter advice: what to do where it cannot be made.
    /// - Returns: those that were not there, the outer ones first.
    @discardableResult
    package static func create(_ path: String, advice: String) throws(FileError) -> [String] {
        var made: [String] = []
        // As the system reads a path, part by part: what `..` means depends on what is there.
        var end = path.startIndex
        while end < path.endIndex {
            end = path[end...].firstIndex { $0 != "/" } ?? path.endIndex
            end = path[end...].firstIndex(of: "/") ?? path.endIndex
            let part = String(path[..<end])
            if exists(part) { continue }
            if mkdir(part, 0o777) == 0 {
                made.append(part)
            } else if case let code = errno, !exists(part) {
                for folder in made.reversed() { rmdir(folder) }
                // What is there and is no folder.
                let reason = String(cString: strerror(code == EEXIST ? ENOTDIR : code))
                throw FileError(
                    path: path, operation: .create, reason: part == path ? reason : "\(part): \(reason)",
                    advice: advice)
            }
        }
        return made
    }

    /// Whether there is a folder, by way of links too.
    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
