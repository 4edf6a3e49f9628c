import FileIO
import Glibc

/// Standard output, where the results of a command go, for people and for other programs.
///
/// Unlike `print` it tells when they do not get there. A reader who has seen enough and leaves (`| head`) is no error.
public enum StandardOutput {
    /// Writes text, at once.
    ///
    /// - Throws: where it cannot be written: a full disk.
    public static func write(_ text: String) throws(FileError) {
        var text = text
        let result = text.withUTF8 { bytes in
            Result { () throws(FileError) in try write(UnsafeRawBufferPointer(bytes)) }
        }
        _ = try result.get()
    }

    /// Writes bytes, at once.
    ///
    /// - Returns: whether somebody reads; once nobody does, nothing that follows is read either.
    /// - Throws: where they cannot be written.
    @discardableResult
    package static func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = systemWrite(STDOUT_FILENO, bytes.baseAddress! + done, bytes.count - done)
            if count >= 0 {
                done += count
            } else if errno == EPIPE {
                return false
            } else if errno == EAGAIN {
                // A launcher may have made the stream non-blocking.
                var request = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
                poll(&request, 1, -1)
            } else if errno != EINTR {
                throw FileError(path: "standard output", operation: .write, code: errno)
            }
        }
        return true
    }

    /// Lets a reader who leaves be seen by ``write(_:)-(String)``, instead of killing the process by SIGPIPE.
    public static func outliveReader() { signal(SIGPIPE, SIG_IGN) }
}
