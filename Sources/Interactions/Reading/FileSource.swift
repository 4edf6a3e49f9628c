import Glibc

/// A regular file, read front to back.
struct FileSource: ~Copyable {
    let path: String
    /// Bytes in the file when it was opened.
    let size: Int
    let descriptor: CInt

    init(path: String) throws(DatasetError) {
        (descriptor, size) = try FileSource.openRegular(path)
        self.path = path
    }

    private static func openRegular(_ path: String) throws(DatasetError) -> (descriptor: CInt, size: Int) {
        // Looked at before it is opened: opening a named pipe would wait for a writer.
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileSource.failure(path, "cannot be read") }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw DatasetError(
                .unreadable, file: path, problem: "is a folder", recoverySuggestion: "a file is needed here")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DatasetError(
                .unreadable, file: path, problem: "is not a regular file",
                recoverySuggestion: "copy the data into a file; pipes and devices cannot be read twice")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileSource.failure(path, "cannot be read") }
        return (descriptor, Int(status.st_size))
    }

    deinit { close(descriptor) }

    /// The number of bytes read into the buffer: 0 at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw FileSource.failure(path, "cannot be read") }
        }
    }

    /// The error of the system call that has just failed.
    static func failure(_ path: String, _ problem: String) -> DatasetError {
        let code = errno
        let recoverySuggestion =
            switch code {
            case ENOENT, ENOTDIR: "check the path: the names are case-sensitive"
            case EACCES, EPERM: "check the permissions of the file and of its folders"
            case ENOSPC, EDQUOT: "free some space, or choose another folder"
            default: "check the file system"
            }
        return DatasetError(
            .unreadable, file: path, problem: "\(problem): \(String(cString: strerror(code)))",
            recoverySuggestion: recoverySuggestion)
    }
}
