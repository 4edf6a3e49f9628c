import Glibc

/// An open file descriptor with one owner: closed when the value goes away, errors with the file's name.
package struct OpenFile: ~Copyable, Sendable {
    /// What a file must be, and what is done with it.
    package enum Access: Sendable {
        /// An existing regular file, for reading.
        case read
        /// A file that must not exist yet, for writing.
        case createNew
        /// A file that may exist, for reading and for writing at its end.
        case append
        /// An existing regular file, for writing at any offset.
        case update
    }

    /// The name in error messages.
    package let path: String
    /// The system's number of the open file; -1 once it is closed.
    package private(set) var descriptor: Int32

    /// - Parameter reportedPath: the name in error messages where it differs from what is opened.
    package init(path: String, access: Access, reportedPath: String? = nil) throws(FileError) {
        let flags: Int32 =
            switch access {
            // Without O_NONBLOCK the opening of a named pipe would wait for its writer.
            case .read: O_RDONLY | O_NONBLOCK
            case .createNew: O_WRONLY | O_CREAT | O_EXCL
            case .append: O_RDWR | O_CREAT | O_APPEND
            case .update: O_WRONLY | O_NONBLOCK
            }
        self.path = reportedPath ?? path
        descriptor = open(path, flags | O_CLOEXEC, 0o666)
        let code = errno
        guard descriptor >= 0 else {
            throw FileError(path: self.path, operation: access == .createNew ? .create : .open, code: code)
        }
        guard access != .createNew else { return }
        let status = try status()
        guard !status.isRegular else { return }
        throw FileError(
            path: self.path, operation: .open,
            reason: status.isFolder ? "it is a folder" : "it is not a regular file",
            advice: status.isFolder
                ? "name a file in it"
                : access == .read
                    ? "copy the data into a file; pipes and devices cannot be read twice"
                    : "choose the name of a file that does not exist yet")
    }

    deinit {
        if descriptor >= 0 { _ = close(descriptor) }
    }

    /// Number of bytes in the file.
    package func size() throws(FileError) -> Int { try status().size }

    private func status() throws(FileError) -> (size: Int, isRegular: Bool, isFolder: Bool) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError(path: path, operation: .read, code: errno) }
        let kind = status.st_mode & S_IFMT
        return (Int(status.st_size), kind == S_IFREG, kind == S_IFDIR)
    }

    /// Reads from byte `offset` on until `buffer` is full or the file ends.
    /// - Returns: the number of bytes read.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress! + done, min(buffer.count - done, OpenFile.largestTransfer),
                off_t(offset + done))
            if count == 0 { break }
            if count > 0 {
                done += count
            } else if errno != EINTR {
                throw FileError(path: path, operation: .read, code: errno)
            }
        }
        return done
    }

    /// Writes all of `bytes`, in one call of the system where it takes them at once.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        var done = 0
        while done < bytes.count {
            let count = systemWrite(
                descriptor, bytes.baseAddress! + done, min(bytes.count - done, OpenFile.largestTransfer))
            if count >= 0 {
                done += count
            } else if errno != EINTR {
                throw FileError(path: path, operation: .write, code: errno)
            }
        }
    }

    /// Writes all of `bytes` from byte `offset` on, wherever the file ends.
    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
        var done = 0
        while done < bytes.count {
            let count = pwrite(
                descriptor, bytes.baseAddress! + done, min(bytes.count - done, OpenFile.largestTransfer),
                off_t(offset + done))
            if count >= 0 {
                done += count
            } else if errno != EINTR {
                throw FileError(path: path, operation: .write, code: errno)
            }
        }
    }

    /// What ``writeDirectly(_:)`` needs addresses and offsets in the file to be multiples of: pages, and the blocks of
    /// all disks.
    package static let directAlignment = 4096

    /// Writes all of `bytes`, most of them past the system's cache, where the file system can: what is hardly ever read
    /// again need not be copied there, nor drive other things out.
    ///
    /// `bytes` begins at a multiple of ``directAlignment``, in memory and in the file.
    package func writeDirectly(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        var done = 0
        #if os(Linux)
        let flags = fcntl(descriptor, F_GETFL)
        let whole = bytes.count - bytes.count % OpenFile.directAlignment
        if whole > 0, flags >= 0, fcntl(descriptor, F_SETFL, flags | OpenFile.directFlag) == 0 {
            defer { _ = fcntl(descriptor, F_SETFL, flags) }
            while done < whole, done.isMultiple(of: OpenFile.directAlignment) {
                let count = systemWrite(
                    descriptor, bytes.baseAddress! + done, min(whole - done, OpenFile.largestTransfer))
                if count > 0 {
                    done += count
                } else if count == 0 || errno != EINTR {
                    // This file system has only the way through the cache, which also finds out what else is wrong.
                    break
                }
            }
        }
        #endif
        try write(UnsafeRawBufferPointer(rebasing: bytes[done...]))
    }

    #if os(Linux) && arch(arm64)
    private static let directFlag: Int32 = 0o200000
    #elseif os(Linux)
    private static let directFlag: Int32 = 0o40000
    #endif

    /// Writes an array's bytes.
    ///
    /// Through `withUnsafeBytes` and not through `span`: with Swift 6.3.1 an array on the stack whose span is the only
    /// thing that leaves its function reaches the system call without its elements.
    package func write(_ bytes: [UInt8]) throws(FileError) {
        try bytes.withUnsafeBytes { bytes in
            Result { () throws(FileError) in try write(bytes) }
        }.get()
    }

    /// Reads `count` bytes from `offset` on, fewer where the file ends.
    package func bytes(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
        var result = Result<Int, FileError>.success(0)
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let room = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            result = Result { () throws(FileError) in try read(into: room, at: offset) }
            initialized = (try? result.get()) ?? 0
        }
        _ = try result.get()
        return bytes
    }

    /// Cuts the file down to `size` bytes.
    package func truncate(to size: Int) throws(FileError) {
        while ftruncate(descriptor, off_t(size)) != 0 {
            guard errno == EINTR else { throw FileError(path: path, operation: .write, code: errno) }
        }
    }

    /// Waits until the content is on the disk.
    package func synchronize() throws(FileError) {
        while fsync(descriptor) != 0 {
            guard errno == EINTR else { throw FileError(path: path, operation: .synchronize, code: errno) }
        }
    }

    /// Lets the system bring what is written so far to the disk, without waiting for it: ``synchronize()`` then has less to
    /// wait for. Whatever goes wrong, that one tells.
    ///
    /// Linux begins to write what a process says it does not need.
    package func beginSynchronizing() { posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) }

    /// Closes the file and reports what the system found out only now (network file systems do).
    package consuming func finish() throws(FileError) {
        let result = close(descriptor)
        let code = errno
        descriptor = -1
        // After EINTR the descriptor is closed as well.
        guard result == 0 || code == EINTR else { throw FileError(path: path, operation: .write, code: code) }
    }

    /// Linux transfers at most 2 GiB - 4 KiB per call, Darwin refuses more than 2 GiB - 1.
    private static let largestTransfer = 1 << 30
}

/// `write` of the system, under a name that the methods called `write` do not hide.
package func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
