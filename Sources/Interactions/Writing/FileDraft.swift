import Glibc

/// A file that is being written under a temporary, hidden name in its folder. It gets its own name when it is
/// published; until then nobody sees it, and if it never is published it vanishes.
package struct FileDraft: ~Copyable {
    package let path: String
    private let temporary: String
    private let descriptor: CInt
    private var buffer: [UInt8] = []
    private var isPublished = false

    private static let bufferSize = 1 << 20

    package init(folder: String, name: String) throws(DatasetError) {
        let temporary = "\(folder)/.\(name).partial-\(getpid())"
        descriptor = try FileDraft.create(temporary)
        self.temporary = temporary
        path = "\(folder)/\(name)"
        buffer.reserveCapacity(FileDraft.bufferSize + 1024)
    }

    private static func create(_ path: String) throws(DatasetError) -> CInt {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileSource.failure(path, "cannot be written") }
        return descriptor
    }

    deinit {
        close(descriptor)
        if !isPublished { unlink(temporary) }
    }

    package mutating func write(_ text: String) throws(DatasetError) {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= FileDraft.bufferSize { try flush() }
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(DatasetError) {
        var rest = bytes
        while rest.count > FileDraft.bufferSize {
            buffer.append(contentsOf: rest.prefix(FileDraft.bufferSize))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(FileDraft.bufferSize))
            try flush()
        }
        buffer.append(contentsOf: rest)
        if buffer.count >= FileDraft.bufferSize { try flush() }
    }

    /// Everything is on the disk after this, under the temporary name.
    package mutating func finish() throws(DatasetError) {
        try flush()
        guard fsync(descriptor) == 0 else { throw FileSource.failure(path, "cannot be written") }
    }

    /// Gives the finished file its name, in place of any file that has it.
    package mutating func publish() throws(DatasetError) {
        guard rename(temporary, path) == 0 else { throw FileSource.failure(path, "cannot be written") }
        isPublished = true
    }

    private mutating func flush() throws(DatasetError) {
        var done = 0
        while done < buffer.count {
            let written = buffer.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            }
            if written < 0 {
                guard errno == EINTR else { throw FileSource.failure(path, "cannot be written") }
            } else {
                done += written
            }
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
