import Glibc

/// A file in the address space of the process, where all processes of a machine that map it share one copy.
///
/// A file that is overwritten or cut while it is mapped changes under its readers or ends them, so a store is only ever
/// replaced by another file (``FileDraft``).
@usableFromInline
final class MappedFile: @unchecked Sendable {
    // Nobody writes to the memory after `init`.
    let bytes: UnsafeRawBufferPointer
    /// Whether it is memory of this process, because the file system cannot map files.
    private let isCopy: Bool

    init(path: String) throws(DatasetError) {
        let file = try FileSource(path: path)
        guard file.size > 0 else {
            (bytes, isCopy) = (UnsafeRawBufferPointer(start: nil, count: 0), false)
            return
        }
        let address = mmap(nil, file.size, PROT_READ, MAP_SHARED, file.descriptor, 0)
        if let address, address != MAP_FAILED {
            (bytes, isCopy) = (UnsafeRawBufferPointer(start: address, count: file.size), false)
            return
        }
        guard [ENODEV, EACCES, EINVAL, ENOSYS].contains(errno) else {
            throw FileSource.failure(path, "cannot be mapped")
        }
        (bytes, isCopy) = (try Self.copy(of: file), true)
    }

    private static func copy(of file: borrowing FileSource) throws(DatasetError) -> UnsafeRawBufferPointer {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: file.size, alignment: 4096)
        var done = 0
        do throws(DatasetError) {
            while done < copy.count {
                let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: copy[done...]))
                if count == 0 { break }
                done += count
            }
        } catch {
            copy.deallocate()
            throw error
        }
        // A file that has become shorter meanwhile ends in zeros, which no checksum fits.
        copy[done...].initializeMemory(as: UInt8.self, repeating: 0)
        return UnsafeRawBufferPointer(copy)
    }

    deinit {
        guard let address = bytes.baseAddress else { return }
        if isCopy { bytes.deallocate() } else { munmap(UnsafeMutableRawPointer(mutating: address), bytes.count) }
    }
}
