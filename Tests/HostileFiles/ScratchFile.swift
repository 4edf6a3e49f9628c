import FileIO
import Foundation

/// A file that one input after the other is written to, without being brought to the disk.
final class ScratchFile: @unchecked Sendable {
    let path: String
    private let descriptor: CInt

    /// Creates the file.
    init(_ name: String, in folder: String) throws {
        path = "\(folder)/\(name)"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(path: path, operation: .create, code: errno) }
    }

    deinit { close(descriptor) }

    func replace(by bytes: [UInt8]) throws {
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw FileError(path: path, operation: .write, code: errno)
        }
    }

    func bytes() throws -> [UInt8] {
        let file = try OpenFile(path: path, access: .read)
        return try file.bytes(at: 0, count: try file.size())
    }
}
