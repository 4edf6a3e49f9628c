import FileIO
import Glibc

/// A file in the address space of the process, where all processes of a machine that map it share one copy.
///
/// A file that is overwritten or cut while it is mapped changes under its readers or ends them, so a store is only ever
/// replaced by another file (``AtomicFile``).
@usableFromInline
final class MappedFile: @unchecked Sendable {
    // Nobody writes to the memory after `init`.
    let bytes: UnsafeRawBufferPointer
    /// Whether it is memory of this process, because the file system cannot map files.
    private let isCopy: Bool

    init(path: String) throws(DatasetError) {
        (bytes, isCopy) = try asDatasetError { () throws(FileError) in
            let file = try OpenFile(path: path, access: .read)
            let size = try file.size()
            guard size > 0 else { return (UnsafeRawBufferPointer(start: nil, count: 0), false) }
            let address = mmap(nil, size, PROT_READ, MAP_SHARED, file.descriptor, 0)
            if let address, address != MAP_FAILED {
                return (UnsafeRawBufferPointer(start: address, count: size), false)
            }
            return (try Self.copy(of: file, size: size), true)
        }
    }

    private static func copy(of file: borrowing OpenFile, size: Int) throws(FileError) -> UnsafeRawBufferPointer {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 4096)
        do throws(FileError) {
            let count = try file.read(into: copy, at: 0)
            // A file that has become shorter meanwhile ends in zeros, which no checksum fits.
            UnsafeMutableRawBufferPointer(rebasing: copy[count...]).initializeMemory(as: UInt8.self, repeating: 0)
        } catch {
            copy.deallocate()
            throw error
        }
        return UnsafeRawBufferPointer(copy)
    }

    deinit {
        guard let address = bytes.baseAddress else { return }
        if isCopy { bytes.deallocate() } else { munmap(UnsafeMutableRawPointer(mutating: address), bytes.count) }
    }
}
